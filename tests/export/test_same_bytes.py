"""However many processes draw, an export is the same, byte for byte."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomconv.container.reader import Container
from dicomconv.errors import UsageError, WorkerEnded
from dicomconv.export.layout import Choices
from dicomconv.export.pictures import Look, Shot, Taken, take, take_with
from dicomconv.export.rows import rows_of
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from dicomconv.render import parse_window
from tests.export import made

LAYOUTS = ("png", "jpeg", "tiff", "medpix", "stylegan", "coco", "yolo", "voc", "png-masks", "medsegbench")
SPLIT = {"medsegbench"}


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three series of sixty slices: more than a job has pictures; annotated on the first three."""
    return made.annotated(tmp_path_factory.mktemp("many"), patients=3, count=60)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_process_and_three_write_the_same(layout: str, containers: list[Path], tmp_path: Path) -> None:
    asked = Asked(ratio=parse_ratio("1/1/1") if layout in SPLIT else None)
    for jobs in (1, 3):
        export(layout, containers, tmp_path / str(jobs), Choices(jobs=jobs), asked)
    assert files(tmp_path / "1") == files(tmp_path / "3")
    assert len(files(tmp_path / "1")) > 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_error_in_a_process_ends_the_export_and_leaves_nothing(tmp_path: Path) -> None:
    """A picture with more objects than VOC has room for: told by the process that drew it."""
    [path] = made.converted(tmp_path, made.patient(0, count=60, rows=64, columns=64))
    made.annotate(path, regions=made.checkered(64, 64), shapes=())
    with pytest.raises(UsageError, match="more than 254 objects"):
        export("voc", [path], tmp_path / "voc", Choices(jobs=2), Asked())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out"]


class Ends:
    """What is made beside a picture: the process that draws the tenth one ends itself, as often as is said."""

    def __init__(self, folder: Path, number: int, times: int) -> None:
        self.folder, self.number, self.times = folder, number, times

    def __call__(self, container: Container) -> Callable[[Taken], str]:
        return self.made

    def made(self, taken: Taken) -> str:
        ended = len(list(self.folder.iterdir()))
        if taken.shot.file.startswith("10.") and ended < self.times:
            (self.folder / str(ended)).touch()
            os.kill(os.getpid(), self.number)
        return taken.shot.file


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are not watched here")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_somebody_ends_is_followed_by_another(
    containers: list[Path], tmp_path: Path, number: signal.Signals
) -> None:
    shots = [Shot(row, f"{place}.png") for place, row in enumerate(rows_of(containers))]
    look = Look(parse_window("file"))
    (tmp_path / "ended").mkdir()
    found = take_with(shots, look, tmp_path / "out", 2, Ends(tmp_path / "ended", number, times=1))
    assert [made for _, made in found] == [shot.file for shot in shots]
    assert take(shots, look, tmp_path / "alone", 1) == [taken for taken, _ in found]
    assert files(tmp_path / "out") == files(tmp_path / "alone")
    with pytest.raises(WorkerEnded):
        take_with(shots, look, tmp_path / "never", 2, Ends(tmp_path / "ended", number, times=9))
