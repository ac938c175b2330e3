"""One series becomes PNGs, slices.csv and a container: whole, or not there at all."""

import csv
import shutil
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert, deidentify, open_container
from dicomconv.container import pack
from dicomconv.container.pack import ContainerWriter
from dicomconv.errors import NotAContainer, UsageError
from dicomconv.pipeline import draw, slices
from dicomconv.pipeline.run import RunReport
from tests import make
from tests.outputs import by_name, containers, instance_count, left_over, rows, tree

NO_WINDOW = {"WindowCenter": None, "WindowWidth": None}


def converted(folder: Path, files: dict[str, bytes], key: Path, **choices: Any) -> RunReport:
    """A run over these files, into OUT beside them."""
    return convert(make.write(folder / "in", files), folder / "out", key=key, **choices)


def files_of(contents: list[bytes]) -> dict[str, bytes]:
    """Contents under names that do not follow their order."""
    return {f"{(7 * number) % 101:03}": content for number, content in enumerate(contents)}


def pngs(out: Path) -> dict[str, NDArray[Any]]:
    """Every PNG by its name."""
    return {path.name: np.asarray(Image.open(path)) for path in sorted(out.rglob("*.png"))}


def table(out: Path) -> list[dict[str, str]]:
    """The rows of the one slices.csv."""
    [path] = out.rglob("slices.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_window_in_the_file_one_window_holds_for_the_whole_series(tmp_path: Path, key: Path) -> None:
    slices_ = [make.instance("CT", np.full((4, 5), value, "uint16"), InstanceNumber=number, **NO_WINDOW)
               for number, value in enumerate((1000, 1500, 2000), 1)]  # fmt: skip
    converted(tmp_path, files_of(slices_), key)
    assert sorted(int(picture[0, 0]) for picture in pngs(tmp_path / "out").values()) == [0, 128, 255]
    assert len({str(row["window"]) for row in rows(tmp_path / "out")}) == 1


def test_the_window_of_the_series_leaves_padding_out(tmp_path: Path, key: Path) -> None:
    pixels = np.array([[0, 0, 1000], [0, 1500, 2000]], "uint16")
    converted(tmp_path, {"a": make.instance("CT", pixels, PixelPaddingValue=0, **NO_WINDOW)}, key)
    assert float(table(tmp_path / "out")[0]["window_width"]) < 1100


def test_a_window_in_the_file_is_the_one_that_is_used(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.ct_slice(WindowCenter="70", WindowWidth="150")}, key)
    [row] = table(tmp_path / "out")
    assert (float(row["window_center"]), float(row["window_width"]), row["window_function"]) == (70, 150, "LINEAR")


def test_names_of_pngs_sort_as_slices_lie(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, files_of(make.series(12)), key)
    positions = [float(row["position_z_mm"]) for row in sorted(table(tmp_path / "out"), key=lambda row: row["file"])]
    assert positions == sorted(positions)
    assert [row["file"] for row in table(tmp_path / "out")] == sorted(pngs(tmp_path / "out"))


def test_frames_of_a_multi_frame_file_are_numbered_behind_its_number(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.multiframe(3)}, key, burned_in="keep")
    assert [name[-14:] for name in pngs(tmp_path / "out")] == [f"_0001_000{n}.png" for n in (1, 2, 3)]


def test_slices_csv_says_what_the_headers_say(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, files_of(make.series(3)), key)
    container = open_container(containers(tmp_path / "out")[0])
    for index, row in enumerate(table(tmp_path / "out")):
        header = container.header(index)
        texts = {"patient_id": "PatientID", "study_instance_uid": "StudyInstanceUID", "modality": "Modality",
                 "series_instance_uid": "SeriesInstanceUID", "sop_instance_uid": "SOPInstanceUID"}  # fmt: skip
        assert {name: row[name] for name in texts} == {name: header.text(keyword) for name, keyword in texts.items()}
        numbers = [
            float(row[name]) for name in ("row_spacing_mm", "column_spacing_mm", "position_z_mm", "rescale_intercept")
        ]
        assert numbers == [*header.numbers("PixelSpacing"), header.numbers("ImagePositionPatient")[2], -1024.0]
        assert (int(row["rows"]), int(row["columns"])) == (4, 5)


