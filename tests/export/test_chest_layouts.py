"""Radiographs as NIH ChestX-ray14, MIMIC-CXR, MIMIC-CXR-JPG and CheXpert: trees, tables, pixels, labels, what is left out."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dicomconv
from dicomconv.annotation import AnnotationSet, Code, FrameKey, Label, Region, Shape
from dicomconv.container.annotations import add_set
from dicomconv.errors import UsageError
from dicomconv.export.rows import Row, rows_of
from dicomconv.export.splits import parse_ratio
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.export.radiographs import DX, KEPT, case, converted, exported, header, lines, pixels, radiograph
from tests.outputs import key_file

NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
CHEXPERT_HEADER = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,"
    "Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
DICOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}")
ORGAN = Code("123037004", "SCT", "Anatomical Structure")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Containers of four radiographs and a CT slice."""
    files = [*case(), make.ct_slice(SeriesInstanceUID=make.uid("ct"), PatientID="ID-A")]
    return converted(tmp_path_factory.mktemp("chest"), files, option=KEPT)


def rows(out: Path) -> dict[str, Row]:
    """The rows of the radiographs by which they are: A1 PA, A1 LL, A2 AP, B PA."""
    found = [row for row in rows_of(find_containers([out])) if row.modality in ("CR", "DX")]
    several = Counter(row.subject.patient_id for row in found)
    return {("A" if several[row.subject.patient_id] > 1 else "B") + " " + row.view: row for row in found}


def table(out: Path, columns: str, cells: dict[str, str]) -> str:
    """A label table of these rows."""
    found = rows(out)
    return f"sop_instance_uid,{columns}\n" + "".join(f"{found[name].sop_instance_uid},{cell}\n" for name, cell in cells.items())


