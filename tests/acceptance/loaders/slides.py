"""Whole slides in DICOM as OpenSlide (4 and newer) and wsidicom read them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Level:
    """A level of a pyramid: its pixels (rows, columns, 3) of uint8, and the size of one in micrometres (x, y)."""

    pixels: NDArray[np.uint8]
    spacing_um: tuple[float, float]


def load_with_openslide(folder: Path) -> list[Level]:
    """Every level that OpenSlide finds, given one file of the folder; the largest first."""
    import openslide

    with openslide.OpenSlide(str(min(folder.glob("*.dcm")))) as slide:
        x, y = (float(slide.properties[f"openslide.mpp-{axis}"]) for axis in "xy")
        return [
            Level(np.asarray(slide.read_region((0, 0), level, size).convert("RGB")), (x * down, y * down))
            for level, (size, down) in enumerate(zip(slide.level_dimensions, slide.level_downsamples, strict=True))
        ]


def associated_with_openslide(folder: Path) -> set[str]:
    """The names of the images beside the pyramid that OpenSlide finds: label, macro, thumbnail."""
    import openslide

    with openslide.OpenSlide(str(min(folder.glob("*.dcm")))) as slide:
        return set(slide.associated_images)


def load_with_wsidicom(folder: Path) -> list[Level]:
    """Every level that wsidicom finds in the files of a folder, all of one Frame of Reference; the largest first."""
    from wsidicom import WsiDicom
    from wsidicom.config import Settings

    with WsiDicom.open(folder, settings=Settings(strict_uid_check=True)) as slide:
        return [
            Level(
                np.asarray(slide.read_region((0, 0), level.level, (level.size.width, level.size.height))),
                (level.mpp.width, level.mpp.height),
            )
            for level in slide.levels
        ]
