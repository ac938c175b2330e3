"""What layouts with annotations take, and what they have no room for."""

from collections.abc import Iterable

from dicomconv.export.layout import Option
from dicomconv.export.ledger import Loss
from dicomconv.export.pictures import Look

TAKES: frozenset[Option] = frozenset({"window", "size", "annotations", "labels", "split"})


def losses(count: int, look: Look) -> tuple[Loss, ...]:
    """Of so many pictures."""
    grey = Loss("bits", f"a window turned values into {look.depth} bits of grey", count)
    geometry = Loss("geometry", "pictures do not say where they lie in the patient", count)
    if not look.size:
        return grey, geometry
    says = f"resampled to {look.size} x {look.size}, aspect kept; masks by the nearest pixel"
    return grey, geometry, Loss("resolution", says, count)


def outlines_lost(count: int) -> tuple[Loss, ...]:
    """Where only boxes are kept, of pictures that have more."""
    return (Loss("geometry", "of masks and polygons only the boxes around them are kept", count),) if count else ()


def overlaps_lost(several: Iterable[int]) -> tuple[Loss, ...]:
    """Where a pixel has one label only. `several`: of each picture, how many pixels several labels claim."""
    counts = [count for count in several if count]
    pixels, images = sum(counts), len(counts)
    says = f"{pixels} pixels that several labels claim have the one of the smallest value"
    return (Loss("resolution", says, images),) if pixels else ()
