"""The flat scan sees the elements that pydicom sees, and hostile lengths and depths end in errors of ours."""

import io
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from dicomconv.declared import as_declared
from dicomconv.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    PIXEL_TAGS,
    Encoding,
    inner_encoding,
    items,
    scan,
    scan_items,
    scan_unordered,
)
from dicomconv.errors import DicomconvError, Malformed, Truncated
from dicomconv.header import Header
from dicomconv.part10 import split
from dicomconv.standard import vr_of
from tests import make, strategies, wheel

ENCODING = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG}
NAME, SEQUENCE, LATER = 0x00100010, 0x00400260, 0x00400275
Seen = list[tuple[int, list["Seen"]]]  # tag, and what each item of a sequence holds


def seen(buffer: bytes, start: int, stop: int, encoding: Encoding, depth: int = 0) -> Seen:
    """The tags of a data set as our scan finds them, items inside."""
    found = scan(buffer, start, stop, encoding) if depth == 0 else None
    elements = found.elements if found else scan_items(buffer, start, stop, encoding, depth)
    tree: Seen = []
    for element in elements:
        inner = inner_encoding(element, encoding)
        is_sequence = vr_of(element.tag) == "SQ" and element.vr in ("SQ", "UN")
        parts = items(buffer, element, encoding, depth) if is_sequence else []
        tree.append((element.tag, [seen(buffer, inside, outside, inner, depth + 1) for _, inside, outside in parts]))
    return tree


def seen_by_pydicom(dataset: Dataset) -> Seen:
    """The same tree from pydicom, which is asked for the values of sequences only."""
    return [
        (int(tag), [seen_by_pydicom(item) for item in dataset[tag].value] if vr_of(int(tag)) == "SQ" else [])
        for tag in sorted(dataset.keys())
    ]


