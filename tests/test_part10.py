"""A file is head | pixel value | tail: joined again it is the same file (law L1), and a damaged one says so."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dicomconv import part10
from dicomconv.declared import as_declared
from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicomconv.errors import DicomconvError, Malformed, NotDicom, Truncated
from dicomconv.model import Span
from dicomconv.part10 import Parts, fragments, join, read_leading, split, split_headers
from tests import make, strategies, wheel

ROWS, PIXEL_DATA, PADDING = 0x00280010, 0x7FE00010, 0xFFFCFFFC
FRAGMENTS = make.item(b"") + make.item(b"\1\2\3\4") + make.element(make.SEQUENCE_END, "", b"")
NEITHER = {"explicit": make.EXPLICIT, "implicit": make.IMPLICIT, "big": make.BIG_ENDIAN}


def joined(parts: Parts) -> bytes:
    """The file that was taken apart."""
    return b"".join(join(parts))


def tags(parts: Parts) -> list[int]:
    """The tags before the pixel value, its own included."""
    return [element.tag for element in parts.elements]


def with_syntax(content: bytes, syntax: str, start: bytes = make.PREAMBLE) -> bytes:
    """A file of encoded elements under any transfer syntax."""
    ct, one = make.text(0x00020002, "UI", make.SOP_CLASS["CT"]), make.text(0x00020003, "UI", make.uid("instance"))
    return start + make.with_group_length(0x0002, ct + one + make.text(0x00020010, "UI", syntax)) + content


@st.composite
def any_files(draw: st.DrawFn) -> bytes:
    """A file with or without preamble, native, encapsulated or no pixel data, elements and trailing bytes after it."""
    encoding = draw(st.sampled_from(make.ENCODINGS))
    body = b"".join(make.minimal(encoding)) + draw(_pixel_data(encoding))
    trailing = draw(st.sampled_from([b"", b"\0", bytes(9), bytes(64)]))
    start = draw(st.sampled_from([make.PREAMBLE, b"", bytes(range(128)) + b"DICM"]))
    return with_syntax(body, make.SYNTAX_OF[encoding], start) + trailing


@st.composite
def _pixel_data(draw: st.DrawFn, encoding: make.Encoding) -> bytes:
    value = draw(st.binary(max_size=20).filter(lambda value: len(value) % 2 == 0))
    native = make.element(PIXEL_DATA, "OW", value, encoding)
    padding = make.element(PADDING, "OB", bytes(6), encoding)
    return draw(st.sampled_from([b"", native, native + padding]))


@settings(max_examples=150, deadline=None)
@given(strategies.files())
def test_join_of_split_is_the_file(file: bytes) -> None:
    assert joined(split(file)) == file


@settings(max_examples=150, deadline=None)
@given(any_files())
def test_join_of_split_is_the_file_with_or_without_preamble_pixels_and_trailing_bytes(file: bytes) -> None:
    assert joined(split(file)) == file


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=9).map(lambda value: value + bytes(len(value) % 2)), max_size=4), st.binary(max_size=7)
)
def test_join_of_split_is_the_file_with_encapsulated_pixels(values: list[bytes], trailing: bytes) -> None:
    value = b"".join(map(make.item, values)) + make.element(make.SEQUENCE_END, "", b"")
    pixels = make.element(PIXEL_DATA, "OB", value, length=make.UNDEFINED)
    file = with_syntax(b"".join(make.minimal()) + pixels, make.RLE) + trailing
    parts = split(file)
    assert joined(parts) == file
    assert parts.pixels.read() == value


@pytest.mark.parametrize("path", wheel.readable(), ids=lambda path: path.name)
def test_join_of_split_is_the_file_of_a_real_scanner(path: Path) -> None:
    assert joined(split(path)) == path.read_bytes()


def test_most_of_the_wheel_is_readable() -> None:
    """So that the law above is not a law about nothing."""
    assert len(wheel.readable()) >= 170


@pytest.fixture
def small_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are large from the first byte on, and are read 300 bytes at a time."""
    for name, size in (("WHOLE", 0), ("FIRST_READ", 300), ("LEADING_READ", 200)):
        monkeypatch.setattr(part10, name, size)


CUT_SHORT = "an element, or File Meta, that ends where the first read ends is taken for the last one"


