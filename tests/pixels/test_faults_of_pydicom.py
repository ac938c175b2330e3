"""One test for each fault that was measured in pydicom 3.0's processing of pixels: here it is not."""



import numpy as np
import pytest
from pydicom.dataset import Dataset

from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Rescale, Window
from dicomconv.pixels.grey import grey
from dicomconv.pixels.modality import modality_values, stored_values
from dicomconv.pixels.photometric import to_rgb
from dicomconv.render import parse_window, render, resolve
from tests.pixels.pixel_files import EXPLICIT, frames_of, grey_format, image_file, parts_of, rle

TWELVE_BITS = np.arange(4096, dtype="<u2").reshape(64, 64)


def drawn(parts, window: str = "file", depth: int = 8) -> list[np.ndarray]:
    found, stored, attributes = frames_of(parts)
    voi = resolve(parse_window(window), attributes, stored, None)
    return [render(frame, stored, attributes, voi, depth=depth) for frame in found]


def lut_item(count: int, first: int, bits: int, data: bytes) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "US", [count, first & 0xFFFF, bits])
    item.add_new(0x00283006, "OW", data)
    return item


def test_12_bit_values_do_not_wrap_in_an_8_bit_voi_lut_packed_two_per_word():
    entries = (np.arange(4096) // 16).astype(np.uint8)
    parts = image_file(TWELVE_BITS, BitsStored=12, HighBit=11, VOILUTSequence=[lut_item(4096, 0, 8, entries.tobytes())])
    assert np.array_equal(drawn(parts)[0].ravel(), entries)


def test_16_bit_indices_do_not_wrap_in_an_8_bit_palette():
    entries = (np.arange(4096) // 16).astype(np.uint8)
    tables = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tables[f"{colour}PaletteColorLookupTableDescriptor"] = [4096, 0, 8]
        tables[f"{colour}PaletteColorLookupTableData"] = entries.tobytes()
    assert np.array_equal(drawn(image_file(TWELVE_BITS, **tables))[0][..., 1].ravel(), entries)


def test_signed_values_do_not_overflow_under_a_negative_first_value_mapped():
    lut = LookupTable(-32768, 16, np.arange(65536, dtype=np.uint16))
    stored = np.arange(-32768, 32768, dtype=np.int16)
    assert np.array_equal(modality_values(stored, FrameAttributes(modality_lut=lut)), np.arange(65536))


def test_a_negative_slope_does_not_turn_the_grey_levels_round():
    attributes = FrameAttributes(rescale=Rescale(-1, 255))
    raw = np.array([[0, 100, 255]], "<u2")
    assert grey(raw, grey_format(8), attributes, Window(128, 256)).tolist() == [[255, 155, 0]]


def test_the_same_window_gives_the_same_grey_level_whatever_bits_stored_and_the_other_pixels_are():
    levels = [
        grey(np.array([[100, other]], "<u2"), grey_format(bits), FrameAttributes(), Window(100, 300))[0, 0]
        for bits, other in ((8, 101), (12, 4000), (16, 60000))
    ]
    assert levels == [128] * 3


def test_the_inverse_of_a_grey_level_does_not_depend_on_the_brightest_pixel_of_its_slice():
    attributes = FrameAttributes(presentation_lut_shape="INVERSE")
    slices = [np.array([[100, brightest]], "<u2") for brightest in (101, 255)]
    assert {int(grey(raw, grey_format(8), attributes, Window(128, 256))[0, 0]) for raw in slices} == {155}


@pytest.mark.parametrize("attributes", [{"VOILUTFunction": ""}, {"VOILUTFunction": None}, {"WindowWidth": 0}])
def test_windows_with_faults_are_drawn(attributes):
    parts = image_file(TWELVE_BITS, **{"WindowCenter": 40, "WindowWidth": 400} | attributes)
    assert drawn(parts)[0].max() == 255


def test_float_pixels_are_drawn_through_a_window():
    dataset = Dataset()
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.BitsAllocated = 1, 3, 1, 32
    dataset.PhotometricInterpretation, dataset.WindowCenter, dataset.WindowWidth = "MONOCHROME2", 0, 2
    dataset.VOILUTFunction = "LINEAR_EXACT"
    dataset.FloatPixelData = np.array([-1, 0, 1], "<f4").tobytes()
    assert drawn(parts_of(dataset))[0].tolist() == [[0, 128, 255]]


def test_enhanced_images_are_rescaled_and_windowed_by_their_functional_groups():
    transform, window, shared = Dataset(), Dataset(), Dataset()
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = 2, -100, "US"
    window.WindowCenter, window.WindowWidth = 128, 256
    shared.PixelValueTransformationSequence, shared.FrameVOILUTSequence = [transform], [window]
    parts = image_file(np.array([[50, 100, 150]], "<u2"), SharedFunctionalGroupsSequence=[shared])
    assert drawn(parts)[0].tolist() == [[0, 100, 200]]


@pytest.mark.parametrize("pixel_representation", [0, 1])
def test_bits_stored_below_a_high_bit_of_15_are_shifted_down(pixel_representation):
    format = grey_format(12, high_bit=15, pixel_representation=pixel_representation)
    raw = (np.array([1, 2047, 4095], "<u2") << 4) | 9
    assert stored_values(raw, format).tolist() == [1, 2047, -1 if pixel_representation else 4095]


def colour_format(photometric_interpretation: str, bits: int) -> PixelFormat:
    return PixelFormat(3, 5, 3, photometric_interpretation, 0, bits, bits, bits - 1, 0, 1, EXPLICIT)


def test_16_bit_luminance_and_chrominance_become_rgb():
    ybr = np.array([[[40000, 32768, 32768], [0, 32768, 65535]]], "<u2")
    assert to_rgb(ybr, colour_format("YBR_FULL", 16)).tolist() == [[[40000] * 3, [45939, 0, 0]]]


def test_partial_luminance_and_chrominance_reach_black_and_white():
    ybr = np.array([[[16, 128, 128], [235, 128, 128]]], "u1")
    assert to_rgb(ybr, colour_format("YBR_PARTIAL_420", 8)).tolist() == [[[0] * 3, [255] * 3]]


def test_one_bit_run_lengths_are_unpacked():
    bits = np.random.default_rng(7).integers(0, 2, (4, 6), np.uint8)
    data = rle(np.packbits(bits.ravel(), bitorder="little").tobytes())
    layout = {"Rows": 4, "Columns": 6, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}
    parts = image_file([data], "1.2.840.10008.1.2.5", **layout)
    assert np.array_equal(frames_of(parts)[0][0], bits)
    assert np.array_equal(drawn(parts, "full")[0], bits * 255)


def test_big_endian_pixels_are_drawn_as_they_are_meant():
    parts = image_file(np.array([[0, 256, 65535]], ">u2"), "1.2.840.10008.1.2.2")
    assert drawn(parts, "full", 16)[0].tolist() == [[0, 256, 65535]]
