"""Series that are converted, and what is drawn on them: sources, containers, masks, sets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dicomconv import convert
from dicomconv.annotation import AnnotationSet, Code, FrameKey, Label, Region
from dicomconv.container.reader import Container
from tests import make, outputs

ORGAN = Code("123037004", "SCT", "Anatomical Structure")
LESION = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LABELS = (
    Label("liver", 1, (200, 30, 40), ORGAN, Code("10200004", "SCT", "Liver")),
    Label("kidney", 7, (20, 130, 40), ORGAN, Code("64033007", "SCT", "Kidney"), Code("7771000", "SCT", "Left")),
    Label("Läsion", 3, (20, 30, 240), LESION, Code("4147007", "SCT", "Mass")),
)
OBLIQUE = np.array([[0.8, 0.6, 0.0], [-0.36, 0.48, 0.8]])
SPACING = (0.7, 1.3)
ROWS, COLUMNS = 24, 31


def oblique(number: int, *, step: float = 2.5) -> list[str]:
    """Where a slice of the oblique series lies: two are missing behind the fifth."""
    along = np.cross(*OBLIQUE) * (step * number + (5.0 if number > 4 else 0.0))
    return [f"{value:.6f}" for value in np.array([-12.5, 33.25, 7.125]) + along]


def oblique_ct(count: int = 8) -> dict[str, bytes]:
    """A shuffled CT: oblique, anisotropic, with a gap; its numbers and names follow another order than its places."""
    files = {}
    for number in range(count):
        shuffled = number * 5 % count
        files[f"f{shuffled}.dcm"] = make.instance(
            "CT",
            1000 + number + make.ramp(ROWS, COLUMNS),
            InstanceNumber=shuffled + 1,
            ImagePositionPatient=oblique(number),
            ImageOrientationPatient=[f"{value:g}" for value in OBLIQUE.ravel()],
            PixelSpacing=[f"{value:g}" for value in SPACING],
        )
    return files


def converted(folder: Path, files: dict[str, bytes], **choices: object) -> Container:
    """The container of a series, in a folder of its own."""
    source = make.write(folder / "in", files)
    convert(source, folder / "out", **choices)
    (path,) = outputs.containers(folder / "out")
    return Container(path)


def ring(rows: int, columns: int, row: float, column: float) -> np.ndarray:
    """A ring of pixels around a place."""
    away = np.hypot(*(np.mgrid[:rows, :columns] - np.array([row, column])[:, None, None]))
    return (away < 7) & (away > 3)


def drawn(
    container: Container, mask: Callable[[int, int, int], np.ndarray] | None = None, **more: object
) -> AnnotationSet:
    """Two labels on the frames of the first stack, the first and the last left empty: a ring, and a lone pixel."""
    count, rows, columns = container.stacks[0].shape[:3]
    regions = []
    for frame in range(count):
        if 0 < frame < count - 1 or count == 1:
            shape = mask(frame, rows, columns) if mask else ring(rows, columns, 10 + frame / 2, 15)
            lone = np.zeros((rows, columns), bool)
            lone[frame % rows, 0] = lone[rows - 1, columns - 1] = True
            regions += [Region(FrameKey(0, frame), 1, shape), Region(FrameKey(0, frame), 7, lone)]
    seen = frozenset(FrameKey(0, frame) for frame in range(count))
    facts = {"algorithm": "MANUAL", **more}
    return AnnotationSet(
        "reviewer-a", "reader 1", "test", ("00" * 32,), facts["algorithm"], LABELS, seen, tuple(regions)
    )


def enhanced_mr(frames: int = 4, **attributes: object) -> bytes:
    """A multi-frame MR whose frames stand in no order, with rows that run from left to right and upwards."""
    shared = [{
        "PixelMeasuresSequence": [{"PixelSpacing": ["0.9", "1.1"], "SliceThickness": "3"}],
        "PlaneOrientationSequence": [{"ImageOrientationPatient": ["-1", "0", "0", "0", "0", "1"]}],
        "PixelValueTransformationSequence": [{"RescaleSlope": "1", "RescaleIntercept": "0", "RescaleType": "US"}],
    }]  # fmt: skip
    each = [
        {"PlanePositionSequence": [{"ImagePositionPatient": ["40", f"{-3.0 * (number * 3 % frames):g}", "-20"]}]}
        for number in range(frames)
    ]
    return make.instance(
        "1.2.840.10008.5.1.4.1.1.4.1",
        make.ramp(frames, ROWS, COLUMNS),
        Modality="MR",
        FrameOfReferenceUID=make.uid("frame of reference"),
        PositionReferenceIndicator="",
        SharedFunctionalGroupsSequence=shared,
        PerFrameFunctionalGroupsSequence=each,
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        **attributes,
    )
