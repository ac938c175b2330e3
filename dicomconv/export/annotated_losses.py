"""What layouts with annotations take, and what they have no room for."""

from dicomconv.export.annotated import Annotated
from dicomconv.export.layout import Option
from dicomconv.export.ledger import Loss
from dicomconv.export.pictures import Look

TAKES: frozenset[Option] = frozenset({"window", "size", "annotations", "labels", "split"})


def losses(found: Annotated, look: Look) -> tuple[Loss, ...]:
    """Of the pictures."""
    count = len(found.taken)
    grey = Loss("bits", f"a window turned values into {look.depth} bits of grey", count)
    geometry = Loss("geometry", "pictures do not say where they lie in the patient", count)
    if not look.size:
        return grey, geometry
    says = f"resampled to {look.size} x {look.size}, aspect kept; masks by the nearest pixel"
    return grey, geometry, Loss("resolution", says, count)


def outlines_lost(found: Annotated) -> tuple[Loss, ...]:
    """Where only boxes are kept."""
    count = sum(any(one.kind != "box" for one in drawn) for drawn in found.drawn)
    return (Loss("geometry", "of masks and polygons only the boxes around them are kept", count),) if count else ()


def overlaps_lost(pixels: int, images: int) -> tuple[Loss, ...]:
    """Where a pixel has one label only."""
    says = f"{pixels} pixels that several labels claim have the one of the smallest value"
    return (Loss("resolution", says, images),) if pixels else ()