def read_by_pydicom(content: bytes, encoding: str) -> Dataset:
    """A data set without File Meta as pydicom reads it."""
    meta = make.with_group_length(2, make.text(0x00020010, "UI", make.SYNTAX_OF[encoding]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dcmread(io.BytesIO(make.PREAMBLE + meta + content))


@pytest.mark.parametrize("encoding", make.ENCODINGS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_the_scan_sees_the_elements_that_pydicom_sees(encoding: make.Encoding, data: st.DataObject) -> None:
    content = data.draw(strategies.datasets(encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = seen_by_pydicom(read_by_pydicom(content, encoding))
    assert seen(content, 0, len(content), ENCODING[encoding]) == expected


@pytest.mark.parametrize("path", wheel.readable(), ids=lambda path: path.name)
def test_the_scan_sees_the_elements_of_a_real_file_that_pydicom_sees(path: Path) -> None:
    parts = as_declared(split(path))
    found = [e.tag for e in (*parts.elements, *parts.tail_elements)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sorted(map(int, dcmread(path, force=True).keys()))
    assert found == expected


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_the_elements_fill_the_data_set_without_gaps(encoding: make.Encoding) -> None:
    content = b"".join(make.minimal(encoding))
    elements = scan(content, 0, len(content), ENCODING[encoding]).elements
    assert [one.start for one in elements] == [0, *(one.end for one in elements[:-1])]
    assert elements[-1].end == len(content)


def test_the_scan_stops_after_the_header_of_the_pixel_data() -> None:
    content = make.text(NAME, "PN", "A") + make.element(0x7FE00010, "OW", b"", length=1000)
    found = scan(content, 0, len(content), EXPLICIT_LITTLE)
    assert (found.elements[-1].tag in PIXEL_TAGS, found.stop) == (True, len(content))


def test_pixel_data_in_an_item_does_not_end_the_scan() -> None:
    icon = make.element(0x7FE00010, "OW", bytes(4))
    content = make.sequence(0x00880200, [make.item(icon)]) + make.text(0x00880904, "LO", "x")
    assert len(scan(content, 0, len(content), EXPLICIT_LITTLE).elements) == 2


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("item_undefined", [False, True])
@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_items_of_either_length_form_are_found(encoding: make.Encoding, item_undefined: bool, undefined: bool) -> None:
    inner = make.text(NAME, "PN", "AB", encoding)
    parts = [make.item(inner, encoding, undefined=item_undefined)] * 2
    content = make.sequence(SEQUENCE, parts, encoding, undefined=undefined)
    assert seen(content, 0, len(content), ENCODING[encoding]) == [(SEQUENCE, [[(NAME, [])], [(NAME, [])]])]


@pytest.mark.parametrize("undefined", [False, True])
def test_a_sequence_under_vr_un_holds_implicit_items(undefined: bool) -> None:
    inner = make.text(NAME, "PN", "AB", "implicit")
    content = make.sequence(SEQUENCE, [make.item(inner, "implicit")], vr="UN", undefined=undefined)
    assert seen(content, 0, len(content), EXPLICIT_LITTLE) == [(SEQUENCE, [[(NAME, [])]])]


def test_elements_out_of_order_are_given_in_order() -> None:
    content = make.text(0x00100020, "LO", "ID") + make.text(NAME, "PN", "AB")
    found = scan_unordered(content, 0, len(content), EXPLICIT_LITTLE)
    assert ([one.tag for one in found.elements], found.stop) == ([NAME, 0x00100020], len(content))


def test_of_an_element_given_twice_the_first_counts() -> None:
    content = make.text(NAME, "PN", "FIRST ") + make.text(NAME, "PN", "SECOND")
    found = scan_unordered(content, 0, len(content), EXPLICIT_LITTLE)
    assert Header(content, found.elements, EXPLICIT_LITTLE).text("PatientName") == "FIRST"


@pytest.mark.parametrize(("encoding", "inside"), [("explicit", True), ("implicit", False)])
def test_what_follows_out_of_order_and_is_unknown_is_inside_only_where_a_vr_tells(
    encoding: make.Encoding, inside: bool
) -> None:
    first = make.text(0x00100020, "LO", "ID", encoding)
    content = first + make.text(0x00100004, "LO", "no such attribute", encoding)
    found = scan_unordered(content, 0, len(content), EXPLICIT_LITTLE if encoding == "explicit" else IMPLICIT_LITTLE)
    assert found.stop == (len(content) if inside else len(first))


def test_an_item_that_holds_more_than_elements_is_malformed() -> None:
    content = make.text(NAME, "PN", "AB") + b"junk"
    with pytest.raises(Malformed):
        scan_items(content, 0, len(content), EXPLICIT_LITTLE, 1)


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_sequences_nested_too_deeply_are_malformed(encoding: make.Encoding) -> None:
    content = make.text(NAME, "PN", "AB", encoding)
    for _ in range(1000):
        content = make.sequence(SEQUENCE, [make.item(content, encoding, undefined=True)], encoding, undefined=True)
    with pytest.raises(Malformed, match="deep"):
        scan(content, 0, len(content), ENCODING[encoding])


def test_sixty_levels_of_sequences_are_read() -> None:
    content = make.text(NAME, "PN", "AB")
    for _ in range(60):
        content = make.sequence(SEQUENCE, [make.item(content, undefined=True)], undefined=True)
    assert scan(content, 0, len(content), EXPLICIT_LITTLE).stop == len(content)


@pytest.mark.parametrize("length", [1, 3, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
@pytest.mark.parametrize(("tag", "vr"), [(SEQUENCE, "SQ"), (SEQUENCE, "UN"), (0x00091001, "UN"), (0x00204000, "UT")])
def test_a_hostile_length_ends_in_an_error_of_ours(tag: int, vr: str, length: int) -> None:
    content = make.element(tag, vr, b"", length=length)
    with pytest.raises(DicomconvError):
        scan(content, 0, len(content), EXPLICIT_LITTLE)


@pytest.mark.parametrize("length", [2, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_a_hostile_length_of_an_item_ends_in_an_error_of_ours(length: int) -> None:
    item = make.element(make.ITEM, "", b"", length=length)
    content = make.element(SEQUENCE, "SQ", item, length=make.UNDEFINED)
    with pytest.raises((Malformed, Truncated)):
        scan(content, 0, len(content), EXPLICIT_LITTLE)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(list(ENCODING.values())))
def test_no_bytes_make_the_scan_raise_anything_but_errors_of_ours(content: bytes, encoding: Encoding) -> None:
    try:
        found = scan_unordered(content, 0, len(content), encoding)
    except DicomconvError:
        return
    assert 0 <= found.stop <= len(content)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_scan_of_a_cut_data_set_never_gives_other_elements(data: st.DataObject) -> None:
    content = data.draw(strategies.datasets())
    whole = scan(content, 0, len(content), EXPLICIT_LITTLE).elements
    cut = data.draw(st.integers(0, len(content)))
    try:
        found = scan(content, 0, cut, EXPLICIT_LITTLE)
    except DicomconvError:
        return
    assert found.elements == whole[: len(found.elements)]


def header_of(*elements: bytes, encoding: make.Encoding = "explicit") -> Header:
    """A header of encoded elements."""
    content = b"".join(elements)
    return Header(content, scan(content, 0, len(content), ENCODING[encoding]).elements, ENCODING[encoding])


def test_an_absent_attribute_reads_as_empty() -> None:
    header = header_of(make.text(NAME, "PN", ""))
    values = (
        header.text("PatientID"),
        header.texts("PatientName"),
        header.numbers("Rows"),
        header.items("ContentSequence"),
    )
    assert values == ("", [], (), [])


@pytest.mark.parametrize(
    "charset", ["", "ISO_IR 100", "ISO 2022 IR 87", "ISO_IR 192", "GB18030", "no such set", "\\ISO 2022 IR 6"]
)
@pytest.mark.parametrize("name", [b"M\xfcller", b"\x1b$B;3ED\x1b(B", b"\xe5\xb1\xb1", b"\x1b", b"\xff\xfe\xfd\xfc"])
def test_a_name_in_any_character_set_reads_as_text(name: bytes, charset: str) -> None:
    value = name + b" " * (len(name) % 2)
    header = header_of(make.text(0x00080005, "CS", charset), make.element(NAME, "PN", value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert header.text("PatientName")


def test_a_name_is_read_by_its_character_set() -> None:
    name = "Müller".encode() + b" "
    header = header_of(make.text(0x00080005, "CS", "ISO_IR 192"), make.element(NAME, "PN", name))
    assert header.text("PatientName") == "Müller"


@pytest.mark.parametrize("value", [b"nan ", b"inf ", b"1\\x ", b"", b"1e400 ", b"--1 "])
def test_what_is_no_finite_number_reads_as_none(value: bytes) -> None:
    assert header_of(make.element(0x00281050, "DS", value)).numbers("WindowCenter") == ()


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_numbers_are_read_in_the_byte_order_of_the_file(encoding: make.Encoding) -> None:
    rows = (258).to_bytes(2, "big" if encoding == "big" else "little")
    assert header_of(make.element(0x00280010, "US", rows, encoding), encoding=encoding).number("Rows") == 258


def test_the_repr_of_a_header_shows_no_value() -> None:
    assert "DOE" not in repr(header_of(make.text(NAME, "PN", "DOE^JANE")))
