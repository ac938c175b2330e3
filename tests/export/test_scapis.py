"""The scapis layout, correct where the tool that it is named after is not: its faults, each as a test."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import dicomconv
from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.scapis_table import COLUMNS
from tests import make
from tests.export import made, volumes

TOOL = (
    "StudyID,Patient,PatientID,PatientSex,PatientAge,StudyDescription,TransferSyntaxUID,Image,Slices,Exposure,Rows,Columns,"
    "Pixel_Spacing,Instance_Number,Acquisition_Number,SliceLocation,Body_Part,MediaStorageSOPClassUID,"
    "MediaStorageSOPInstanceUID,BitsAllocated,BitsStored,HighBit"
)


def scrambled(patient: int, numbers: list[int], **more: Any) -> dict[str, bytes]:
    """A series in the tool's folders, whose names sort as text; position rises with the instance number."""
    order = list(numbers)
    random.Random(patient).shuffle(order)
    return {
        f"CT PA, one/Patient {patient:02d}, a/Image 1/i{index:04d},{number:04d}b.dcm": make.instance(
            "CT", (1000 + 7 * number + make.ramp(6, 8)).astype(np.uint16), InstanceNumber=number, SliceLocation=f"{order[index]}",
            ImagePositionPatient=["-10", "-20", f"{2.5 * number:g}"], PatientID=f"P{patient}",
            StudyInstanceUID=make.uid(f"study {patient}"), SeriesInstanceUID=make.uid(f"series {patient}"),
            FrameOfReferenceUID=make.uid(f"frame {patient}"), **more,
        )
        for index, number in enumerate(numbers)
    }  # fmt: skip


NUMBERS = [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 10, 110, 11, 111, 12]


def written(paths: list[Path], out: Path, **choices: Any) -> tuple[np.ndarray[Any, Any], list[dict[str, str]]]:
    """The array and the rows of the table."""
    export("scapis", paths, out, Choices(**choices), Asked())
    [npy] = (out / "np").iterdir()
    with (out / f"csv/{npy.stem}.csv").open(encoding="utf-8", newline="") as file:
        return np.load(npy), list(csv.DictReader(file))


def recovered(paths: list[Path], folder: Path) -> dict[str, pydicom.Dataset]:
    """The DICOM files of containers by SOP Instance UID."""
    for number, path in enumerate(paths):
        dicomconv.recover(path, folder / str(number))
    files = [pydicom.dcmread(path) for path in folder.rglob("*.dcm")]
    return {str(one.SOPInstanceUID): one for one in files}


def test_row_k_of_the_table_is_slice_k_of_the_array(tmp_path: Path) -> None:
    files = scrambled(1, NUMBERS) | scrambled(2, [3, 1, 2], RescaleSlope="2", RescaleIntercept="-500")
    paths = made.converted(tmp_path, files)
    values, rows = written(paths, tmp_path / "scapis")
    assert len(values) == len(rows) == len(files)
    originals = recovered(paths, tmp_path / "back")
    for one, row in zip(values, rows, strict=True):
        dicom = originals.pop(row["MediaStorageSOPInstanceUID"])
        assert np.array_equal(one, dicom.pixel_array * float(dicom.RescaleSlope) + float(dicom.RescaleIntercept))
        assert float(row["RescaleSlope"]) == float(dicom.RescaleSlope)
        assert float(row["RescaleIntercept"]) == float(dicom.RescaleIntercept)
        assert json.loads(row["ImagePositionPatient"]) == [float(part) for part in dicom.ImagePositionPatient]
        assert json.loads(row["ImageOrientationPatient"]) == [float(part) for part in dicom.ImageOrientationPatient]
        assert json.loads(row["Pixel_Spacing"]) == [float(part) for part in dicom.PixelSpacing]
        assert row["SeriesInstanceUID"] == dicom.SeriesInstanceUID
        assert (row["Rows"], row["Columns"], row["BitsStored"]) == ("6", "8", "16")
        assert row["TransferSyntaxUID"] == dicom.file_meta.TransferSyntaxUID
    assert not originals


def test_slices_are_in_order_of_position_whatever_their_numbers_and_locations_say(tmp_path: Path) -> None:
    """The tool's own tables have instances 100, 101, ..., 109, 10, 110: the order of names."""
    _, rows = written(made.converted(tmp_path, scrambled(1, NUMBERS) | scrambled(2, NUMBERS)), tmp_path / "scapis")
    for patient in ("1", "2"):
        of_one = [row for row in rows if row["Patient"] == patient]
        assert [int(row["Instance_Number"]) for row in of_one] == sorted(NUMBERS)
        places = [json.loads(row["ImagePositionPatient"])[2] for row in of_one]
        assert places == sorted(places)
        assert {row["Slices"] for row in of_one} == {str(len(NUMBERS))}


