"""CT and MR as MedPix 2.0: pictures, cases, descriptions, splits by case, and texts that only the user's table gives."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.errors import UsageError
from dicomconv.export.medpix_modality import modality_of
from dicomconv.export.rows import rows_of
from dicomconv.export.splits import parse_ratio
from dicomconv.part10 import split
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.export.radiographs import KEPT, converted, exported, lines, radiograph

CASE = {"Title", "History", "Exam", "Findings", "Differential Diagnosis", "Case Diagnosis", "Diagnosis By"}
TOPIC = {"Title", "Disease Discussion", "ACR Code", "Category"}
DESCRIPTION = {"ACR Codes", "Age", "Caption", "Figure Part", "Modality", "Plane", "Sex"}


def slices() -> list[bytes]:
    """Three patients: A with CT and sagittal MR in one study, B and C with CT; two slices of each; and a radiograph."""
    files = [radiograph(9)]
    for patient, kind in (("A", "CT"), ("A", "MR"), ("B", "CT"), ("C", "CT")):
        for number in (1, 2):
            attributes: dict[str, Any] = {
                "PatientID": f"ID-{patient}", "PatientAge": "061Y", "StudyInstanceUID": make.uid(f"study {patient}"),
                "SeriesInstanceUID": make.uid(f"{patient} {kind}"), "InstanceNumber": number,
                "ImageOrientationPatient": ["0", "1", "0", "0", "0", "-1"] if kind == "MR" else ["1", "0", "0", "0", "1", "0"],
                "ImagePositionPatient": ["0", "0", str(number)] if kind == "CT" else [str(number), "0", "0"],
                "PixelSpacing": ["0.5", "0.5"], "StudyDescription": "Doe's liver",
            }  # fmt: skip
            files.append(make.instance(kind, make.ramp(6, 8) + 40 * number, **attributes))
    return files


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted(tmp_path_factory.mktemp("medpix"), slices(), option=KEPT)


def read(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Cases and descriptions."""
    cases, descriptions = (json.loads((folder / f"{name}.json").read_text()) for name in ("Case_topic", "Descriptions"))
    return cases, descriptions


def test_cases_and_descriptions_have_the_keys_of_the_real_files(out: Path, tmp_path: Path) -> None:
    done = exported("medpix", out, tmp_path / "m")
    assert done.left_out == ("1 image of CR: the layout is of CT and MR",)
    cases, descriptions = read(tmp_path / "m")
    assert (len(cases), len(descriptions)) == (3, 8)
    for case in cases:
        assert set(case) == {"U_id", "TAC", "MRI", "Case", "Topic"}
        assert (set(case["Case"]), set(case["Topic"])) == (CASE, TOPIC)
        assert not any([*case["Case"].values(), *case["Topic"].values()])
    for one in descriptions:
        assert set(one) == {"Type", "U_id", "image", "Description", "Location", "Location Category"}
        assert set(one["Description"]) == DESCRIPTION
        assert (one["Description"]["Age"], one["Description"]["Sex"]) == ("61", "female")
        assert one["Description"]["Plane"] == {"CT": "Axial", "MR": "Sagittal"}[one["Type"]]
    assert "Doe" not in "".join(path.read_text() for path in (tmp_path / "m").rglob("*.json*"))


def test_every_image_is_of_one_case_and_is_there(out: Path, tmp_path: Path) -> None:
    exported("medpix", out, tmp_path / "m")
    cases, descriptions = read(tmp_path / "m")
    images = [(case["U_id"], kind, name) for case in cases for kind in ("TAC", "MRI") for name in case[kind]]
    assert sorted(len(case["MRI"]) for case in cases) == [0, 0, 2]
    types = {"TAC": "CT", "MRI": "MR"}
    assert sorted((name, types[kind], case) for case, kind, name in images) == sorted(
        (one["image"], one["Type"], one["U_id"]) for one in descriptions
    )
    assert {name for _, _, name in images} == {path.stem for path in (tmp_path / "m/images").iterdir()}
    assert all(name.startswith(f"{case}_synpic") for case, _, name in images)
    for path in (tmp_path / "m/images").iterdir():
        with Image.open(path) as image:
            assert (image.mode, image.size) == ("RGB", (8, 6))
            pixels = np.asarray(image)
            assert (pixels == pixels[..., :1]).all()


