"""Radiographs that dicomconv exported, as the loaders of their communities read them."""

import hashlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread

import dicomconv
from dicomconv.container.reader import open_container
from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from dicomconv.export.equalized import equalize, equalized
from dicomconv.export.rows import Row
from tests.acceptance.loaders.chest import (
    Radiograph,
    load_with_chex_dataset,
    load_with_mimic_cxr_jpg_loader,
    load_with_mimic_dataset,
    load_with_nih_dataset,
    real_header,
)
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export.radiographs import KEPT, case, lines, pixels
from tests.export.test_chest_layouts import boxed, rows, table
from tests.make import write
from tests.outputs import key_file

pytestmark = pytest.mark.acceptance
INVERSE = {"B PA"}
NUMBERS = {"A PA": 1, "A LL": 2, "A AP": 3, "B PA": 4}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Containers of made-up radiographs, with boxes, by `dicomconv convert`."""
    folder = tmp_path_factory.mktemp("chest")
    write(folder / "in", {f"{number}.dcm": content for number, content in enumerate(case())})
    options = [word for name in KEPT for word in ("--option", name)]
    done = call("convert", folder / "in", "-o", folder / "out", "--key", key_file(folder / "key"), *options)
    assert done.exit_code == 0, done.output
    boxed(folder / "out")
    return folder / "out"


def exported(layout: str, out: Path, folder: Path, labels: str, *words: object) -> Path:
    """What `dicomconv export --check` writes."""
    path = folder / "labels.csv"
    path.write_text(labels, encoding="utf-8")
    done = call("export", layout, out, "-o", folder / layout, "--labels", path, "--check", *words)
    assert "read with its own loader" in done.output, done.output
    return folder / layout


def names(out: Path, folder: Path) -> dict[str, str]:
    """Which radiograph a file is of, by images.csv."""
    by_uid = {row.sop_instance_uid: name for name, row in rows(out).items()}
    return {line["file"]: by_uid[line["sop_instance_uid"]] for line in lines(folder / "images.csv")}


def written(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)


def in_the_middle(one: Radiograph) -> NDArray[np.float32]:
    """The picture at the size of the radiograph again: the mean of what each of its pixels became."""
    inside = Image.fromarray(one.pixels[:, 128:-128].astype(np.float32))
    return np.asarray(inside.resize((30, 40), Image.Resampling.BOX))


@proves("nih-chestxray14", "torchxrayvision")
def test_nih_dataset_reads_pixels_labels_and_boxes_of_ours(out: Path, tmp_path: Path) -> None:
    labels = table(out, "Finding Labels", {"A PA": "Infiltration|Mass|Nodule", "A LL": "No Finding", "B PA": "Hernia"})
    folder = exported("nih-chestxray14", out, tmp_path, labels, "--annotations", "boxes", "--window", "2048,4096")
    files = (folder / "Data_Entry_2017_v2020.csv", folder / "BBox_List_2017.csv")
    for path, name in zip(files, ("nih-chestxray14", "nih-chestxray14 boxes"), strict=True):
        assert path.read_text(encoding="utf-8").split("\n")[0].split(",") == real_header(name)
    found = load_with_nih_dataset(folder / "images", *files)
    which = names(out, folder)
    assert len(found) == 4
    for one in found:
        name = which[f"images/{one.row['Image Index']}"]
        assert one.pixels.shape == (1024, 1024)
        assert not one.pixels[:, :127].any()
        assert np.array_equal(one.pixels, written(folder / "images" / one.row["Image Index"]))
        grey = pixels(NUMBERS[name]) / 4096 * 255
        expected = 255 - grey if name in INVERSE else grey
        assert np.median(np.abs(in_the_middle(one) - expected)) < 2
        there = {label for label, value in one.labels.items() if value}
        assert there == {"A PA": {"Infiltration", "Mass", "Nodule"}, "B PA": {"Hernia"}}.get(name, set())
        assert set(one.masks) == ({"Infiltration", "Mass", "Nodule"} if name == "A PA" else set())
    [boxed_one] = [one for one in found if one.masks]
    scale = 1024 / 40
    area = boxed_one.masks["Infiltration"]
    assert np.argwhere(area).min(axis=0).tolist() == [int(20 * scale), int(128 + 10 * scale)]
    assert area.sum() == int(15.5 * scale) * int(10 * scale)
    assert boxed_one.row["age_years"] == 57
    assert bool(boxed_one.row["sex_female"])


@proves("chexpert", "torchxrayvision")
def test_chex_dataset_reads_pixels_and_labels_of_ours(out: Path, tmp_path: Path) -> None:
    labels = table(out, "Edema,Support Devices,Cardiomegaly", {"A PA": "-1,1,0", "B PA": "1,,"})
    folder = exported("chexpert", out, tmp_path, labels)
    root = folder / "CheXpert-v1.0"
    for name in ("train.csv", "valid.csv"):
        assert (root / name).read_text(encoding="utf-8").split("\n")[0].split(",") == real_header("chexpert")
    found, which = load_with_chex_dataset(root), names(out, folder)
    assert len(found) == 4
    said = {}
    for one in found:
        assert np.array_equal(one.pixels, written(folder / one.row["Path"]))
        said[which[one.row["Path"]]] = {name: value for name, value in one.labels.items() if value is not None}
    assert said == {"A PA": {"Support Devices": 1, "Cardiomegaly": 0}, "B PA": {"Edema": 1}, "A LL": {}, "A AP": {}}
    assert sorted(one.row["view"] for one in found) == ["AP", "L", "PA", "PA"]
    assert {one.row["age_years"] for one in found} == {57}


def rendered(name: str) -> NDArray[np.uint8]:
    """A radiograph as MIMIC-CXR-JPG documents it, by NumPy and OpenCV."""
    values = pixels(NUMBERS[name]).astype(float)
    values -= values.min()
    grey = (values / values.max() * 255).astype(np.uint8)
    return np.asarray(cv2.equalizeHist(255 - grey if name in INVERSE else grey))


@pytest.fixture(scope="module")
def mimic(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of labelled radiographs, split so that there is one patient for training and one for testing."""
    labels = table(out, "Edema,Cardiomegaly,No Finding", {"A PA": "1,-1,", "A AP": ",,1", "B PA": "0,,"})
    return exported("mimic-cxr-jpg", out, tmp_path_factory.mktemp("mimic"), labels, "--split", "50/0/50")


