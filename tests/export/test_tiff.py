"""TIFF files of ours as Pillow reads them, and colour of 16 bits, which it does not read, by its bytes."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dicomconv.export.tiff import encode


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(), (3,)]), st.integers(0, 99))
def test_pillow_reads_what_was_written(rows: int, columns: int, colour: tuple[int, ...], seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (rows, columns, *colour), np.uint8)
    with Image.open(io.BytesIO(encode(image, (0.5, 0.25)))) as found:
        assert np.array_equal(np.asarray(found), image)
        assert found.tag_v2[296] == 3
        assert (float(found.tag_v2[282]), float(found.tag_v2[283])) == (40, 20)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_pillow_reads_16_bits_of_grey(rows: int, columns: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 65536, (rows, columns), np.uint16)
    with Image.open(io.BytesIO(encode(image, None))) as found:
        assert np.array_equal(np.asarray(found), image)


def test_colour_of_16_bits_is_in_the_strip() -> None:
    image = (np.arange(5 * 4 * 3) * 1000).astype(np.uint16).reshape(5, 4, 3)
    file = encode(image, None)
    assert np.array_equal(np.frombuffer(zlib.decompressobj().decompress(file[8:]), "<u2").reshape(image.shape), image)


@pytest.mark.parametrize("spacing", [(1e-9, 1e-9), (1e9, 1e9), (1 / 3, 0.1)])
def test_any_spacing_has_a_file(spacing: tuple[float, float]) -> None:
    with Image.open(io.BytesIO(encode(np.zeros((2, 2), np.uint8), spacing))) as found:
        assert found.size == (2, 2)
