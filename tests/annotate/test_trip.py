"""The whole trip of an annotation: PNG out, drawn on, back onto the stored pixels, in every format and on every series."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dicomconv.pipeline.annotate.hand_out import Handing, export_tasks
from tests.annotate import files
from tests.annotate.test_png_masks import brought, in_grey
from tests.trip import SERIES, Desk, desk, truth

Writer = Callable[[Desk, Path], Path]
EXACT: list[Writer] = [files.coco_runs, files.cvat, files.label_studio, files.coco_polygons, files.labelme]
VOLUMES: list[Writer] = [files.nifti, files.turned_nifti]
PLACED = {name: made for name, made in SERIES.items() if name != "multi-frame"}


def check(tmp_path: Path, key: Path, made: Callable[[], list[bytes]], write: Writer) -> Desk:
    """Import what a writer made, and compare every pixel: outlines along the edges of pixels are exact too."""
    one = desk(tmp_path, key, made())
    (tmp_path / "tool").mkdir()
    done = brought(one, write(one, tmp_path / "tool"))
    assert done.problems == ()
    found = one.masks("a")
    assert {label: np.array_equal(found[label], mask) for label, mask in truth().items()} == {1: True, 2: True}
    assert len(one.container.annotations["a"].seen) == 5
    return one


@pytest.mark.parametrize("made", SERIES.values(), ids=SERIES)
@pytest.mark.parametrize("write", EXACT)
def test_every_pixel_comes_back(tmp_path: Path, key: Path, write: Writer, made: Callable[[], list[bytes]]) -> None:
    one = check(tmp_path, key, made, write)
    said = one.path.read_bytes()
    assert not any(word in said for word in (b"jroe", b"jane", b"example.org"))


@pytest.mark.parametrize("made", PLACED.values(), ids=PLACED)
@pytest.mark.parametrize("write", VOLUMES)
def test_every_voxel_comes_back(tmp_path: Path, key: Path, write: Writer, made: Callable[[], list[bytes]]) -> None:
    pytest.importorskip("nibabel")
    check(tmp_path, key, made, write)


@pytest.mark.parametrize("size", [None, 50], ids=["stored", "square"])
@pytest.mark.parametrize("tool", ["coco", "cvat", "label-studio", "labelme"])
def test_what_is_handed_out_comes_back(tmp_path: Path, key: Path, tool: str, size: int | None) -> None:
    one = desk(tmp_path, key, SERIES["flipped MR"](), **({"size": size} if size else {}))
    (tmp_path / "masks").mkdir()
    masks = in_grey(one, tmp_path / "masks")
    brought(one, masks, allow_resampled=size is not None)
    done = export_tasks(one.out, Handing(tool, name="a"))
    assert (done.pictures, done.left_out) == (5, 0)
    names = {"coco": "coco.json", "cvat": "annotations.xml", "label-studio": "tasks.json", "labelme": "."}
    back = brought(one, done.folder / names[tool], name="b", labels=None)
    assert back.problems == ()
    before, after = one.masks("a"), one.masks("b")
    assert {label: np.array_equal(mask, after[label]) for label, mask in before.items()} == {1: True, 2: True}

