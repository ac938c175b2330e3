"""No image of a container goes missing in an export without a word: what has no frames, or no place, is counted."""

import json
from pathlib import Path
from typing import Any

import pydicom
import pytest
from click.testing import CliRunner

from dicomconv.cli import main
from dicomconv.container.reader import open_container
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.pipeline.found import find_containers
from tests import make, videos
from tests.export import made_slides, radiographs
from tests.export.made import converted

UNDECODED = "1 image: nothing decoded their frames when they were converted"


def damaged(number: int, **values: Any) -> bytes:
    """A radiograph whose compressed frame is no such thing."""
    return make.encapsulated(
        radiographs.pixels(number), make.JPEG_2000_LOSSLESS, frames=[b"\xff\x4f\xff\x51 no codestream"], PatientID="ID-A",
        Modality="CR", SOPClassUID="1.2.840.10008.5.1.4.1.1.1", InstanceNumber=number, BodyPartExamined="CHEST",
        StudyInstanceUID=make.uid("study A 1"), SeriesInstanceUID=make.uid(f"series A 1 {number}"), **values,
    )  # fmt: skip


def left_out(layout: str, containers: list[Path], folder: Path, **choices: Any) -> list[str]:
    """What the ledger of an export says of it."""
    done = export(layout, containers, folder, Choices(**choices), Asked())
    ledger: list[str] = json.loads((folder / "export.json").read_text())["left_out"]
    assert tuple(ledger) == done.left_out
    return ledger


@pytest.mark.parametrize("layout", ["png", "mimic-cxr-jpg", "chexpert"])
def test_an_image_that_nothing_decoded_is_counted(layout: str, tmp_path: Path) -> None:
    out = radiographs.converted(tmp_path, [radiographs.radiograph(1), damaged(2)])
    assert UNDECODED in left_out(layout, find_containers([out]), tmp_path / "export")


def test_mimic_cxr_has_its_file_all_the_same(tmp_path: Path) -> None:
    out = radiographs.converted(tmp_path, [radiographs.radiograph(1), damaged(2)])
    containers = find_containers([out])
    assert left_out("mimic-cxr", containers, tmp_path / "export") == []
    files = {path.stem: path.read_bytes() for path in (tmp_path / "export").rglob("*.dcm")}
    lines = radiographs.lines(tmp_path / "export/mimic-cxr-2.0.0-metadata.csv")
    assert sorted(line["dicom_id"] for line in lines) == sorted(files)
    assert {(line["Rows"], line["Columns"]) for line in lines} == {(str(radiographs.ROWS), str(radiographs.COLUMNS))}
    kept = [one.read_bytes() for path in containers for one in open_container(path).recover_to(tmp_path / path.stem)]
    assert sorted(kept) == sorted(files.values())
    assert all(pydicom.dcmread(path).PixelData for path in (tmp_path / "export").rglob("*.dcm"))


def test_the_exit_code_says_it_too(tmp_path: Path) -> None:
    out = radiographs.converted(tmp_path, [radiographs.radiograph(1), damaged(2)])
    done = CliRunner().invoke(main, ["export", "png", str(out), "-o", str(tmp_path / "export"), "--jobs", "1"])
    assert done.exit_code == 3
    assert f"left out: {UNDECODED}" in done.output


def test_slides_and_videos_have_no_pictures_and_images_are_no_slides(tmp_path: Path) -> None:
    apart = {"StudyInstanceUID": make.uid("v"), "SeriesInstanceUID": make.uid("v v"), "PatientID": "V"}
    video = videos.video(bytes(64), 8, 8, 3, **apart)
    slide = made_slides.level(1, syntax=make.JPEG_BASELINE, PhotometricInterpretation="YBR_FULL_422")
    containers = converted(tmp_path, {"ct.dcm": make.ct_slice(), "video.dcm": video, "slide.dcm": slide}, burned_in="keep")
    assert len(containers) == 3
    a_video = "1 image: videos, whose frames are not kept as pixels"
    assert left_out("png", containers, tmp_path / "png") == [
        "1 image: of slides, which have levels instead; see the layout wsi", a_video,
    ]  # fmt: skip
    assert left_out("wsi", containers, tmp_path / "wsi")[:2] == ["1 image: not of the kind that the layout is of", a_video]


def test_what_has_no_pixels_is_no_image(tmp_path: Path) -> None:
    report = make.structured_report(SeriesInstanceUID=make.uid("report"))
    containers = converted(tmp_path, {"ct.dcm": make.ct_slice(), "report.dcm": report})
    assert len(containers) == 2
    assert left_out("png", containers, tmp_path / "png") == []
