"""No image of a container goes missing in an export without a word: what has no frames, or no place, is counted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

from dicomconv.cli import main
from dicomconv.container.reader import open_container
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.rows import rows_of
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


def test_another_plane_of_a_level_is_told_as_what_it_is(tmp_path: Path) -> None:
    said = {"syntax": make.JPEG_BASELINE, "PhotometricInterpretation": "YBR_FULL_422"}
    files = {"a.dcm": made_slides.level(1, **said),
             "b.dcm": made_slides.level(1, SOPInstanceUID=make.uid("second plane"), InstanceNumber=7, **said)}  # fmt: skip
    containers = converted(tmp_path, files)
    [sentence] = left_out("wsi", containers, tmp_path / "wsi")
    assert sentence.startswith("1 image: of slides, but no level: another focal plane")


def test_lines_for_later_frames_of_mimic_cxr_are_of_an_image(tmp_path: Path) -> None:
    """A file for each instance; a table may have a line for each frame all the same."""
    frames = np.stack([radiographs.pixels(1), radiographs.pixels(2)])
    both = make.instance(radiographs.DX, frames, Modality="DX", NumberOfFrames=2, BodyPartExamined="CHEST", PatientID="ID-A")
    containers = find_containers([radiographs.converted(tmp_path, [both])])
    table = tmp_path / "labels.csv"
    table.write_text("file,Edema\n" + "".join(f"{row.name},1\n" for row in rows_of(containers)))
    done = export("mimic-cxr", containers, tmp_path / "cxr", Choices(), Asked(read_label_table(table)))
    assert (done.unmatched, done.left_out) == ((), ())
    assert len(list((tmp_path / "cxr").rglob("*.dcm"))) == 1


def test_a_picture_that_is_larger_than_a_jpeg_can_be_is_left_out(tmp_path: Path) -> None:
    containers = converted(tmp_path, {"wide.dcm": make.ct_slice(1, 65_501), "ct.dcm": make.ct_slice(InstanceNumber=2)})
    assert left_out("jpeg", containers, tmp_path / "jpeg") == ["1 image: a JPEG has at most 65500 pixels a side"]
    assert left_out("png", containers, tmp_path / "png") == []


def test_what_has_no_pixels_is_no_image(tmp_path: Path) -> None:
    report = make.structured_report(SeriesInstanceUID=make.uid("report"))
    containers = converted(tmp_path, {"ct.dcm": make.ct_slice(), "report.dcm": report})
    assert len(containers) == 2
    assert left_out("png", containers, tmp_path / "png") == []
