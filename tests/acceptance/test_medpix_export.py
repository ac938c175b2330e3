"""MedPix 2.0 that dicomconv exported, as HuggingFace's datasets reads it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from dicomconv.export.rows import rows_of
from dicomconv.pipeline.found import find_containers
from tests.acceptance.loaders.tables import load_with_datasets
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export.test_medpix import CASE, DESCRIPTION, TOPIC, slices
from tests.make import write
from tests.outputs import key_file

pytestmark = pytest.mark.acceptance
CASE_OF_LINES = {*CASE, "Treatment & Follow Up", "Discussion", "Media"}  # the key sets of the real files
TOPIC_OF_LINES = {*TOPIC, "Keywords", "Reference", "External Links"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of three cases, by the command line, with texts of a table on one of them, in three parts."""
    tmp = tmp_path_factory.mktemp("medpix")
    write(tmp / "in", {f"{number}.dcm": content for number, content in enumerate(slices())})
    words = ("--option", "retain-patient-characteristics", "--key", key_file(tmp / "key"))
    assert call("convert", tmp / "in", "-o", tmp / "out", *words).exit_code == 0
    study = next(row.study_instance_uid for row in rows_of(find_containers([tmp / "out"])) if row.modality == "MR")
    (tmp / "labels.csv").write_text(f"study_instance_uid,History,Caption,Location\n{study},Pain,A slice,Liver\n")
    done = call(
        "export", "medpix", tmp / "out", "-o", tmp / "medpix", "--labels", tmp / "labels.csv", "--split", "1/1/1", "--check"
    )
    assert "datasets load_dataset, 3 cases with 8 images" in done.output, done.output
    return tmp / "medpix"


@proves("medpix", "datasets")
def test_datasets_reads_cases_and_descriptions_of_ours(folder: Path, tmp_path: Path) -> None:
    split = folder / "splitted_dataset"
    ids = json.loads((split / "uid_list.json").read_text(encoding="utf-8"))
    for kind in ("data", "descriptions"):
        files = {part: split / f"{kind}_{part}.jsonl" for part in ids}
        found = {part: load_with_datasets({part: file}, tmp_path)[part] for part, file in files.items()}
        for part, rows in found.items():
            assert {row["U_id"] for row in rows} == set(ids[part])
            assert rows == [json.loads(line) for line in files[part].read_text(encoding="utf-8").splitlines()]
            for row in rows:
                if kind == "data":
                    assert (set(row["Case"]), set(row["Topic"])) == (CASE_OF_LINES, TOPIC_OF_LINES)
                    for name in (*row["TAC"], *row["MRI"]):
                        assert pixels(folder, name).shape == (6, 8, 3)
                else:
                    assert set(row) == {"Type", "U_id", "image", "Description", "Location", "Location Category"}
                    assert set(row["Description"]) == DESCRIPTION
                    assert row["Location"] in (None, "Liver")
    assert len({name for names in ids.values() for name in names}) == 3


@proves("medpix", "datasets")
def test_datasets_reads_all_parts_in_one_call(folder: Path, tmp_path: Path) -> None:
    split = folder / "splitted_dataset"
    found = load_with_datasets({part: split / f"descriptions_{part}.jsonl" for part in ("train", "dev", "test")}, tmp_path)
    rows = [row for some in found.values() for row in some]
    assert {row["Location"] for row in rows} == {None, "Liver"}
    assert {row["image"] for row in rows} == {path.stem for path in (folder / "images").iterdir()}
    cases = load_with_datasets({part: split / f"data_{part}.jsonl" for part in ("train", "dev", "test")}, tmp_path)
    assert sorted(row["Case"]["History"] or "" for some in cases.values() for row in some) == ["", "", "Pain"]


def pixels(folder: Path, name: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with Image.open(folder / "images" / f"{name}.png") as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def test_check_refuses_an_export_that_lost_a_picture(folder: Path) -> None:
    lost = next((folder / "images").iterdir())
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(CheckFailed, match="the pictures are not those that the cases have"):
        check("medpix", folder)
    lost.write_bytes(content)
