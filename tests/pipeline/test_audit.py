"""The audit finds what was planted, wherever it was planted, and nothing in what we made ourselves."""

import io
import json
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from pydicom import Dataset, dcmread

from dicomconv import convert, deidentify
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline.audit import AuditReport, audit
from dicomconv.pipeline.audit.as_json import as_json
from dicomconv.pipeline.audit.html_page import html_page
from dicomconv.pipeline.audit.report import Tally
from dicomconv.pipeline.audit.runs import text_runs
from tests import make
from tests.outputs import key_file

NAME = "Quillfeather"
IDENTITY = {
    "PatientName": "QUILLFEATHER^OSWIN",
    "PatientID": "ZK-448812",
    "PatientBirthDate": "19610203",
    "AccessionNumber": "ACC7730915",
    "InstitutionName": "Brackenmoor Infirmary",
    "StudyInstanceUID": "1.2.826.0.1.99.7.1",
    "SeriesInstanceUID": "1.2.826.0.1.99.7.2",
    "FrameOfReferenceUID": "1.2.826.0.1.99.7.3",
}
JPEG = b"\xff\xd8"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with originals (`in`), what we made of them (`out`, `plain`) and the key."""
    folder = tmp_path_factory.mktemp("audit")
    make.write(folder / "in", {f"{number}": content for number, content in enumerate(make.series(2, **IDENTITY))})
    key = key_file(folder / "key")
    convert(folder / "in", folder / "out", key=key)
    deidentify(folder / "in", folder / "plain", key=key)
    return folder


@pytest.fixture
def out(desk: Path, tmp_path: Path) -> Path:
    """A copy of what we made, to plant something in."""
    shutil.copytree(desk / "out", tmp_path / "shared")
    shutil.copytree(desk / "plain", tmp_path / "shared" / "plain")
    return tmp_path / "shared"


def found(report: AuditReport) -> set[tuple[str, str]]:
    """Place and kind of every hit."""
    return {(one.place, one.kind) for one in report.findings}


def dicom(out: Path) -> Path:
    """One of the plain files."""
    return sorted(out.rglob("*.dcm"))[0]


def edited(out: Path, change: Callable[[Dataset], None]) -> None:
    """Change an output as another program would."""
    content = dcmread(dicom(out))
    change(content)
    content.save_as(dicom(out))


def in_element(out: Path) -> None:
    edited(out, lambda content: setattr(content, "ImageType", ["ORIGINAL", NAME.upper()]))


def in_other_spelling(out: Path) -> None:
    edited(out, lambda content: setattr(content, "FilterType", f"{NAME.upper()}, O."))


def nested(out: Path) -> None:
    item = make.dataset({"CodeValue": "1", "CodingSchemeDesignator": "DCM", "CodeMeaning": f"of Oswin {NAME}"})
    edited(out, lambda content: setattr(content, "AnatomicRegionSequence", [item]))


def private(out: Path) -> None:
    def add(content: Dataset) -> None:
        content.private_block(0x0029, "MAKER", create=True).add_new(0x01, "LO", NAME)

    edited(out, add)


def private_of_unknown_vr(out: Path) -> None:
    def add(content: Dataset) -> None:
        block = content.private_block(0x0029, "MAKER", create=True)
        block.add_new(0x02, "UN", b"\0\1\2" + NAME.encode("utf-16-le") + b"\0\0\1")

    edited(out, add)


def in_file_meta(out: Path) -> None:
    edited(out, lambda content: setattr(content.file_meta, "SourceApplicationEntityTitle", NAME.upper()))


def in_preamble(out: Path) -> None:
    data = dicom(out).read_bytes()
    dicom(out).write_bytes(NAME.encode().ljust(128, b"\0") + data[128:])


def behind(out: Path) -> None:
    with dicom(out).open("ab") as file:
        file.write(b"\0\0\0\0" + NAME.encode())


def in_jpeg_comment(out: Path) -> None:
    frame = io.BytesIO()
    Image.fromarray(make.ramp(8, 16, dtype="uint8")).save(frame, "JPEG")
    comment = NAME.encode()
    commented = JPEG + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + frame.getvalue()[2:]
    pixels = make.ramp(8, 16, dtype="uint8")
    content = make.encapsulated(pixels, make.JPEG_BASELINE, frames=[commented], PatientName="x", PatientID="x")
    (out / "lossy.dcm").write_bytes(content)


def in_pixels(out: Path) -> None:
    pixels = np.frombuffer(NAME.encode().ljust(20, b"\0"), np.uint8).reshape(4, 5)
    (out / "small.dcm").write_bytes(make.instance("SC", pixels, PatientName="x", PatientID="x"))


def in_png_text(out: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", f"slice of {NAME}")
    with Image.open(next(out.rglob("*.png"))) as image:
        image.save(out / "one.png", pnginfo=info)


def in_compressed_png_text(out: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Comment", f"slice of {NAME}", zip=True)
    with Image.open(next(out.rglob("*.png"))) as image:
        image.save(out / "one.png", pnginfo=info)


def behind_png(out: Path) -> None:
    with next(out.rglob("*.png")).open("ab") as file:
        file.write(NAME.encode())


def in_png_pixels(out: Path) -> None:
    pixels = np.frombuffer(NAME.encode().ljust(20, b"\0"), np.uint8).reshape(4, 5)
    Image.fromarray(pixels).save(out / "one.png")


def container(out: Path) -> h5py.File:
    """The container, open to be changed."""
    return h5py.File(next(out.rglob("*.h5")), "r+")


def in_hdf5_attribute(out: Path) -> None:
    with container(out) as file:
        file["headers"].attrs["note"] = f"for {NAME}"


def in_hdf5_text(out: Path) -> None:
    with container(out) as file:
        file.create_dataset("notes", data=np.array([b"-", NAME.encode()]), compression="gzip", chunks=(1,))


def in_hdf5_text_of_any_length(out: Path) -> None:
    with container(out) as file:
        file.create_dataset("notes", data=[f"Oswin {NAME}"], dtype=h5py.string_dtype())


def in_hdf5_bytes(out: Path) -> None:
    with container(out) as file:
        file.create_dataset("blob", data=np.frombuffer(b"\1\2" + NAME.encode() + b"\0\3", np.uint8), compression="gzip")


def in_hdf5_name(out: Path) -> None:
    with container(out) as file:
        file.create_group(f"of {NAME}")


def in_hdf5_link(out: Path) -> None:
    with container(out) as file:
        file["elsewhere"] = h5py.ExternalLink(f"/archive/{NAME}.h5", "/x")


def in_overwritten_hdf5_attribute(out: Path) -> None:
    with container(out) as file:
        file.attrs["note"] = np.bytes_(f"a long note that is about {NAME} " * 8)
        file.attrs["note"] = np.bytes_("short")


def in_json(out: Path) -> None:
    (out / "extra.json").write_text(json.dumps({"who": f"{NAME}, Oswin"}), encoding="utf-8")


def in_manifest(out: Path) -> None:
    with (out / "manifest.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"row": 99, "outcome": "failed", "reason": f"{NAME} cannot be read"}) + "\n")


def in_csv(out: Path) -> None:
    (out / "table.csv").write_text(f"file,who\n1.png,{NAME}\n", encoding="utf-8")


def in_wide_text(out: Path) -> None:
    (out / "note.txt").write_text(f"about {NAME}", encoding="utf-16")


def in_unknown_format(out: Path) -> None:
    (out / "blob.bin").write_bytes(bytes(range(32)) + NAME.encode() + bytes(9))


def in_file_name(out: Path) -> None:
    (out / f"{NAME}.txt").write_text("nothing", encoding="utf-8")


def in_folder_name(out: Path) -> None:
    (out / f"{NAME}_Oswin").mkdir()


def as_a_link(out: Path) -> None:
    (out / "a").symlink_to(f"/nowhere/{NAME}")


PLANTS = {
    in_element: "ImageType", in_other_spelling: "FilterType", nested: "AnatomicRegionSequence.CodeMeaning",
    private: "(0029,1001)", private_of_unknown_vr: "(0029,1002)", in_file_meta: "SourceApplicationEntityTitle",
    in_preamble: "preamble", behind: "between the elements", in_jpeg_comment: "PixelData", in_pixels: "PixelData",
    in_png_text: "chunk tEXt", in_compressed_png_text: "chunk iTXt", behind_png: "chunk of no name",
    in_png_pixels: "pixels", in_hdf5_attribute: "/headers@note", in_hdf5_text: "/notes",
    in_hdf5_text_of_any_length: "/notes", in_hdf5_bytes: "/blob", in_hdf5_name: "/: a name",
    in_hdf5_link: "/elsewhere: link", in_overwritten_hdf5_attribute: "bytes that no dataset holds",
    in_json: "line 1", in_manifest: "line 3", in_csv: "line 2", in_wide_text: "line 1", in_unknown_format: "its bytes",
    in_file_name: "its name", in_folder_name: "its name", as_a_link: "where it links to",
}  # fmt: skip


@pytest.mark.parametrize(("plant", "place"), PLANTS.items(), ids=[plant.__name__ for plant in PLANTS])
def test_a_planted_name_is_found_where_it_is(desk: Path, out: Path, plant: Callable[[Path], None], place: str) -> None:
    plant(out)
    report = audit(out, desk / "in", key=desk / "key")
    assert (place, "name") in found(report)
    assert NAME.casefold() not in json.dumps(as_json(report)).casefold() + html_page(report).casefold()


@pytest.mark.parametrize("options", [{}, {"preset": "research"}, {"preset": "limited-dataset"}], ids=str)
@pytest.mark.parametrize("against", [False, True])
def test_what_we_made_of_our_sample_is_clean(tmp_path: Path, options: dict[str, str], against: bool) -> None:
    source, key = Path(__file__).parents[2] / "sample_data" / "study", key_file(tmp_path / "key")
    convert(source, tmp_path / "out", key=key, **options)  # type: ignore[arg-type]
    deidentify(source, tmp_path / "out" / "plain", key=key, **options)  # type: ignore[arg-type]
    report = audit(tmp_path / "out", source if against else None, key=key, **options)  # type: ignore[arg-type]
    assert (report.findings, report.unreadable, report.verdict) == ((), (), "clean")
    assert report.instances == 40
    assert not against or report.comparison.missing == 0  # type: ignore[union-attr]


def copied_with_a_blank_name(desk: Path, folder: Path) -> Path:
    """What a careless tool makes: everything is kept but the name; new file names."""
    folder.mkdir()
    for number, path in enumerate(sorted((desk / "in").iterdir())):
        content = dcmread(path)
        content.PatientName = ""
        content.save_as(folder / f"{number}.dcm")
    return folder


def test_what_another_tool_left_is_seen_without_originals(desk: Path, tmp_path: Path) -> None:
    report = audit(copied_with_a_blank_name(desk, tmp_path / "theirs"))
    kept = {("InstitutionName", "profile"), ("PatientBirthDate", "profile"), ("StudyInstanceUID", "uid"),
            ("PatientIdentityRemoved", "marker"), ("AccessionNumber", "profile")}  # fmt: skip
    assert kept <= found(report)
    assert ("PatientName", "profile") not in found(report)


def test_what_another_tool_left_is_compared_with_originals(desk: Path, tmp_path: Path) -> None:
    report = audit(copied_with_a_blank_name(desk, tmp_path / "theirs"), desk / "in")
    assert {("PatientID", "kept"), ("PatientID", "number"), ("StudyInstanceUID", "uid")} <= found(report)
    tallies = {one.path: one for one in report.comparison.attributes}  # type: ignore[union-attr]
    assert (tallies["PatientName"].emptied, tallies["InstitutionName"].kept) == (2, 2)


def test_values_of_originals_are_in_no_report(desk: Path, tmp_path: Path) -> None:
    report = audit(copied_with_a_blank_name(desk, tmp_path / "theirs"), desk / "in")
    told = json.dumps(as_json(report)) + html_page(report) + repr(report)
    assert [value for value in IDENTITY.values() if value in told] == []


def test_values_of_originals_are_shown_on_request_and_in_red(desk: Path, tmp_path: Path) -> None:
    report = audit(copied_with_a_blank_name(desk, tmp_path / "theirs"), desk / "in", show_before=True)
    assert IDENTITY["PatientName"] in json.dumps(as_json(report))
    assert 'class="originals"' in html_page(report)
    assert "names patients" in html_page(report)


def test_a_hostile_value_is_no_markup(desk: Path, tmp_path: Path) -> None:
    theirs = copied_with_a_blank_name(desk, tmp_path / "theirs")
    content = dcmread(theirs / "0.dcm")
    content.InstitutionName = '<script>alert("x")</script>'
    content.save_as(theirs / "<img src=x onerror=1>.dcm")
    page = html_page(audit(theirs, desk / "in", show_before=True))
    assert "&lt;img src=x" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page


def test_the_page_needs_nothing_but_itself(desk: Path) -> None:
    page = html_page(audit(desk / "out", desk / "in", key=desk / "key"))
    assert page.count("<table>") == page.count("<caption>") >= 2
    assert not any(word in page for word in ("http://", "https://", "src=", "href=", "<script", "@import", "url("))


def test_originals_that_are_not_there_are_counted(desk: Path, tmp_path: Path) -> None:
    shutil.copytree(desk / "plain", tmp_path / "plain")
    dicom(tmp_path / "plain").unlink()
    report = audit(tmp_path / "plain", desk / "in", key=desk / "key")
    assert (report.comparison.missing, report.comparison.originals) == (1, 2)  # type: ignore[union-attr]


@pytest.mark.parametrize(("way", "syntax"), [("the same pixel value", None), ("encoded otherwise", make.RLE)])
def test_without_a_key_pairs_are_found_by_their_pixels(desk: Path, tmp_path: Path, way: str, syntax: str) -> None:
    shutil.copytree(desk / "plain", tmp_path / "plain")
    for path in (tmp_path / "plain").rglob("*.dcm"):
        content = dcmread(path)
        if syntax:
            content.compress(syntax, encoding_plugin="pydicom", generate_instance_uid=False)
            content.save_as(path)
    matched = audit(tmp_path / "plain", desk / "in").comparison.matched  # type: ignore[union-attr]
    assert [(name.endswith(way), count) for name, count in matched.items()] == [(True, 2)]


def test_without_pixels_pairs_are_found_by_their_numbers(tmp_path: Path) -> None:
    reports = {f"{n}": make.structured_report(f"finding {n}", InstanceNumber=n, **IDENTITY) for n in (1, 2)}
    deidentify(make.write(tmp_path / "in", reports), tmp_path / "out")
    matched = audit(tmp_path / "out", tmp_path / "in").comparison.matched  # type: ignore[union-attr]
    assert list(matched.values()) == [2]


def test_a_lost_value_that_the_profile_keeps_is_over_removal(desk: Path, out: Path) -> None:
    before = audit(out / "plain", desk / "in", key=desk / "key").over_removal
    edited(out, lambda content: delattr(content, "SliceThickness"))
    after = audit(out / "plain", desk / "in", key=desk / "key").over_removal
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)


def test_an_archive_and_damaged_files_are_listed(desk: Path, out: Path) -> None:
    (out / "a.zip").write_bytes(b"PK\x03\x04" + bytes(30))
    (out / "b.gz").write_bytes(b"\x1f\x8b" + bytes(30))
    dicom(out).write_bytes(dicom(out).read_bytes()[:-10])
    container_path = next(out.rglob("*.h5"))
    container_path.write_bytes(container_path.read_bytes()[:-3000])
    report = audit(out)
    assert len(report.unreadable) == 4
    assert report.verdict == "incomplete"


def test_several_processes_find_the_same(desk: Path, out: Path) -> None:
    in_csv(out)
    nested(out)
    one, two = (audit(out, desk / "in", key=desk / "key", jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert one.findings


def test_the_key_of_another_run_is_noticed(desk: Path, tmp_path: Path) -> None:
    other = key_file(tmp_path / "other", 2)
    with pytest.raises(KeyFileError):
        audit(desk / "out", desk / "in", key=other)
    with pytest.raises(KeyFileError):
        audit(desk / "plain", desk / "in", key=other)


def test_no_originals_where_they_should_be_is_an_error(desk: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        audit(desk / "out", tmp_path)


def test_a_date_that_was_shifted_onto_another_does_not_count(desk: Path, tmp_path: Path) -> None:
    key = desk / "key"
    deidentify(desk / "in", tmp_path / "out", key=key, preset="research")
    content = dcmread(dicom(tmp_path / "out"))
    content.StudyDate = IDENTITY["PatientBirthDate"]
    content.save_as(dicom(tmp_path / "out"))
    report = audit(tmp_path / "out", desk / "in", key=key, preset="research")
    assert [one.place for one in report.not_counted if one.kind == "date"] == ["StudyDate"]
    assert ("StudyDate", "date") not in found(report)


def test_the_options_of_the_run_are_compared_with_those_of_the_audit(desk: Path, tmp_path: Path) -> None:
    convert(desk / "in", tmp_path / "out", key=desk / "key", preset="research")
    assert "it was audited with no option" in audit(tmp_path / "out").notes[0]
    assert audit(tmp_path / "out", preset="research").notes == ()


def test_a_deflated_stream_of_a_png_is_looked_into_whatever_stands_before(desk: Path, out: Path) -> None:
    packed = b"Comment\0\1\0en\0\0" + zlib.compress(NAME.encode())
    data = next(out.rglob("*.png")).read_bytes()
    chunk = struct.pack(">I4s", len(packed), b"iTXt") + packed + struct.pack(">I", zlib.crc32(b"iTXt" + packed))
    (out / "one.png").write_bytes(data[:33] + chunk + data[33:])
    assert ("chunk iTXt", "name") in found(audit(out, desk / "in", key=desk / "key"))


@settings(max_examples=15, deadline=None)
@given(place=st.integers(0, 200), wide=st.booleans())
def test_a_name_among_any_bytes_is_found(
    tmp_path_factory: pytest.TempPathFactory, desk: Path, place: int, wide: bool
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    name = NAME.encode("utf-16-le" if wide else "ascii")
    (folder / "blob.bin").write_bytes(bytes(place) + b"\xff\0" + name + b"\0\xff" + bytes(5))
    assert ("its bytes", "name") in found(audit(folder, desk / "in"))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), suffix=st.sampled_from(["dcm", "h5", "png", "json", "csv"]), magic=st.sampled_from(
    [b"", bytes(128) + b"DICM", b"\x89HDF\r\n\x1a\n", b"\x89PNG\r\n\x1a\n", b"\x08\0\x05\0CS\x04\0ISO "]
))  # fmt: skip
def test_a_file_of_any_bytes_is_read_or_listed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str, magic: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / f"x.{suffix}").write_bytes(magic + data)
    report = audit(folder)
    assert sum(report.files.values()) == 1
    assert not any("error of ours" in one.reason for one in report.unreadable)


def test_a_word_that_is_another_patients_by_chance_does_not_count(tmp_path: Path) -> None:
    one = make.ct_slice(**{**IDENTITY, "InstitutionName": "Zyxmed Infirmary"})
    other = make.ct_slice(
        PatientID="other", PatientName="Else^Some", Manufacturer="Zyxmed", SeriesInstanceUID="1.2.3.4.5.6"
    )
    key = key_file(tmp_path / "key")
    deidentify(make.write(tmp_path / "in", {"a": one, "b": other}), tmp_path / "out", key=key)
    report = audit(tmp_path / "out", tmp_path / "in", key=key)
    assert report.findings == ()
    assert [(one.place, one.kind) for one in report.not_counted] == [("Manufacturer", "phrase")]


def test_a_seal_is_named_and_what_is_plain_in_its_place_is_found(desk: Path, out: Path) -> None:
    container_path = next(out.rglob("*.h5"))
    block = b"dicomconv seal 1".ljust(100, b"\xfe") + NAME.encode()
    container_path.write_bytes(block.ljust(1024, b"\0") + container_path.read_bytes())
    report = audit(out, desk / "in", key=desk / "key")
    assert ("user block", "name") in found(report)
    assert any("sealed originals" in one.reason for one in report.in_part)


def test_short_spellings_among_pixels_are_chance_and_long_ones_are_not(desk: Path, tmp_path: Path) -> None:
    for word, kinds in (("OSWIN", set()), (NAME, {"name"})):
        pixels = np.frombuffer(f" {word} ".encode().ljust(20, b"\0"), np.uint8).reshape(4, 5)
        folder = make.write(tmp_path / word, {"a.dcm": make.instance("SC", pixels, PatientName="x", PatientID="x")})
        report = audit(folder, desk / "in")
        assert {one.kind for one in report.findings if one.place == "PixelData"} - {"burned in"} == kinds


@given(
    before=st.binary(max_size=40), after=st.binary(max_size=40), text=st.text("abcXYZ09 äß", min_size=6, max_size=20)
)
def test_a_run_of_characters_is_cut_out_whole(before: bytes, after: bytes, text: str) -> None:
    assert text.encode() in text_runs(before + text.encode() + after)
    wide = text.encode("ascii", "replace").decode()
    assert wide.encode("utf-16-le")[:-1] in text_runs(before + wide.encode("utf-16-le") + after)
    assert wide.encode("utf-16-be")[1:] in text_runs(before + wide.encode("utf-16-be") + after)


@given(st.binary(max_size=300).map(lambda data: data.translate(bytes(b & 0x8F for b in range(256)))))
def test_bytes_without_characters_give_no_run(data: bytes) -> None:
    assert text_runs(data.replace(b"\t", b"\0")) == b""


def tallies(report: AuditReport) -> dict[str, Tally]:
    """The tallies by path."""
    return {one.path: one for one in report.comparison.attributes}  # type: ignore[union-attr]


def test_a_new_value_is_shown_unless_a_word_of_the_original_is_in_it(tmp_path: Path) -> None:
    original = make.ct_slice(PatientComments="slept badly at Rosenhof", ImageComments="quiet")
    theirs = make.ct_slice(PatientComments="slept", ImageComments="cleaned")
    make.write(tmp_path, {"in/a": original, "out/a": theirs})
    found_there = tallies(audit(tmp_path / "out", tmp_path / "in"))
    assert (found_there["PatientComments"].after, found_there["ImageComments"].after) == ("(hidden)", "cleaned")


def test_a_value_of_an_original_stays_out_even_if_it_was_kept_by_mistake(desk: Path) -> None:
    report = audit(desk / "plain", desk / "in", key=desk / "key")
    comparison = replace(report.comparison, attributes=(Tally("PatientName", "Z", "", before=NAME),))  # type: ignore[type-var]
    mistaken = replace(report, comparison=comparison)
    assert NAME not in json.dumps(as_json(mistaken)) + html_page(mistaken)


def test_a_name_in_an_hdf5_path_is_hidden_where_something_below_it_is_found(desk: Path, out: Path) -> None:
    with container(out) as file:
        file.create_group(f"of {NAME}").attrs["note"] = f"for {NAME}"
    report = audit(out, desk / "in", key=desk / "key")
    assert ("/[a name that is a hit]@note", "name") in found(report)
    assert NAME not in html_page(report)


@pytest.mark.parametrize(
    "text", [json.dumps("Brankovi\u0107-\u017deli"), "Brankovi&#263;-&#381;eli", "Brankovi%C4%87-%C5%BDeli"]
)
def test_a_name_is_found_through_escapes(tmp_path: Path, text: str) -> None:
    make.write(tmp_path, {"in/a": make.ct_slice(SpecificCharacterSet="ISO_IR 192", PatientName="Brankovi\u0107-\u017deli^Ana"),
                          "out/a.txt": text.encode("ascii")})  # fmt: skip
    assert ("line 1", "name") in found(audit(tmp_path / "out", tmp_path / "in"))


def test_values_are_compared_through_another_encoding(desk: Path, tmp_path: Path) -> None:
    original, key = make.ct_slice(syntax=make.IMPLICIT, **IDENTITY), desk / "key"
    make.write(tmp_path / "in", {"a": original})
    for name, rows in (("same", 4), ("other", 5)):
        pixels = 1000 + make.ramp(rows, 5)
        make.write(tmp_path / name, {"a": make.instance("CT", pixels, syntax=make.BIG_ENDIAN, **IDENTITY)})
    same, other = (tallies(audit(tmp_path / name, tmp_path / "in", key=key)) for name in ("same", "other"))
    assert (same["Rows"].kept, same["Rows"].changed) == (1, 0)
    assert (other["Rows"].kept, other["Rows"].changed) == (0, 1)


@pytest.mark.parametrize(("suffix", "cut"), [("dcm", 20), ("h5", 2000)])
def test_a_damaged_file_is_searched_as_bytes(desk: Path, out: Path, suffix: str, cut: int) -> None:
    path = next(out.rglob(f"*.{suffix}"))
    path.write_bytes(path.read_bytes()[:-cut] + b"\0" + NAME.encode() + b"\0")
    report = audit(out, desk / "in", key=desk / "key")
    assert len(report.unreadable) == 1
    assert found(report) >= {("its bytes", "name")}


def test_an_output_among_its_originals_is_refused(desk: Path) -> None:
    with pytest.raises(UsageError):
        audit(desk / "out", desk)


def test_encrypted_originals_are_named_and_do_not_count(desk: Path, out: Path) -> None:
    content = {"EncryptedContentTransferSyntaxUID": make.EXPLICIT, "EncryptedContent": bytes(range(128, 192))}
    edited(out, lambda one: setattr(one, "EncryptedAttributesSequence", [make.dataset(content)]))
    report = audit(out, desk / "in", key=desk / "key")
    assert report.findings == ()
    assert "EncryptedAttributesSequence.EncryptedContent" in {one.place for one in report.not_counted}