def differs(path: Path) -> bool:
    """Whether a file that is read piece by piece comes apart otherwise than one read whole."""
    large, small = split(path), split(path.read_bytes())
    same = (large.head, large.tail, large.elements, large.encoding) == (
        small.head,
        small.tail,
        small.elements,
        small.encoding,
    )
    return not same or large.pixels.read() != small.pixels.read()


@pytest.mark.usefixtures("small_reads")
def test_a_real_file_that_is_large_is_taken_apart_as_a_small_one() -> None:
    assert [path.name for path in wheel.readable() if differs(path)] == []


def test_where_the_first_read_ends_makes_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make.write(tmp_path, {"a": rich_file()}) / "a"
    monkeypatch.setattr(part10, "WHOLE", 0)
    for size in range(140, len(rich_file())):
        monkeypatch.setattr(part10, "FIRST_READ", size)
        assert not differs(path), f"first read of {size} bytes"


@pytest.mark.usefixtures("small_reads")
def test_the_pixel_value_of_a_large_file_is_a_span_of_the_file(tmp_path: Path) -> None:
    path = make.write(tmp_path, {"a": make.ct_slice()}) / "a"
    assert split(path).pixels.source == path


@pytest.mark.usefixtures("small_reads")
def test_leading_attributes_are_the_same_however_little_is_read_at_first(tmp_path: Path) -> None:
    path = make.write(tmp_path, {"a": make.ct_slice(ImageComments="x" * 5000)}) / "a"
    header = read_leading(path, 0x00209FFF).header
    assert header.text("PatientName") == "DOE^JANE"
    assert header.numbers("ImagePositionPatient") == (-10.0, -20.0, 0.0)


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_a_data_set_without_preamble_and_file_meta_is_dicom(encoding: make.Encoding) -> None:
    parts = split(b"".join(make.minimal(encoding)))
    assert parts.transfer_syntax_uid == make.SYNTAX_OF[encoding]
    assert parts.header().text("PatientID") == "ID-4711"


@pytest.mark.parametrize("encoding", ["implicit", "big"])
def test_a_short_file_meta_without_preamble_is_dicom_in_every_encoding(encoding: make.Encoding) -> None:
    parts = split(make.raw_dataset(*make.minimal(encoding), encoding=encoding, start=b""))
    assert parts.header().text("PatientID") == "ID-4711"


@pytest.mark.parametrize("content", [b"", b"\0" * 200, b"%PDF-1.7" + bytes(300), b"PK\3\4" * 60, b"\x08\0"])
def test_what_is_no_dicom_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotDicom):
        split(content)


def test_a_preamble_with_nothing_behind_it_is_malformed() -> None:
    with pytest.raises(Malformed, match="no data set"):
        split(make.PREAMBLE)


def test_file_meta_in_implicit_vr_is_read() -> None:
    meta = make.text(0x00020010, "UI", make.EXPLICIT, "implicit")
    assert split(make.PREAMBLE + meta + b"".join(make.minimal())).meta.transfer_syntax_uid == make.EXPLICIT


def test_a_group_length_of_file_meta_that_lies_changes_nothing() -> None:
    honest = make.raw_dataset(*make.minimal())
    lying = honest[:140] + struct.pack("<I", 7) + honest[144:]
    assert tags(split(lying)) == tags(split(honest))


@pytest.mark.parametrize(
    ("declared", "actual"), [("explicit", "implicit"), ("implicit", "explicit"), ("explicit", "big")]
)
def test_what_the_bytes_show_counts_more_than_what_file_meta_says(declared: str, actual: make.Encoding) -> None:
    parts = split(with_syntax(b"".join(make.minimal(actual)), NEITHER[declared]))
    assert parts.transfer_syntax_uid == NEITHER[actual]
    assert parts.header().text("PatientID") == "ID-4711"


def test_an_encoding_declared_wrongly_is_seen_in_a_file_of_two_megabytes() -> None:
    explicit = make.ct_slice(1000, 1001)
    wrong = explicit.replace(make.EXPLICIT.encode() + b"\0", make.IMPLICIT.encode() + bytes(3), 1)
    assert split(wrong).header().text("PatientID") == "ID-4711"


