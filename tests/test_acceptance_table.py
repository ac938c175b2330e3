"""The table of proofs counts as done only what was run and passed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.table import BEGIN, END, EXPECTED, PAGE, Proof, proves, result, rows, with_table

ROOT = Path(__file__).parents[1]

LAYOUTS = {
    "nih-chestxray14", "mimic-cxr", "mimic-cxr-jpg", "chexpert", "medpix", "medmnist", "medsegbench", "msd", "nnunet", "amos",
    "brats", "isic", "wsi", "scapis", "stylegan", "coco", "yolo", "voc", "png-masks", "nifti", "nrrd", "seg.nrrd", "mha", "jpeg",
    "tiff",
}  # fmt: skip


@pytest.mark.parametrize(("outcomes", "told"), [
    ([], "not done: no test of it"),
    (["passed"], "read (1 test)"),
    (["passed", "passed"], "read (2 tests)"),
    (["passed", "skipped"], "not done: skipped"),
    (["passed", "skipped", "failed"], "**fails**"),
])  # fmt: skip
def test_only_what_passed_is_done(outcomes: list[str], told: str) -> None:
    assert result(outcomes) == told


def test_every_layout_is_in_the_table_whether_proved_or_not() -> None:
    assert {proof.layout for proof in EXPECTED} == LAYOUTS
    told = rows({EXPECTED[0]: ["passed"], Proof("more", "load", "numpy"): ["skipped"]}, "2026-01-02")[2:]
    assert len(told) == len(EXPECTED) + 1
    assert [line.endswith("| 2026-01-02 | read (1 test) |") for line in told] == [True] + [False] * len(EXPECTED)
    assert told[-1].endswith("| 2026-01-02 | not done: skipped |")


def test_a_table_takes_the_place_of_the_one_before() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_table(page, ["new"]) == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert with_table(with_table(page, ["old"]), ["new"]) == with_table(page, ["new"])
    with pytest.raises(ValueError, match="once"):
        with_table("no marks", [])


def test_the_page_has_a_table_with_a_row_for_each() -> None:
    told = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert re.findall(r"^\| ([^|]+?) \|", told, re.MULTILINE)[1:] == [proof.layout for proof in EXPECTED]


def test_a_mark_names_one_proof_of_the_table() -> None:
    mark = proves("msd", "monai").mark
    assert Proof(**mark.kwargs) in EXPECTED
    assert proves("medmnist", "medmnist", "MedMNIST3D").mark.kwargs["loader"] == "MedMNIST3D"
    for named in (("msd", "nnunetv2"), ("medmnist", "medmnist"), ("msd", "monai", "another")):
        with pytest.raises(ValueError, match="not one"):
            proves(*named)


PROOFS = """
import pytest
from tests.acceptance.table import proves

pytestmark = pytest.mark.acceptance

@proves("msd", "monai")
def test_passes(): pass

@proves("coco", "pycocotools")
@proves("yolo", "datumaro")
def test_fails(): assert False

@proves("voc", "datumaro")
def test_is_skipped(): pytest.skip("no loader")

def test_of_a_loader_alone(): pass
"""


def test_a_run_keeps_the_outcome_of_every_proof(tmp_path: Path) -> None:
    (tmp_path / "test_made.py").write_text(PROOFS, encoding="utf-8")
    words = ["-q", "-m", "acceptance", "-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", str(tmp_path)]
    told = f"""if True:
        import pytest
        from tests.acceptance.__main__ import Outcomes
        outcomes = Outcomes()
        code = pytest.main({words!r}, plugins=[outcomes])
        print({{proof.layout: found for proof, found in outcomes.found.items()}}, int(code))"""
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == str(
        {"msd": ["passed"], "yolo": ["failed"], "coco": ["failed"], "voc": ["skipped"]}) + " 1"  # fmt: skip
