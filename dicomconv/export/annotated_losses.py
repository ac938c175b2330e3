"""What layouts with annotations take, and what they have no room for."""

from collections.abc import Iterable, Sequence

from dicomconv.export.layout import Option
from dicomconv.export.ledger import Loss
from dicomconv.export.picture_losses import picture_losses
from dicomconv.export.pictures import Look, Taken

TAKES: frozenset[Option] = frozenset({"window", "size", "annotations", "labels", "split"})


def losses(drawn: Sequence[Taken], look: Look) -> tuple[Loss, ...]:
    """Of the pictures."""
    geometry = Loss("geometry", "pictures do not say where they lie in the patient", len(drawn))
    return (*picture_losses(drawn, look, "; masks by the nearest pixel"), geometry)


def outlines_lost(count: int) -> tuple[Loss, ...]:
    """Where only boxes are kept, of pictures that have more."""
    return (Loss("geometry", "of masks and polygons only the boxes around them are kept", count),) if count else ()


def overlaps_lost(several: Iterable[int]) -> tuple[Loss, ...]:
    """Where a pixel has one label only. `several`: of each picture, how many pixels several labels claim."""
    counts = [count for count in several if count]
    pixels, images = sum(counts), len(counts)
    says = f"{pixels} pixels that several labels claim have the one of the smallest value"
    return (Loss("resolution", says, images),) if pixels else ()