def deflated(content: bytes) -> bytes:
    """A deflated file."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return with_syntax(deflater.compress(content) + deflater.flush(), make.DEFLATED)


def test_a_deflated_data_set_is_inflated_to_the_elements_it_was_made_of() -> None:
    parts = as_declared(split(deflated(b"".join(make.minimal()))))
    assert parts.transfer_syntax_uid == make.EXPLICIT
    assert parts.header().text("PatientID") == "ID-4711"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_deflated_data_set_that_is_cut_is_never_a_shorter_one(data: st.DataObject) -> None:
    whole = deflated(b"".join(make.minimal()))
    start = split(whole).dataset_start
    cut = whole[: data.draw(st.integers(start, len(whole) - 1))]
    with pytest.raises((Malformed, NotDicom)):
        as_declared(split(cut))


@settings(max_examples=80, deadline=None)
@given(strategies.datasets("implicit"))
def test_implicit_elements_under_an_explicit_syntax_keep_their_values(content: bytes) -> None:
    body = b"".join(make.minimal("implicit")[:3]) + make.text(0x00080070, "LO", "Maker", "implicit")
    before = split(with_syntax(body, make.JPEG_2000_LOSSLESS))
    after = as_declared(before)
    assert after.encoding == EXPLICIT_LITTLE
    assert [before.header().decode(e) for e in before.elements] == [after.header().decode(e) for e in after.elements]


def rich_file() -> bytes:
    """A file with sequences of both length forms, UN sequences, private elements, native pixels and padding."""
    name = make.text(0x00400001, "LO", "x")
    un = make.sequence(
        0x00400275, [make.item(make.text(0x00321060, "LO", "y", "implicit"), "implicit")], vr="UN", undefined=True
    )
    return make.raw_dataset(
        *make.minimal(),
        make.private_block("ACME", [(1, "LO", b"zz"), (2, "OB", bytes(4))]),
        make.sequence(0x00400260, [make.item(name), make.item(name, undefined=True)]),
        un,
        make.sequence(0x00400555, [make.item(name, undefined=True)], undefined=True),
        make.element(PIXEL_DATA, "OW", bytes(40)),
        make.element(PADDING, "OB", bytes(6)),
    )


def all_parts(file: bytes) -> tuple[list[int], int, int]:
    """Tags before and after the pixel value, its length, and how many bytes are no elements."""
    parts = as_declared(split(file))
    return [*tags(parts), *(element.tag for element in parts.tail_elements)], parts.pixels.length, parts.trailing


@pytest.mark.parametrize("offset", range(len(rich_file())))
def test_a_file_cut_anywhere_is_refused_or_shows_what_is_left_over(offset: int) -> None:
    """A cut between two elements cannot be seen; one inside an element is an error, or leaves trailing bytes."""
    file = rich_file()
    whole = split(file)
    ends = {e.end for e in whole.elements} | {len(whole.head) + whole.pixels.length} | {whole.elements[0].start}
    try:
        found, length, trailing = all_parts(file[:offset])
    except DicomconvError:
        return
    assert trailing or offset in ends
    assert found == all_parts(file)[0][: len(found)]
    assert length in (0, 40)


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_a_value_that_runs_past_the_end_is_truncated(encoding: make.Encoding) -> None:
    file = make.raw_dataset(
        *make.minimal(encoding), make.element(0x00204000, "LT", b"ab", encoding, length=400), encoding=encoding
    )
    with pytest.raises(Truncated):
        split(file)


def test_pixel_data_cut_short_is_truncated() -> None:
    with pytest.raises(Truncated):
        split(make.ct_slice()[:-1])


@pytest.mark.parametrize("cut", range(1, len(FRAGMENTS)))
def test_encapsulated_pixel_data_cut_anywhere_is_truncated(cut: int) -> None:
    pixels = make.element(PIXEL_DATA, "OB", FRAGMENTS[:-cut], length=make.UNDEFINED)
    with pytest.raises(Truncated):
        split(with_syntax(b"".join(make.minimal()) + pixels, make.RLE))


@pytest.mark.parametrize(
    "value",
    [
        make.item(b"") + make.text(0x00100010, "PN", "x"),
        make.element(make.ITEM, "", b"", length=make.UNDEFINED) + FRAGMENTS,
        make.element(make.SEQUENCE_END, "", b"\0\0"),
        make.element(make.ITEM, "", b"ab", length=0x7FFFFFFF) + FRAGMENTS,
    ],
    ids=["no fragment", "undefined length", "delimiter with a value", "past the end"],
)
def test_fragments_that_make_no_sense_are_refused(value: bytes) -> None:
    with pytest.raises(Malformed):
        fragments(Span(value, 0, len(value)))


def test_fragments_are_found_with_the_offset_table_first() -> None:
    assert fragments(Span(FRAGMENTS, 0, len(FRAGMENTS))) == ([(8, 0), (16, 4)], len(FRAGMENTS))


def test_encapsulated_pixels_under_a_native_syntax_are_refused() -> None:
    pixels = make.element(PIXEL_DATA, "OB", FRAGMENTS, length=make.UNDEFINED)
    with pytest.raises(Malformed, match="transfer syntax does not say"):
        split(make.raw_dataset(*make.minimal(), pixels))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([make.ct_slice(), rich_file(), make.structured_report(), make.encapsulated(make.ramp(4, 5))]),
    st.data(),
)
def test_no_damage_raises_anything_but_errors_of_ours(file: bytes, data: st.DataObject) -> None:
    damaged = bytearray(file)
    for _ in range(data.draw(st.integers(1, 4))):
        offset = data.draw(st.integers(0, len(file) - 1))
        damaged[offset : offset + 2] = data.draw(
            st.sampled_from([b"\xff\xff", b"\0\0", b"SQ", b"UN", b"\xfe\xff", b"\x10\0"])
        )
    try:
        parts = as_declared(split(bytes(damaged)))
    except DicomconvError:
        return
    assert joined(split(bytes(damaged))) == bytes(damaged)
    parts.header()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_behind_a_preamble_raise_anything_but_errors_of_ours(content: bytes) -> None:
    try:
        assert joined(split(make.PREAMBLE + content)) == make.PREAMBLE + content
    except DicomconvError:
        assume(True)


@pytest.mark.parametrize("encoding", make.ENCODINGS)
@pytest.mark.parametrize("trailing", [b"\0", bytes(64)])
def test_what_cannot_follow_is_trailing(encoding: make.Encoding, trailing: bytes) -> None:
    pixels = make.element(PIXEL_DATA, "OW", bytes(4), encoding)
    parts = split(make.raw_dataset(*make.minimal(encoding), pixels, encoding=encoding, trailing=trailing))
    assert (parts.trailing, parts.tail) == (len(trailing), trailing)


def test_a_text_behind_the_pixel_data_of_an_implicit_file_is_trailing() -> None:
    pixels = make.element(PIXEL_DATA, "OW", bytes(4), "implicit")
    file = make.raw_dataset(*make.minimal("implicit"), pixels, encoding="implicit", trailing=b"sent by the PACS")
    assert split(file).trailing == 16


def test_elements_after_the_pixel_data_are_elements() -> None:
    assert [element.tag for element in split(rich_file()).tail_elements] == [PADDING]


def test_a_native_encoding_is_told_by_the_bytes() -> None:
    encodings = [split(b"".join(make.minimal(encoding))).encoding for encoding in make.ENCODINGS]
    assert encodings == [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG]


def plain(parts: Parts) -> Parts:
    """Without what only says beside what it was split."""
    return replace(parts, scanned=None, likeness=None)


def test_known_headers_give_what_a_scan_gives_of_real_files() -> None:
    known_ones = 0
    for path in wheel.readable():
        try:
            known = split_headers(path)
        except DicomconvError:
            continue
        found = split(path, None, known)
        assert plain(found) == plain(split(path))
        known_ones += found.scanned is known.scanned
    assert known_ones > 20


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_known_headers_do_not_hold_of_a_file_that_changed_since(tmp_path: Path, encoding: make.Encoding) -> None:
    path = tmp_path / "slice"
    body = b"".join(make.minimal(encoding)) + make.element(PIXEL_DATA, "OW", b"\1\2\3\4", encoding)
    was = with_syntax(body, make.SYNTAX_OF[encoding]) + make.element(PADDING, "OB", bytes(6), encoding)
    path.write_bytes(was)
    known = split_headers(path)
    for place in (*range(0, len(was), 7), len(was) - 1):
        changed = was[:place] + bytes([was[place] ^ 1]) + was[place + 1 :]
        for now in (changed, was[:place] + b"\0" + was[place:], was[:place]):
            path.write_bytes(now)
            assert outcome(lambda: plain(split(path, None, known))) == outcome(lambda now=now: plain(split(now)))


def outcome(work: Callable[[], Parts]) -> object:
    """What was read, or how it could not be."""
    try:
        return work()
    except DicomconvError as error:
        return type(error), str(error)
