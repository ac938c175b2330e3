"""Made-up series that are volumes: oblique, anisotropic, shuffled, flipped, multi-frame. Imports nothing of dicomconv."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import make

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, 0.8)
SPACING = (0.7, 1.3)  # between rows, between columns
STEP = 2.9
SHUFFLE = (3, 0, 4, 1, 2)


def normal(orientation: tuple[float, ...]) -> NDArray[np.float64]:
    return np.cross(orientation[:3], orientation[3:])


def plane(number: int, orientation: tuple[float, ...], step: float = STEP, **values: Any) -> dict[str, Any]:
    """Where slice `number` lies, and its order in the series."""
    position = np.array([-17.25, 31.5, 200.125]) + number * step * normal(orientation)
    return {
        "InstanceNumber": SHUFFLE[number % len(SHUFFLE)] + 1 + len(SHUFFLE) * (number // len(SHUFFLE)),
        "ImagePositionPatient": [f"{part:.10f}"[:16] for part in position],
        "ImageOrientationPatient": [f"{part:.10f}"[:16] for part in orientation],
        "PixelSpacing": [f"{part:g}" for part in SPACING],
        "SliceThickness": f"{step:g}",
        "FrameOfReferenceUID": make.uid("frame of reference"),
        "SeriesDescription": "series",
        **values,
    }


def pixels(number: int, rows: int = 9, columns: int = 12, dtype: str = "int16") -> NDArray[Any]:
    """Pixels of slice `number`: all differ, within and between slices."""
    return (np.arange(rows * columns).reshape(rows, columns) + 200 * number).astype(dtype)


def slices(
    kind: str = "CT", orientation: tuple[float, ...] = OBLIQUE, count: int = 5, dtype: str = "int16", **values: Any
) -> list[bytes]:
    """A series of single slices, in an order that is not that of their places."""
    files = [
        make.instance(kind, pixels(number, dtype=dtype), **plane(number, orientation, **values))
        for number in range(count)
    ]
    return files[1::2] + files[::2]


def multiframe(count: int = 5, orientation: tuple[float, ...] = OBLIQUE) -> list[bytes]:
    """An enhanced MR whose frames stand in another order than they lie."""
    numbers = SHUFFLE[:count]
    planes = [plane(number, orientation) for number in numbers]
    groups = [
        {
            "FrameContentSequence": [{"StackID": "1", "InStackPositionNumber": number + 1}],
            "PlanePositionSequence": [{"ImagePositionPatient": one["ImagePositionPatient"]}],
        }
        for number, one in zip(numbers, planes, strict=True)
    ]  # fmt: skip
    shared = {
        "PlaneOrientationSequence": [{"ImageOrientationPatient": planes[0]["ImageOrientationPatient"]}],
        "PixelMeasuresSequence": [{"PixelSpacing": planes[0]["PixelSpacing"], "SliceThickness": f"{STEP:g}"}],
        "PixelValueTransformationSequence": [{"RescaleSlope": "1", "RescaleIntercept": "0", "RescaleType": "US"}],
    }
    content = np.stack([pixels(number, dtype="uint16") for number in numbers])
    return [
        make.instance(
            ENHANCED_MR, content, Modality="MR", PerFrameFunctionalGroupsSequence=groups,
            SharedFunctionalGroupsSequence=[shared], FrameOfReferenceUID=make.uid("frame of reference"),
            ImageType=["ORIGINAL", "PRIMARY", "M", "NONE"],
        )
    ]  # fmt: skip


def folder(path: Path, files: list[bytes]) -> Path:
    """The files in a folder."""
    return make.write(path, {f"{number}.dcm": content for number, content in enumerate(files)})


SERIES = {
    "oblique CT": lambda: slices(),
    "flipped MR": lambda: slices("MR", (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0), dtype="uint16"),
    "sagittal MR": lambda: slices("MR", (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), dtype="uint16"),
    "backward CT": lambda: slices(orientation=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0), RescaleSlope="0.5", RescaleIntercept="-1000.5"),
    "CT of odd slope": lambda: slices(RescaleSlope="0.1", RescaleIntercept="-1000"),
    "big-endian CT": lambda: slices(syntax=make.BIG_ENDIAN),
    "multi-frame MR": lambda: multiframe(),
}  # fmt: skip