def drawn(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def test_nih_has_its_pictures_and_tables(out: Path, tmp_path: Path) -> None:
    labels = table(out, "Finding Labels", {"A PA": "Cardiomegaly|infiltrate", "A LL": "No Finding"})
    done = exported("nih-chestxray14", out, tmp_path / "nih", labels)
    assert done.left_out == ("1 image of CT: the layout is of CR and DX",)
    entries = lines(tmp_path / "nih/Data_Entry_2017_v2020.csv")
    assert header(tmp_path / "nih/Data_Entry_2017_v2020.csv") == NIH_HEADER
    assert header(tmp_path / "nih/BBox_List_2017.csv") == "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    assert [entry["Image Index"] for entry in entries] == sorted(one.name for one in (tmp_path / "nih/images").iterdir())
    by_labels = {entry["Finding Labels"]: entry for entry in entries}
    assert set(by_labels) == {"Cardiomegaly|Infiltration", "No Finding", "Unlabelled"}
    one = by_labels["Cardiomegaly|Infiltration"]
    assert list(one.values())[4:] == ["57", "F", "PA", "30", "40", "0.1", "0.2"]
    assert one["Image Index"] == f"{int(one['Patient ID']):08d}_{int(one['Follow-up #']):03d}.png"
    for entry in entries:
        image = drawn(tmp_path / "nih/images" / entry["Image Index"])
        assert (image.mode, image.size) == ("L", (1024, 1024))


def test_numbers_of_patients_and_images_are_kept_when_more_comes(tmp_path: Path) -> None:
    out = converted(tmp_path, case()[:2], key=make_key(tmp_path), option=KEPT)
    exported("nih-chestxray14", out, tmp_path / "one")
    make.write(tmp_path / "more", {f"{n}.dcm": content for n, content in enumerate(case()[2:])})
    dicomconv.convert(tmp_path / "more", out, key=make_key(tmp_path), option=KEPT)
    exported("nih-chestxray14", out, tmp_path / "two")
    before, after = ({
        line["sop_instance_uid"]: line["file"] for line in lines(tmp_path / name / "images.csv")
    } for name in ("one", "two"))  # fmt: skip
    assert len(after) == 4
    assert before.items() <= after.items()


def make_key(folder: Path) -> Path:
    return folder / "key" if (folder / "key").exists() else key_file(folder / "key")


@pytest.mark.parametrize(("columns", "cells", "expected"), [
    ("atelectasis,pleural thickening", "1,1", "Atelectasis|Pleural_Thickening"),
    ("Atelectasis,Mass", "0,0", "Unlabelled"),
    ("No Finding,Mass", "1,", "No Finding"),
    ("label,Mass", "Hernia,0", "Hernia"),
])  # fmt: skip
def test_nih_says_what_the_table_says_and_no_more(out: Path, tmp_path: Path, columns: str, cells: str, expected: str) -> None:
    exported("nih-chestxray14", out, tmp_path / "nih", table(out, columns, {"B PA": cells}))
    assert [e["Finding Labels"] for e in lines(tmp_path / "nih/Data_Entry_2017_v2020.csv")].count(expected) >= 1


@pytest.mark.parametrize(("layout", "columns", "cell"), [
    ("nih-chestxray14", "Finding Labels", "Broken Heart"),
    ("nih-chestxray14", "Mass", "perhaps"),
    ("chexpert", "Edema", "0.5"),
    ("mimic-cxr-jpg", "colour of the hat", "green"),
])  # fmt: skip
def test_a_table_that_means_nothing_is_refused(out: Path, tmp_path: Path, layout: str, columns: str, cell: str) -> None:
    with pytest.raises(UsageError, match="--labels"):
        exported(layout, out, tmp_path / "x", table(out, columns, {"A PA": cell}))
    assert not (tmp_path / "x").exists()


def boxed(out: Path) -> None:
    """A set on the PA of A: a box, a polygon, pixels, and a label that NIH does not have."""
    row = rows(out)["A PA"]
    key, mask = FrameKey(row.stack, row.frame), np.zeros((40, 30), bool)
    mask[20:30, 5:10] = True
    labels = tuple(
        Label(name, value, (200, 80, 60), ORGAN, ORGAN)
        for value, name in enumerate(("Infiltration", "Mass", "nodule", "hat"), 1)
    )
    polygon = np.array([[1.0, 2.0], [4.0, 2.0], [4.0, 9.5]])
    shapes = (
        Shape(key, 1, "box", (np.array([[10.0, 20.0], [25.5, 30.0]]),)), Shape(key, 2, "polygon", (polygon,)),
        Shape(key, 4, "box", (np.array([[0.0, 0.0], [1.0, 1.0]]),)),
    )  # fmt: skip
    regions = (Region(key, 3, mask),)
    add_set(row.container, AnnotationSet("boxes", "", "coco", (), "MANUAL", labels, frozenset({key}), regions, shapes))


def test_boxes_are_in_pixels_of_the_picture(tmp_path: Path) -> None:
    out = converted(tmp_path, case())
    boxed(out)
    done = exported("nih-chestxray14", out, tmp_path / "nih", annotations="boxes")
    assert done.left_out == ("boxes: 1 of hat: no finding of the data set",)
    found = [line.split(",") for line in (tmp_path / "nih/BBox_List_2017.csv").read_text().splitlines()[1:]]
    assert {len(cells) for cells in found} == {6}
    scale = 1024 / 40  # 30 columns take 768 of 1024 pixels, 128 dark ones on either side
    expected = {
        "Infiltrate": (128 + 10 * scale, 20 * scale, 15.5 * scale, 10 * scale),
        "Mass": (128 + scale, 2 * scale, 3 * scale, 7.5 * scale),
        "Nodule": (128 + 5 * scale, 20 * scale, 5 * scale, 10 * scale),
    }
    assert [cells[1] for cells in found] == list(expected)
    for cells in found:
        assert tuple(map(float, cells[2:])) == pytest.approx(expected[cells[1]])
        assert all(len(cell) <= 14 for cell in cells[2:])  # no rest of arithmetic, as loaders cut to whole pixels
    with pytest.raises(UsageError, match="annotation set nobody"):
        exported("nih-chestxray14", out, tmp_path / "none", annotations="nobody")


def test_nih_lists_are_by_patient(out: Path, tmp_path: Path) -> None:
    exported("nih-chestxray14", out, tmp_path / "nih")
    assert (tmp_path / "nih/test_list.txt").read_text() == ""
    assert len((tmp_path / "nih/train_val_list.txt").read_text().splitlines()) == 4


def test_the_split_is_the_same_in_every_layout(tmp_path: Path) -> None:
    out = converted(tmp_path, case())
    exported("nih-chestxray14", out, tmp_path / "nih", ratio=parse_ratio("1/0/1"))
    test = (tmp_path / "nih/test_list.txt").read_text().split()
    train = (tmp_path / "nih/train_val_list.txt").read_text().split()
    assert {len(train), len(test)} == {1, 3}
    assert not {name[:8] for name in train} & {name[:8] for name in test}
    exported("mimic-cxr-jpg", out, tmp_path / "jpg")
    exported("chexpert", out, tmp_path / "chexpert")
    parts = Counter(line["split"] for line in lines(tmp_path / "jpg/mimic-cxr-2.0.0-split.csv"))
    root = tmp_path / "chexpert/CheXpert-v1.0"
    assert (parts["train"], parts["test"]) == (len(train), len(test))
    assert (len(lines(root / "train.csv")), len(lines(root / "test.csv"))) == (len(train), len(test))
    assert lines(root / "valid.csv") == []


def test_mimic_cxr_has_the_deidentified_files_themselves(out: Path, tmp_path: Path) -> None:
    exported("mimic-cxr", out, tmp_path / "mimic")
    dicomconv.recover(out, tmp_path / "back")
    theirs = {hashlib.sha256(path.read_bytes()).digest() for path in (tmp_path / "back").rglob("*.dcm")}
    files = list((tmp_path / "mimic").rglob("*.dcm"))
    assert len(files) == 4
    assert {hashlib.sha256(path.read_bytes()).digest() for path in files} < theirs
    for path in files:
        patient, subject, study, name = path.relative_to(tmp_path / "mimic/files").parts
        assert DICOM_ID.fullmatch(name.removesuffix(".dcm"))
        assert re.fullmatch(r"p1\d{7}", subject)
        assert re.fullmatch(r"s5\d{7}", study)
        assert patient == subject[:3]
    ledger = json.loads((tmp_path / "mimic/export.json").read_text())
    assert (ledger["losses"], ledger["way_back"]["is_exact"]) == ([], True)
    assert {line["path"] for line in lines(tmp_path / "mimic/cxr-record-list.csv")} == {
        path.relative_to(tmp_path / "mimic").as_posix() for path in files
    }


def test_both_forms_of_mimic_have_the_same_names_and_tables(out: Path, tmp_path: Path) -> None:
    labels = table(out, "Edema,cardiomegaly", {"A PA": "1,-1", "B PA": "0,"})
    exported("mimic-cxr", out, tmp_path / "dicom", labels)
    exported("mimic-cxr-jpg", out, tmp_path / "jpg", labels)
    for name in ("metadata", "split", "chexpert"):
        one, other = (tmp_path / form / f"mimic-cxr-2.0.0-{name}.csv" for form in ("dicom", "jpg"))
        assert one.read_bytes() == other.read_bytes()
    stems = [{
        path.relative_to(tmp_path / form).with_suffix("") for path in (tmp_path / form / "files").rglob("*.*")
    } for form in ("dicom", "jpg")]  # fmt: skip
    assert stems[0] == stems[1]
    found = lines(tmp_path / "jpg/mimic-cxr-2.0.0-chexpert.csv")
    assert len(found) == 3  # studies, labelled or not
    assert list(found[0])[2:4] == ["Atelectasis", "Cardiomegaly"]
    assert sorted((one["Cardiomegaly"], one["Edema"], one["No Finding"]) for one in found) == [
        ("", "", ""), ("", "0.0", ""), ("-1.0", "1.0", ""),
    ]  # fmt: skip
    assert header(tmp_path / "jpg/mimic-cxr-2.0.0-split.csv") == "dicom_id,study_id,subject_id,split"


def test_mimic_metadata_is_what_the_profile_has_kept(out: Path, tmp_path: Path) -> None:
    exported("mimic-cxr", out, tmp_path / "mimic")
    found = lines(tmp_path / "mimic/mimic-cxr-2.0.0-metadata.csv")
    assert sorted(one["ViewPosition"] for one in found) == ["AP", "LL", "PA", "PA"]
    assert {(one["Rows"], one["Columns"]) for one in found} == {("40", "30")}
    assert {one["ViewCodeSequence_CodeMeaning"] for one in found} == {"", "postero-anterior"}
    assert all(re.fullmatch(r"\d{8}", one["StudyDate"]) and one["StudyDate"] < "2020" for one in found)
    bare = converted(tmp_path, [radiograph(1, PerformedProcedureStepDescription="CHEST OF DOE")])
    exported("mimic-cxr", bare, tmp_path / "bare")
    [one] = lines(tmp_path / "bare/mimic-cxr-2.0.0-metadata.csv")
    assert (one["StudyDate"], one["StudyTime"], one["PerformedProcedureStepDescription"]) == ("", "", "")


def test_labels_that_differ_within_a_study_are_refused_by_mimic(out: Path, tmp_path: Path) -> None:
    labels = table(out, "Edema", {"A PA": "1", "A LL": "0"})
    with pytest.raises(UsageError, match="images of one study differ in Edema"):
        exported("mimic-cxr-jpg", out, tmp_path / "jpg", labels)
    exported("chexpert", out, tmp_path / "chexpert", labels)


def test_mimic_jpg_is_the_documented_rendering(out: Path, tmp_path: Path) -> None:
    exported("mimic-cxr-jpg", out, tmp_path / "jpg")
    files = {line["sop_instance_uid"]: line["file"] for line in lines(tmp_path / "jpg/images.csv")}
    for name, number, is_inverse in (("A PA", 1, False), ("B PA", 4, True)):
        grey = pixels(number).astype(float) - pixels(number).min()
        grey = (grey / grey.max() * 255).astype(np.uint8)
        grey = 255 - grey if is_inverse else grey
        counts = np.bincount(grey.ravel(), minlength=256)
        first = int(np.flatnonzero(counts)[0])
        sums = (np.cumsum(counts) - counts[first]) * np.float32(255 / (grey.size - counts[first]))
        image = drawn(tmp_path / "jpg" / files[rows(out)[name].sop_instance_uid])
        assert np.abs(np.asarray(image).astype(int) - np.rint(sums).astype(int)[grey]).max() <= 8  # JPEG of quality 95


def test_chexpert_has_its_tree_and_tables(out: Path, tmp_path: Path) -> None:
    labels = table(out, "edema,support devices,No Finding", {"A PA": "-1,1,", "B PA": ",,1"})
    exported("chexpert", out, tmp_path / "chexpert", labels)
    root = tmp_path / "chexpert/CheXpert-v1.0"
    assert header(root / "train.csv") == header(root / "valid.csv") == CHEXPERT_HEADER
    found = {line["Path"]: line for line in lines(root / "train.csv")}
    assert {path.relative_to(tmp_path / "chexpert").as_posix() for path in root.rglob("*.jpg")} == set(found)
    names = Counter(re.sub(r"patient0000[12]", "P", path.removeprefix("CheXpert-v1.0/train/")) for path in found)
    assert names == {
        "P/study1/view1_frontal.jpg": 2, "P/study1/view2_lateral.jpg": 1, "P/study2/view1_frontal.jpg": 1,
    } or names == {
        "P/study1/view2_frontal.jpg": 1, "P/study1/view1_lateral.jpg": 1, "P/study1/view1_frontal.jpg": 1,
        "P/study2/view1_frontal.jpg": 1,
    }  # fmt: skip
    sides = Counter((one["Frontal/Lateral"], one["AP/PA"]) for one in found.values())
    assert sides == {("Frontal", "PA"): 2, ("Frontal", "AP"): 1, ("Lateral", ""): 1}
    said = {(one["No Finding"], one["Edema"], one["Support Devices"]) for one in found.values()}
    assert said == {("", "-1.0", "1.0"), ("1.0", "", ""), ("", "", "")}
    assert Counter((one["Sex"], one["Age"]) for one in found.values()) == {("Female", "57"): 3, ("Male", "57"): 1}


def test_chexpert_of_another_size_is_the_small_one(out: Path, tmp_path: Path) -> None:
    exported("chexpert", out, tmp_path / "small", size=32)
    root = tmp_path / "small/CheXpert-v1.0-small"
    assert {drawn(tmp_path / "small" / line["Path"]).size for line in lines(root / "train.csv")} == {(32, 32)}


def test_what_the_profile_removes_is_in_no_table(tmp_path: Path) -> None:
    out = converted(tmp_path, [radiograph(1)])
    exported("chexpert", out, tmp_path / "chexpert")
    exported("nih-chestxray14", out, tmp_path / "nih")
    [one] = lines(tmp_path / "chexpert/CheXpert-v1.0/train.csv")
    assert (one["Sex"], one["Age"]) == ("Unknown", "")
    [other] = lines(tmp_path / "nih/Data_Entry_2017_v2020.csv")
    assert (other["Patient Gender"], other["Patient Age"]) == ("", "")


def test_chexpert_leaves_out_what_is_neither_frontal_nor_lateral(tmp_path: Path) -> None:
    view = [{"CodeValue": "399173006", "CodingSchemeDesignator": "SCT", "CodeMeaning": "left lateral"}]
    out = converted(tmp_path, [
        radiograph(1, ViewPosition=""), radiograph(2, ViewPosition="LLO"),
        radiograph(3, kind="DX", ViewPosition="", ViewCodeSequence=view), radiograph(4),
    ])  # fmt: skip
    [sentence] = exported("chexpert", out, tmp_path / "one").left_out
    assert sentence.startswith("2 images whose View Position is neither frontal nor lateral")
    found = lines(tmp_path / "one/CheXpert-v1.0/train.csv")
    assert Counter(one["Frontal/Lateral"] for one in found) == {"Frontal": 1, "Lateral": 1}
    everyone = {row.subject.patient_id for row in rows_of(find_containers([out]))}
    labels = "patient_id,frontal/lateral\n" + "".join(f"{name},Lateral\n" for name in everyone)
    assert exported("chexpert", out, tmp_path / "two", labels).left_out == ()
    assert len(lines(tmp_path / "two/CheXpert-v1.0/train.csv")) == 4


@pytest.mark.parametrize("layout", ["nih-chestxray14", "mimic-cxr", "mimic-cxr-jpg", "chexpert"])
def test_slices_alone_are_no_radiographs(tmp_path: Path, layout: str) -> None:
    out = converted(tmp_path, make.series(2))
    with pytest.raises(UsageError, match="2 images of CT: the layout is of CR and DX"):
        exported(layout, out, tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("layout", ["nih-chestxray14", "mimic-cxr", "mimic-cxr-jpg", "chexpert"])
def test_an_export_is_the_same_again_to_the_byte(out: Path, tmp_path: Path, layout: str) -> None:
    trees = []
    for name in ("one", "two"):
        exported(layout, out, tmp_path / name)
        trees.append({
            path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()
        })  # fmt: skip
    assert trees[0] == trees[1]


def test_chest_radiographs_are_drawn_as_they_are_to_be_seen(out: Path) -> None:
    """DX: MONOCHROME1 is turned round after its VOI LUT (PS3.3 C.11.2, C.7.6.3.1.2)."""
    row = rows(out)["B PA"]
    assert row.sop_class_uid == DX
    image = np.asarray(drawn(row.container.with_suffix("") / f"{row.name}.png")).astype(int)
    expected = 255 - np.minimum(pixels(4) // 8, 255).astype(int)
    assert np.array_equal(image, expected)


@pytest.mark.parametrize("layout", ["nih-chestxray14", "mimic-cxr-jpg", "chexpert"])
def test_a_radiograph_in_colour_is_left_out(tmp_path: Path, layout: str) -> None:
    colour = make.instance(
        "CR", make.ramp(6, 7, 3, dtype="uint8"), PhotometricInterpretation="RGB", ViewPosition="PA",
        SeriesInstanceUID=make.uid("colour"), BurnedInAnnotation="NO",
    )  # fmt: skip
    out = converted(tmp_path, [radiograph(1), colour], burned_in="keep")
    done = exported(layout, out, tmp_path / "x")
    assert (done.counts["images"], done.left_out) == (1, ("1 image in colour: the layout is of grey ones",))
