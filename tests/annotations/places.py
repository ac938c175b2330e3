"""What readers give, put onto a picture: as the import does, but without the package."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Drawn, Fault
from dicomconv.shapes import rasterised


def drawn(found: Iterable[object]) -> list[Drawn]:
    """All that is read; there is no fault among it."""
    listed = list(found)
    assert not [one for one in listed if isinstance(one, Fault)]
    return [one for one in listed if isinstance(one, Drawn)]


def faults(found: Iterable[object]) -> list[tuple[str, str]]:
    """Place and reason of what cannot be read."""
    return [(one.place, one.reason) for one in found if isinstance(one, Fault)]


def on_picture(found: Iterable[Drawn], rows: int, columns: int) -> NDArray[np.bool_]:
    """The pixels of a picture that anything covers."""
    picture = np.zeros((rows, columns), bool)
    for one in found:
        if one.mask is not None:
            (left, top), (high, wide) = one.offset, one.mask.shape
            picture[top : top + high, left : left + wide] |= one.mask
        elif one.kind == "polygon":
            picture |= rasterised(one.in_pixels(columns, rows).rings, rows, columns)
    return picture
