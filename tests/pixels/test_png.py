import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dicomconv.pixels import png

images = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(), (3,)])).flatmap(
    lambda shape: arrays(np.uint8, (shape[0], shape[1], *shape[2])) | arrays(np.uint16, shape[:2])
)


@given(images)
def test_pillow_reads_back_the_pixels_that_were_written(image):
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png.encode(image, None)))), image)


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_with_a_palette_pillow_reads_the_values_and_their_colours(image):
    colours = np.random.default_rng(3).permutation(256 * 3).astype(np.uint8).reshape(256, 3)
    with Image.open(io.BytesIO(png.encode(image, None, palette=colours.tobytes()))) as found:
        assert found.mode == "P"
        assert np.array_equal(np.asarray(found), image)
        assert np.array_equal(np.asarray(found.convert("RGB")), colours[image])


def test_16_bit_colour_has_big_endian_samples_in_its_rows():
    image = np.arange(2 * 5 * 3, dtype=np.uint16).reshape(2, 5, 3) * 1999
    data = png.encode(image, None)
    start = data.index(b"IDAT") + 4
    rows = np.frombuffer(zlib.decompressobj().decompress(data[start:]), np.uint8).reshape(2, -1)
    assert rows[:, 0].tolist() == [png.SUB, png.SUB]
    unfiltered = np.add.accumulate(rows[:, 1:].reshape(2, 5, 6), axis=1, dtype=np.uint8)
    assert np.array_equal(unfiltered.view(">u2"), image)
    assert data[24:26] == bytes((16, png.RGB))


def test_physical_size_is_pixels_per_metre_along_a_row_first():
    dpi = Image.open(io.BytesIO(png.encode(np.zeros((3, 5), np.uint8), (0.5, 0.25)))).info["dpi"]
    assert [round(d / 0.0254) for d in dpi] == [4000, 2000]


@settings(max_examples=20)
@given(st.floats(1e-12, 1e12), st.floats(1e-12, 1e12))
def test_any_positive_spacing_can_be_written(between_rows, between_columns):
    Image.open(io.BytesIO(png.encode(np.zeros((3, 5), np.uint8), (between_rows, between_columns)))).load()


def test_there_are_four_kinds_of_chunk_and_no_other():
    data, kinds, at = png.encode(np.zeros((3, 5), np.uint8), (1.0, 1.0)), [], 8
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    assert kinds == [b"IHDR", b"pHYs", b"IDAT", b"IEND"]


def test_without_isal_the_standard_library_writes_the_same_pixels(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "isal", None)
    image = np.random.default_rng(1).integers(0, 255, (7, 11), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png.encode(image, None)))), image)


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_the_bytes_depend_on_the_pixels_only(order):
    image = np.arange(15, dtype=np.uint16).reshape(3, 5)
    assert png.encode(image.astype(order), (1, 1)) == png.encode(image, (1, 1))
