"""docs/annotating.md: every command of the page is run, in its order, and says what the page shows."""

import os
import shutil
import sys
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from tests.make_annotated import annotated
from tests.make_docs import ROOT
from tests.test_docs import Shown, blocks, environment, is_like, run, shown_in

TEXT = (ROOT / "docs/annotating.md").read_text(encoding="utf-8")
COMMANDS = shown_in(TEXT)

pytest.importorskip("highdicom", reason="the page writes segmentations: dicomconv[seg]")
pytest.importorskip("scipy", reason="the page compares annotators: dicomconv[annotate]")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the page's commands are for a POSIX shell")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Shown], str]:
    """A folder in which the page was followed to its end; its commands with what came of them; what its Python said."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    [labels] = blocks("toml", TEXT)
    (folder / "labels.toml").write_text(labels, encoding="utf-8")
    env = environment(folder / "bin")
    (folder / "bin/python").symlink_to(sys.executable)
    for shown in COMMANDS:
        done = run(["sh", "-c", shown.command], folder, env)
        shown.came, shown.came_exit_code = done.stdout, done.returncode
    [code] = blocks("python", TEXT)
    return folder, COMMANDS, run([sys.executable, "-W", "error", "-c", code], folder, env).stdout


@pytest.mark.parametrize("index", range(len(COMMANDS)), ids=[shown.command for shown in COMMANDS])
def test_the_pages_commands_do_what_it_shows(desk: tuple[Path, list[Shown], str], index: int) -> None:
    shown = desk[1][index]
    assert (shown.came_exit_code, is_like(shown.output, shown.came)) == (shown.exit_code, True), shown.came


def test_the_pages_python_runs(desk: tuple[Path, list[Shown], str]) -> None:
    assert "uint8 3710 pixels of liver" in desk[2]


def test_what_comes_back_refers_to_the_hospitals_own_slices(desk: tuple[Path, list[Shown], str]) -> None:
    folder = desk[0]
    originals = {(one := pydicom.dcmread(path, stop_before_pixels=True)).SOPInstanceUID: one
                 for path in (folder / "sample_data/study").rglob("IM*")}  # fmt: skip
    for place in ("back", "hospital/annotations"):
        for path in (folder / place).rglob("*.dcm"):
            back = pydicom.dcmread(path)
            referred = {
                item.ReferencedSOPInstanceUID
                for frame in back.PerFrameFunctionalGroupsSequence
                for item in frame.DerivationImageSequence[0].SourceImageSequence
            }
            assert len(referred) == 2
            for uid in referred:
                ours = originals[uid]
                assert (back.PatientID, back.StudyInstanceUID) == (ours.PatientID, ours.StudyInstanceUID)
                assert back.FrameOfReferenceUID == ours.FrameOfReferenceUID


def test_the_pages_picture_is_what_comes_of_it() -> None:
    with Image.open(ROOT / "docs/images/annotated.png") as image:
        assert image.convert("RGB").tobytes() == annotated().tobytes(), "run `python -m tests.make_docs`"