def test_a_case_is_in_one_part(tmp_path: Path) -> None:
    out = converted(tmp_path, slices())
    exported("medpix", out, tmp_path / "m", ratio=parse_ratio("1/1/1"))
    split = tmp_path / "m/splitted_dataset"
    ids = json.loads((split / "uid_list.json").read_text())
    assert set(ids) == {"train", "dev", "test"}
    assert sorted(map(len, ids.values())) == [1, 1, 1]
    cases, descriptions = read(tmp_path / "m")
    for part, [name] in ids.items():
        [case] = [json.loads(line) for line in (split / f"data_{part}.jsonl").read_text().splitlines()]
        assert case["U_id"] == name
        assert set(case["Case"]) == {*CASE, "Treatment & Follow Up", "Discussion", "Media"}
        assert set(case["Topic"]) == {*TOPIC, "Keywords", "Reference", "External Links"}
        found = [json.loads(line) for line in (split / f"descriptions_{part}.jsonl").read_text().splitlines()]
        assert found == [one for one in descriptions if one["U_id"] == name]
    assert {name for [name] in ids.values()} == {case["U_id"] for case in cases}


def test_without_a_split_all_is_for_training(out: Path, tmp_path: Path) -> None:
    exported("medpix", out, tmp_path / "m")
    names = {path.name for path in (tmp_path / "m/splitted_dataset").iterdir()}
    assert names == {"uid_list.json", "data_train.jsonl", "descriptions_train.jsonl"}


def test_texts_are_those_of_the_table(out: Path, tmp_path: Path) -> None:
    rows = [row for row in rows_of(find_containers([out])) if row.modality == "MR"]
    patient, first = rows[0].subject.patient_id, rows[0].sop_instance_uid
    labels = (
        "patient_id,sop_instance_uid,title,Topic.Title,Topic_Category,Discussion,caption,location category,Modality\n"
        f"{patient},,A case,A topic,Tumour,Long,,,\n{patient},{first},,,,,\"Größe, 1 cm\",Head,MR - FLAIR\n"
    )  # fmt: skip
    exported("medpix", out, tmp_path / "m", labels)
    cases, descriptions = read(tmp_path / "m")
    [case] = [one for one in cases if one["MRI"]]
    assert (case["Case"]["Title"], case["Topic"]["Title"], case["Topic"]["Category"]) == ("A case", "A topic", "Tumour")
    assert case["Case"]["Discussion"] == "Long"
    [one] = [one for one in descriptions if one["Description"]["Caption"]]
    assert (one["Description"]["Caption"], one["Location Category"]) == ("Größe, 1 cm", "Head")
    assert one["Description"]["Modality"] == "MR - FLAIR"
    assert {line["file"] for line in lines(tmp_path / "m/images.csv") if line["sop_instance_uid"] == first} == {
        f"images/{one['image']}.png"
    }


def test_a_table_that_says_two_things_of_a_case_is_refused(out: Path, tmp_path: Path) -> None:
    rows = [row for row in rows_of(find_containers([out])) if row.modality == "MR"]
    labels = "sop_instance_uid,History\n" + "".join(f"{row.sop_instance_uid},{n}\n" for n, row in enumerate(rows))
    with pytest.raises(UsageError, match="images of one case differ in Case History"):
        exported("medpix", out, tmp_path / "m", labels)
    with pytest.raises(UsageError, match="no column that medpix takes"):
        exported("medpix", out, tmp_path / "m", labels.replace("History", "colour"))


@pytest.mark.parametrize(("modality", "attributes", "expected"), [
    ("CT", {"ContrastBolusRoute": "IV"}, "CT w/contrast (IV)"),
    ("CT", {"ContrastBolusRoute": "ORAL"}, None),
    ("CT", {}, None),
    ("MR", {"ScanningSequence": "SE", "EchoTime": "90", "RepetitionTime": "3000"}, "MR - T2 weighted"),
    ("MR", {"ScanningSequence": "SE", "EchoTime": "15", "RepetitionTime": "500"}, None),
    ("MR", {"ScanningSequence": ["SE", "IR"], "EchoTime": "90", "RepetitionTime": "9000"}, None),
])  # fmt: skip
def test_how_an_image_was_made_is_said_where_the_header_says_it(
    modality: str, attributes: dict[str, Any], expected: str | None
) -> None:
    assert modality_of(modality, split(make.instance("CT", make.ramp(2, 3), **attributes)).header()) == expected
