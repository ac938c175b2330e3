"""Pyramids of whole slides made up. Imports nothing of dicomconv."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import make, slides

TILE = (64, 64)
LARGE = np.kron(np.random.default_rng(3).integers(0, 256, (6, 9, 3), np.uint8), np.ones((25, 25, 1), np.uint8))
SMALL = np.ascontiguousarray(LARGE[::2, ::2])


def level(number: int, slide: int = 0, matrix: NDArray[Any] | None = None, **changes: Any) -> bytes:
    """A level of the pyramid of a patient's slide; the largest is 1."""
    measures = {"PixelSpacing": [str(0.0005 * number)] * 2, "SliceThickness": "0.001"}
    said: dict[str, Any] = {
        "InstanceNumber": number,
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"] if number == 1 else ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"],
        "SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [measures]}],
        "ImagedVolumeWidth": 0.1125, "ImagedVolumeHeight": 0.075, "FrameOfReferenceUID": make.uid(f"slide {slide}"),
        "SeriesInstanceUID": make.uid(f"slide series {slide}"), "StudyInstanceUID": make.uid(f"slide study {slide}"),
        "PatientID": f"S{slide}",
    }  # fmt: skip
    pixels = matrix if matrix is not None else LARGE if number == 1 else SMALL
    return slides.slide(pixels, TILE, **said | changes)


def pyramid(slide: int = 0, **changes: Any) -> dict[str, bytes]:
    """The files of a slide of two levels."""
    return {f"slide {slide}/level_{number}.dcm": level(number, slide, **changes) for number in (1, 2)}