def test_slices_csv_has_the_columns_that_are_promised(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.ct_slice()}, key)
    assert tuple(table(tmp_path / "out")[0]) == slices.COLUMNS


def test_an_object_without_pixels_gets_a_container_and_no_png(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.structured_report()}, key)
    assert (instance_count(tmp_path / "out"), pngs(tmp_path / "out")) == (1, {})
    assert rows(tmp_path / "out")[0]["no_png"] == "no pixel data"


def undecodable() -> bytes:
    """A slice whose compressed frame is no such thing."""
    return make.encapsulated(
        make.ramp(4, 5), make.JPEG_2000_LOSSLESS, frames=[b"\xff\x4f\xff\x51 no codestream"], InstanceNumber=2
    )


def test_a_frame_that_cannot_be_decoded_keeps_its_bytes(tmp_path: Path, key: Path) -> None:
    report = converted(tmp_path, {"good": make.ct_slice(), "bad": undecodable()}, key)
    assert {status for status, _ in by_name(report).values()} == {"converted"}
    deidentify(tmp_path / "in", tmp_path / "plain", key=key)
    back = open_container(containers(tmp_path / "out")[0]).recover_to(tmp_path / "back")
    assert [path.read_bytes() for path in back] == [
        (next((tmp_path / "plain").rglob(path.name))).read_bytes() for path in back
    ]


def test_a_frame_that_cannot_be_decoded_is_no_picture_and_the_row_says_why(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"good": make.ct_slice(), "bad": undecodable()}, key)
    found = rows(tmp_path / "out")
    assert (sorted(row["pngs"] for row in found), len(pngs(tmp_path / "out"))) == ([0, 1], 1)
    assert [bool(row.get("no_png")) for row in found] == [row["pngs"] == 0 for row in found]


def test_what_is_there_already_stops_the_run_before_it_begins(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.ct_slice()}, key)
    shutil.rmtree(tmp_path / "out.state")
    before = tree(tmp_path / "out", leave_out=())
    with pytest.raises(UsageError, match="--existing"):
        converted(tmp_path, {"b": make.ct_slice(SeriesInstanceUID="1.2")}, key)
    assert tree(tmp_path / "out", leave_out=()) == before


def test_skip_leaves_what_is_there_and_adds_what_is_missing(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, {"a": make.ct_slice()}, key)
    before = tree(tmp_path / "out", leave_out=["manifest.jsonl", "report.json"])
    converted(tmp_path, {"b": make.ct_slice(SeriesInstanceUID="1.2")}, key, existing="skip")
    after = tree(tmp_path / "out")
    assert len(containers(tmp_path / "out")) == 2
    assert {name: after[name] for name in before} == before


def test_skip_fails_the_file_that_a_series_in_out_lacks(tmp_path: Path, key: Path) -> None:
    first, second = make.series(2)
    converted(tmp_path, {"a": first}, key)
    report = converted(tmp_path, {"b": second}, key, existing="skip")
    assert {name: status for name, (status, _) in by_name(report).items()} == {"a": "converted", "b": "failed"}


def test_overwrite_takes_the_series_anew(tmp_path: Path, key: Path) -> None:
    first, second = make.series(2)
    converted(tmp_path, {"a": first}, key)
    converted(tmp_path, {"b": second}, key, existing="overwrite")
    assert (instance_count(tmp_path / "out"), len(pngs(tmp_path / "out"))) == (2, 2)