@proves("mimic-cxr-jpg", "torchxrayvision")
def test_mimic_dataset_reads_pixels_and_labels_of_ours(out: Path, mimic: Path) -> None:
    found, which = load_with_mimic_dataset(mimic), {Path(file).stem: name for file, name in names(out, mimic).items()}
    assert sorted(which[one.row["dicom_id"]] for one in found) == sorted(NUMBERS)
    for one in found:
        name = which[one.row["dicom_id"]]
        expected = BytesIO()
        Image.fromarray(rendered(name)).save(expected, "JPEG", quality=95)
        assert np.array_equal(one.pixels, np.asarray(Image.open(expected)))
        if name == "A PA":
            assert {key: value for key, value in one.labels.items() if value is not None} == {"Edema": 1}
        if name == "A AP":
            assert set(one.labels.values()) == {0}


@proves("mimic-cxr-jpg", "mimic-cxr-jpg-loader")
def test_mimic_cxr_jpg_loader_reads_pixels_labels_and_split_of_ours(out: Path, mimic: Path) -> None:
    which = {Path(file).stem: name for file, name in names(out, mimic).items()}
    parts = {part: load_with_mimic_cxr_jpg_loader(mimic, part) for part in ("train", "test")}
    assert sorted(map(len, parts.values())) == [1, 3]
    for rgb, row in (one for some in parts.values() for one in some):
        name = which[row["dicom_id"]]
        assert np.array_equal(rgb[..., 0], written(mimic / next(mimic.rglob(f"{row['dicom_id']}.jpg"))))
        assert np.array_equal(rgb[..., 0], rgb[..., 2])
        assert (row["Rows"], row["Columns"]) == (40, 30)
        if name in ("A PA", "A LL"):  # labels are of the study
            assert (row["Edema"], row["Cardiomegaly"]) == (1.0, -1.0)


@proves("mimic-cxr-jpg", "opencv-python-headless")
def test_the_rendering_is_that_of_opencv_bit_for_bit(out: Path, mimic: Path) -> None:
    files = {name: file for file, name in names(out, mimic).items()}
    for name, row in rows(out).items():
        assert np.array_equal(drawn(row), rendered(name))
        _, jpeg = cv2.imencode(".jpg", rendered(name), [cv2.IMWRITE_JPEG_QUALITY, 95])
        theirs = cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED)
        assert np.array_equal(cv2.imread(str(mimic / files[name]), cv2.IMREAD_UNCHANGED), theirs)
    random = np.random.default_rng(7)
    for _ in range(300):
        low, high = sorted(random.integers(0, 256, 2))
        grey = random.integers(low, high + 1, random.integers(1, 90, 2), dtype=np.uint8)
        assert np.array_equal(equalize(grey), cv2.equalizeHist(grey))


def drawn(row: Row) -> NDArray[np.uint8]:
    with open_container(row.container) as container:
        return equalized(container.stacks[row.stack], row.frame)


@proves("mimic-cxr", "pydicom")
def test_dcmread_reads_the_files_that_recover_gives(out: Path, tmp_path: Path) -> None:
    folder = exported("mimic-cxr", out, tmp_path, table(out, "Edema", {"A PA": "1"}))
    dicomconv.recover(out, tmp_path / "back")
    back = {hashlib.sha256(path.read_bytes()).digest(): path for path in (tmp_path / "back").rglob("*.dcm")}
    records = lines(folder / "cxr-record-list.csv")
    assert len(records) == len(back) == 4
    uids = {row.sop_instance_uid: name for name, row in rows(out).items()}
    for record in records:
        content = (folder / record["path"]).read_bytes()
        assert hashlib.sha256(content).digest() in back
        image = dcmread(BytesIO(content))
        assert np.array_equal(image.pixel_array, pixels(NUMBERS[uids[image.SOPInstanceUID]]))


@pytest.mark.parametrize(("layout", "pattern"), [
    ("nih-chestxray14", "images/*.png"), ("chexpert", "**/*.jpg"), ("mimic-cxr-jpg", "**/*.jpg"), ("mimic-cxr", "**/*.dcm"),
])  # fmt: skip
def test_check_refuses_an_export_that_lost_a_file(out: Path, tmp_path: Path, layout: str, pattern: str) -> None:
    folder = exported(layout, out, tmp_path, table(out, "Edema", {"A PA": "1"}))
    next(folder.glob(pattern)).unlink()
    with pytest.raises(CheckFailed):
        check(layout, folder)


@pytest.mark.parametrize("layout", ["nih-chestxray14", "chexpert", "mimic-cxr-jpg", "mimic-cxr"])
def test_loaders_read_what_has_neither_labels_nor_dates_nor_age(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "in", {f"{number}.dcm": content for number, content in enumerate(case())})
    assert call("convert", tmp_path / "in", "-o", tmp_path / "out").exit_code == 0
    done = call("export", layout, tmp_path / "out", "-o", tmp_path / layout, "--check")
    assert done.exit_code == 0, done.output
    assert "4 " in done.output.partition("read with its own loader: ")[2]
