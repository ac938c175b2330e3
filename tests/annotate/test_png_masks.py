"""Folders of PNG masks, all the way onto the stored pixels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.pipeline.annotate.bring import Choices, Imported, import_annotations
from tests.trip import SERIES, Desk, desk, order, truth

COLORS = {1: (0, 255, 0), 2: (255, 0, 0)}
Writer = Callable[[Desk, Path], Path]


def brought(one: Desk, *files: Path, **choices: Any) -> Imported:
    """An import into OUT under the name `a`."""
    return import_annotations(files, one.out, Choices(**{"labels": one.labels, "name": "a", **choices}))


def values(frame: int) -> np.ndarray[Any, Any]:
    """A label map of one frame."""
    drawn = truth()
    return (drawn[1][frame] + 2 * drawn[2][frame]).astype(np.uint8)


def in_grey(one: Desk, folder: Path) -> Path:
    for frame, png in order(one):
        Image.fromarray(values(frame)).save(folder / png.name)
    return folder


def in_a_palette(one: Desk, folder: Path) -> Path:
    for frame, png in order(one):
        image = Image.fromarray(values(frame), "P")
        image.putpalette([9, 9, 9, 1, 2, 3, 4, 5, 6])
        image.save(folder / png.name)
    return folder


def in_colour(one: Desk, folder: Path) -> Path:
    colors = np.array([(0, 0, 0), COLORS[1], COLORS[2]], np.uint8)
    for frame, png in order(one):
        Image.fromarray(colors[values(frame)]).save(folder / png.name)
    return folder


def in_a_folder_each(one: Desk, folder: Path) -> Path:
    for label, name in ((1, "Liver"), (2, "2")):
        (folder / name).mkdir()
        for frame, png in order(one):
            Image.fromarray(np.where(truth()[label][frame], 255, 0).astype(np.uint8)).save(folder / name / png.name)
    return folder


def as_voc(one: Desk, folder: Path) -> Path:
    (folder / "labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:9,9,9::\nliver:7,8,9::\nring:1,1,1::\n")
    (folder / "SegmentationClass").mkdir()
    colors = np.array([(9, 9, 9), (7, 8, 9), (1, 1, 1)], np.uint8)
    for frame, png in order(one):
        Image.fromarray(colors[values(frame)]).convert("P", palette=Image.Palette.ADAPTIVE).save(
            folder / "SegmentationClass" / png.name
        )
    return folder


def in_16_bits(one: Desk, folder: Path) -> Path:
    for frame, png in order(one):
        Image.fromarray(values(frame).astype(np.uint16)).save(folder / png.name)
    return folder


def with_alpha(one: Desk, folder: Path) -> Path:
    """Painted over nothing: what was not touched is transparent, whatever colour is below."""
    colors = np.array([(0, 255, 0, 0), (*COLORS[1], 255), (*COLORS[2], 255)], np.uint8)
    for frame, png in order(one):
        Image.fromarray(colors[values(frame)]).save(folder / png.name)
    return folder


def voc_indices_with_a_border(one: Desk, folder: Path) -> Path:
    """Values of labels in a palette, with 255 where nobody is sure."""
    (folder / "SegmentationClass").mkdir()
    for frame, png in order(one):
        indices = values(frame)
        indices[0, indices[0] == 0] = 255
        image = Image.fromarray(indices, "P")
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, *[9] * 759])
        image.save(folder / "SegmentationClass" / png.name)
    return folder


WAYS: list[Writer] = [
    in_16_bits, with_alpha, voc_indices_with_a_border, in_grey, in_a_palette, in_colour, in_a_folder_each, as_voc,
]  # fmt: skip


@pytest.mark.parametrize("files", SERIES.values(), ids=SERIES)
@pytest.mark.parametrize("write", WAYS)
def test_masks_come_back_pixel_by_pixel(
    tmp_path: Path, key: Path, write: Writer, files: Callable[[], list[bytes]]
) -> None:
    one = desk(tmp_path, key, files())
    (tmp_path / "masks").mkdir()
    done = brought(one, write(one, tmp_path / "masks"), annotator="reviewer-a")
    assert (done.problems, [added.frames for added in done.sets]) == ((), [5])
    found = one.masks("a")
    assert all(np.array_equal(found[label], mask) for label, mask in truth().items())
    stored = one.container.annotations["a"]
    assert (stored.annotator, stored.origin, stored.algorithm) == ("reviewer-a", "png", "MANUAL")
    assert len(stored.seen) == 5