@pytest.mark.parametrize("existing", ["skip", "overwrite"])
def test_what_deidentify_wrote_is_not_lost_to_convert(tmp_path: Path, key: Path, existing: str) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    deidentify(tmp_path / "in", tmp_path / "out", key=key)
    before = tree(tmp_path / "out")
    convert(tmp_path / "in", tmp_path / "out", key=key, existing=existing)  # type: ignore[arg-type]
    assert set(before) <= set(tree(tmp_path / "out"))


@pytest.mark.parametrize("files", [
    {"a": make.series(2, PatientID="A")[0], "b": make.series(2, PatientID="B")[1]},
    {"a": make.series(2, PatientID="A")[0], "b": make.series(2, PatientID="A", IssuerOfPatientID="H")[1]},
], ids=["two IDs", "two issuers"])  # fmt: skip
def test_two_patients_mapped_to_one_lose_no_slice_of_a_series_they_share(
    tmp_path: Path, key: Path, files: dict[str, bytes]
) -> None:
    (tmp_path / "map.csv").write_text("A,S1\nB,S1\n")
    report = converted(tmp_path, files, key, patient_map=tmp_path / "map.csv")
    done = sum(status == "converted" for status, _ in by_name(report).values())
    assert instance_count(tmp_path / "out") == done == 2


FAILING = [
    (ContainerWriter, "add"),
    (ContainerWriter, "frame_table"),
    (ContainerWriter, "complete"),
    (ContainerWriter, "publish"),
    (draw, "pixel_format"),
    (draw, "encode_frame"),
    (draw, "render"),
    (csv, "writer"),
]
ERRORS = [OSError(28, "No space left on device"), ValueError("quotes DOE^JANE"), KeyboardInterrupt()]


