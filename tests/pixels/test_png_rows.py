"""A PNG that is written some rows at a time holds the same pixels as one that is written at once."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dicomconv.pixels import png
from dicomconv.pixels.png_rows import encode_rows
from tests import make


@given(rows=st.integers(1, 12), columns=st.integers(1, 9), step=st.integers(1, 12), colour=st.booleans())
def test_the_pixels_are_those_of_the_rows_that_went_in(rows: int, columns: int, step: int, colour: bool) -> None:
    picture = make.ramp(*((rows, columns, 3) if colour else (rows, columns)), dtype="uint8")
    strips = (picture[start : start + step] for start in range(0, rows, step))
    content = b"".join(encode_rows(strips, (rows, columns), (0.5, 0.25)))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)
    assert content[:50] == png.encode(picture, (0.5, 0.25))[:50]  # signature, size, spacing
