"""However many processes draw, an export is the same, byte for byte."""

from pathlib import Path

import pytest

from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
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