@pytest.mark.parametrize(("place", "name"), FAILING, ids=lambda value: str(getattr(value, "__name__", value)))
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_failure_in_the_middle_leaves_nothing_half_written(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, error: BaseException
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(place, name, failing)
    report = converted(tmp_path, files_of(make.series(3)), key)
    assert {status for status, _ in by_name(report).values()} == {"failed"}
    assert left_over(tmp_path / "out") == []
    assert containers(tmp_path / "out") == []
    assert "DOE" not in repr(report)


@pytest.mark.parametrize("name", ["written_faults", "write_footer"])
def test_a_container_that_is_not_what_was_packed_is_not_named_by_its_path(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def failing(path: Path, *_: object) -> list[str]:
        if name == "write_footer":
            raise NotAContainer(str(path), "damaged")
        return ["stack 0 frame 1: not what was packed"]

    monkeypatch.setattr(pack, name, failing)
    reasons = {reason for _, reason in by_name(converted(tmp_path, files_of(make.series(3)), key)).values()}
    assert len(reasons) == 1
    assert not any(str(tmp_path) in reason for reason in reasons)
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_run_after_a_failure_completes_to_the_same_bytes(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(ContainerWriter, "publish", failing)
        converted(tmp_path, files_of(make.series(3)), key)
    converted(tmp_path, {}, key, existing="skip")
    convert(tmp_path / "in", tmp_path / "straight", key=key)
    leave_out = ["manifest.jsonl", "report.json"]
    assert tree(tmp_path / "out", leave_out) == tree(tmp_path / "straight", leave_out)


MINUS_ONE = {"NumberOfFrames": "-1"}
WEIRD = [
    {"Rows": 0}, {"Columns": 65535}, {"BitsAllocated": 12}, {"BitsAllocated": 0}, {"BitsStored": 17}, {"HighBit": 3},
    {"SamplesPerPixel": 2}, {"SamplesPerPixel": None}, MINUS_ONE, {"NumberOfFrames": "99"},
    {"NumberOfFrames": "2147483647"}, {"PhotometricInterpretation": "NONSENSE"},
    {"PhotometricInterpretation": "PALETTE COLOR"},
    {"PixelRepresentation": 7}, {"PixelSpacing": ["0", "0"]}, {"PixelSpacing": ["-1", "1"]}, {"WindowWidth": "0"},
    {"WindowWidth": "-5"}, {"RescaleSlope": "0"}, {"RescaleSlope": "1e300"}, {"RescaleIntercept": "nan"},
    {"ImageOrientationPatient": ["0"] * 6}, {"ImagePositionPatient": ["1e300"] * 3}, {"InstanceNumber": ""},
    {"SliceThickness": "-1"}, {"WindowCenter": ["1", "2"], "WindowWidth": "3"}, {"PlanarConfiguration": 9},
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("weird", [one for one in WEIRD if one != MINUS_ONE], ids=str)
def test_a_header_that_makes_no_sense_is_never_an_error_of_ours(
    tmp_path: Path, key: Path, weird: dict[str, Any]
) -> None:
    pixels = make.ramp(4, 5)
    values = make.image_pixel(pixels, {**make.CT_GEOMETRY, **weird})
    report = converted(
        tmp_path, {"weird": make.instance("CT", pixels, **{k: v for k, v in values.items() if k in weird})}, key
    )
    assert "error of ours" not in str(by_name(report))


def test_minus_one_frame_is_never_an_error_of_ours(tmp_path: Path, key: Path) -> None:
    report = converted(tmp_path, {"weird": make.instance("CT", make.ramp(4, 5), **MINUS_ONE)}, key)
    assert "error of ours" not in str(by_name(report))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_instance_that_makes_no_sense_takes_no_other_of_its_series_with_it(tmp_path: Path, key: Path) -> None:
    pixels = make.ramp(4, 5)
    bad = {str(n): make.instance("CT", pixels, **{"InstanceNumber": n, **weird}) for n, weird in enumerate(WEIRD, 10)}
    report = converted(tmp_path, {"good": make.ct_slice(), **bad}, key)
    assert by_name(report)["good"] == ("converted", "")


def test_the_decoder_of_lossy_pixels_is_in_the_row_of_their_instance(tmp_path: Path, key: Path) -> None:
    pixels = make.ramp(24, 32, dtype="uint8")
    converted(tmp_path, {"a": make.encapsulated(pixels, make.JPEG_BASELINE)}, key)
    [row] = rows(tmp_path / "out")
    assert str(row["decoder"]).startswith("imagecodecs 20")
    assert "libjpeg_turbo" in str(row["decoder"])


@pytest.mark.parametrize("syntax", [make.RLE, make.JPEG_2000_LOSSLESS])
def test_lossless_pixels_need_no_decoder_in_their_row(tmp_path: Path, key: Path, syntax: str) -> None:
    converted(tmp_path, {"a": make.encapsulated(make.ramp(24, 32, dtype="uint8"), syntax)}, key)
    assert "decoder" not in rows(tmp_path / "out")[0]


UNREAD = ["58", "59", "65", "66", "94", "204"]


@pytest.mark.parametrize("last", UNREAD)
def test_what_no_decoder_reads_is_kept_and_its_row_says_why(tmp_path: Path, key: Path, last: str) -> None:
    frame = bytes(imagecodecs.jpeg8_encode(make.ramp(4, 5, dtype="uint8"), lossless=True))
    content = make.encapsulated(make.ramp(4, 5, dtype="uint8"), f"1.2.840.10008.1.2.4.{last}", frames=[frame])
    converted(tmp_path, {"a": content}, key, burned_in="keep")
    [row] = rows(tmp_path / "out")
    assert (row["outcome"], row["frames"], row["pngs"]) == ("converted", 0, 0)
    assert ("JPIP" if last in ("94", "204") else "no decoder here") in str(row["no_png"])
    plain = deidentify(tmp_path / "in", tmp_path / "plain", key=key, burned_in="keep")
    assert [outcome.status for outcome in plain.outcomes] == ["converted"]
    [container] = containers(tmp_path / "out")
    [file] = (tmp_path / "plain").rglob("*.dcm")
    with open_container(container) as opened:
        [back] = opened.recover_to(tmp_path / "back")
        assert back.read_bytes() == file.read_bytes()
        assert frame in back.read_bytes()