def test_a_multi_frame_object_is_in_order_of_position_too(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, {f"{n}.dcm": one for n, one in enumerate(volumes.multiframe())})
    values, rows = written(paths, tmp_path / "scapis")
    assert [value[0, 0] for value in values] == [0, 200, 400, 600, 800]
    assert [row["Frame_Number"] for row in rows] == [str(volumes.SHUFFLE.index(number) + 1) for number in range(5)]


def test_nothing_of_a_data_set_is_in_the_next(tmp_path: Path) -> None:
    first, second = made.converted(tmp_path, scrambled(1, NUMBERS) | scrambled(2, [1, 2]))
    found = []
    for number, path in enumerate((first, second)):
        values, rows = written([path], tmp_path / f"e{number}", name=f"set_{number}")
        assert len(values) == len(rows)
        found.append({row["MediaStorageSOPInstanceUID"] for row in rows})
        assert [one.name for one in sorted((tmp_path / f"e{number}").rglob("set_*"))] == [
            f"set_{number}.csv", f"set_{number}_info.json", f"set_{number}.npy",
        ]  # fmt: skip
    assert not found[0] & found[1]
    assert sorted(map(len, found)) == [2, len(NUMBERS)]


def test_the_columns_are_those_of_the_tool_with_more_behind_them(tmp_path: Path) -> None:
    _, rows = written(made.converted(tmp_path, made.patient(0)), tmp_path / "scapis")
    assert ",".join(COLUMNS) == TOOL
    assert list(rows[0])[: len(COLUMNS)] == list(COLUMNS)
    assert {"RescaleSlope", "SeriesInstanceUID", "Frame_Number"} <= set(rows[0])
    assert all("DOE^JANE" not in cell and "ID-4711" not in cell for row in rows for cell in row.values())


def test_series_of_other_sizes_keep_their_pixels(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, made.patient(0, rows=6, columns=4) | made.patient(1, rows=3, columns=9))
    values, rows = written(paths, tmp_path / "scapis")
    assert values.shape == (6, 6, 9)
    originals = recovered(paths, tmp_path / "back")
    for one, row in zip(values, rows, strict=True):
        dicom = originals[row["MediaStorageSOPInstanceUID"]]
        assert np.array_equal(one[: dicom.Rows, : dicom.Columns], dicom.pixel_array)
        outside = one.copy()
        outside[: dicom.Rows, : dicom.Columns] = values.min()
        assert (outside == values.min()).all()


def test_a_size_keeps_aspect_and_air_around(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, made.patient(0, rows=6, columns=12, RescaleIntercept="-1024"))
    values, rows = written(paths, tmp_path / "scapis", size=12)
    whole, _ = written(paths, tmp_path / "whole")
    assert values.shape == (3, 12, 12)
    assert np.array_equal(values[:, 3:9], whole)
    assert (np.delete(values, slice(3, 9), axis=1) == whole.min()).all()
    assert [float(part) for part in rows[0]["Array_To_Stored"].split()] == [1, 0, 0, 0, 1, -3, 0, 0, 1]


@pytest.mark.parametrize(("said", "dtype"), [
    ({}, "<i2"), ({"RescaleIntercept": "40000"}, "<i4"), ({"RescaleSlope": "0.5"}, "<f4"),
])  # fmt: skip
def test_the_type_holds_all_values(tmp_path: Path, said: dict[str, str], dtype: str) -> None:
    paths = made.converted(tmp_path, made.patient(0, **said))
    values, _ = written(paths, tmp_path / "scapis")
    assert values.dtype.str == dtype
    by = {"RescaleSlope": "1", "RescaleIntercept": "0"} | said
    stored = next(iter(recovered(paths, tmp_path / "back").values())).pixel_array
    expected = stored * float(by["RescaleSlope"]) + float(by["RescaleIntercept"])
    assert any(np.array_equal(one, expected) for one in values)


def test_patients_keep_their_numbers(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, made.patient(0) | made.patient(1))
    _, rows = written(paths, tmp_path / "scapis")
    numbers = {row["PatientID"]: row["Patient"] for row in rows}
    assert sorted(numbers.values()) == ["1", "2"]
    last = max(numbers, key=numbers.__getitem__)
    [alone] = [path for path in paths if f"/{last}/" in path.as_posix()]
    _, again = written([alone], tmp_path / "again")
    assert {row["Patient"] for row in again} == {numbers[last]}
    info = json.loads((tmp_path / "again/json/scapis_info.json").read_text())
    assert list(info) == [numbers[last]]
    assert len(info[numbers[last]]["image"]["1"]) == 3


def test_an_export_of_colour_alone_is_refused(tmp_path: Path) -> None:
    photo = make.instance("VL", np.zeros((4, 6, 3), np.uint8), PhotometricInterpretation="RGB", BurnedInAnnotation="NO")
    paths = made.converted(tmp_path, {"a.dcm": photo})
    with pytest.raises(UsageError, match="no place for colour"):
        written(paths, tmp_path / "scapis")
