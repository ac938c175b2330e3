import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomconv.pixels.attributes import Window
from dicomconv.pixels.grey import modality_range
from dicomconv.pixels.luts import expand_segmented
from dicomconv.pixels.modality import modality_values
from dicomconv.pixels.photometric import from_palette
from dicomconv.pixels.read import ImageAttributes
from dicomconv.render import render
from tests.pixels.pixel_files import BIG, EXPLICIT, IMPLICIT, format_of, grey_format, image_file


def lut_item(first: int, bits: int, data: bytes, count: int, *, vr: str = "US") -> Dataset:
    dataset = Dataset()
    dataset.add_new(0x00283002, vr, [count, first, bits])
    dataset.add_new(0x00283006, "OW", data)
    return dataset


def words(*entries: int) -> bytes:
    return struct.pack(f"<{len(entries)}H", *entries)


def attributes_of(pixels: np.ndarray, syntax: str = EXPLICIT, **attributes):
    parts = image_file(pixels, syntax, **attributes)
    return ImageAttributes(parts.header(), format_of(parts)).frame(1)


def voi_lut(item: Dataset):
    return attributes_of(np.zeros((3, 5), "<u2"), VOILUTSequence=[item]).voi_lut


def test_a_descriptor_of_no_entries_means_65536():
    found = voi_lut(lut_item(0, 16, np.arange(65536, dtype="<u2").tobytes(), 0))
    assert (len(found.entries), found.bits, found.entries[-1]) == (65536, 16, 65535)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_8_bit_entries_are_unpacked_two_per_word(syntax):
    parts = image_file(np.zeros((3, 5), "<u2"), syntax, VOILUTSequence=[lut_item(0, 8, bytes([1, 2, 255, 4]), 4)])
    found = ImageAttributes(parts.header(), format_of(parts)).frame(1).voi_lut
    assert (found.entries.tolist(), found.bits) == ([1, 2, 255, 4], 8)


def test_8_bit_entries_in_big_endian_words_have_the_first_one_low():
    parts = image_file(np.zeros((3, 5), ">u2"), BIG, VOILUTSequence=[lut_item(0, 8, bytes([2, 1, 4, 255]), 4)])
    assert ImageAttributes(parts.header(), format_of(parts)).frame(1).voi_lut.entries.tolist() == [1, 2, 255, 4]


def test_8_bit_entries_may_also_have_a_word_each():
    assert voi_lut(lut_item(0, 8, words(1, 2, 255), 3)).entries.tolist() == [1, 2, 255]


def test_entries_larger_than_the_descriptor_says_need_the_bits_they_need():
    assert voi_lut(lut_item(0, 8, words(0, 2000, 4095), 3)).bits == 12


def test_agfas_storage_size_in_the_descriptor_is_not_the_depth_of_the_entries():
    assert voi_lut(lut_item(0, 16, words(0, 2000, 4095), 3)).bits == 12
    assert voi_lut(lut_item(0, 12, words(0, 500, 1000), 3)).bits == 12


def test_a_table_shorter_than_its_descriptor_says_is_as_long_as_it_is():
    assert voi_lut(lut_item(0, 16, words(7, 9), 300)).entries.tolist() == [7, 9]
    assert voi_lut(lut_item(0, 16, b"", 300)) is None


@pytest.mark.parametrize(("kind", "first"), [("i", -3), ("u", 65533)])
def test_the_first_value_mapped_has_the_sign_of_the_pixels(kind, first):
    pixels = np.zeros((3, 5), f"<{kind}2")
    found = attributes_of(pixels, ModalityLUTSequence=[lut_item(65533, 16, words(5, 6, 7), 3)]).modality_lut
    assert found.first_mapped == first


def test_the_first_value_of_a_voi_lut_is_signed_where_rescaled_values_can_be():
    item = lut_item(65533, 16, words(5, 6, 7), 3)
    found = attributes_of(np.zeros((3, 5), "<u2"), VOILUTSequence=[item], RescaleIntercept=-1024, RescaleSlope=1)
    assert found.voi_lut.first_mapped == -3


def test_equal_tables_of_a_series_are_one_object():
    assert voi_lut(lut_item(1, 16, words(5, 6), 2)) is voi_lut(lut_item(1, 16, words(5, 6), 2))


def test_modality_lut_takes_the_place_of_slope_and_intercept():
    item = lut_item(10, 16, words(500, 20, 90), 3)
    found = attributes_of(np.zeros((3, 5), "<u2"), ModalityLUTSequence=[item], RescaleSlope=3, RescaleIntercept=1)
    assert modality_values(np.array([0, 10, 11, 12, 99]), found).tolist() == [500, 500, 20, 90, 90]


def test_segments_are_discrete_linear_and_indirect():
    segments = [0, 2, 10, 20, 1, 4, 40, 2, 2, 0, 0]
    expanded = expand_segmented(np.array(segments, np.uint16), 99).tolist()
    assert expanded == [10, 20, 25, 30, 35, 40, 10, 20, 25, 30, 35, 40]


def test_indirect_segments_that_lead_to_themselves_end():
    assert expand_segmented(np.array([2, 1, 0, 0, 0, 1, 9], np.uint16), 99).tolist() == [9]


@given(st.lists(st.integers(0, 5) | st.integers(0, 65535), max_size=40), st.integers(1, 300))
def test_damaged_segments_end_and_never_give_more_than_was_asked_for(segments, count):
    assert len(expand_segmented(np.array(segments, np.uint16), count)) <= count


def palette_file(data: bytes, bits: int, count: int, *, segmented: bool = False, pixels: np.ndarray | None = None):
    attributes = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        attributes[f"{colour}PaletteColorLookupTableDescriptor"] = [count, 0, bits]
        attributes[f"{'Segmented' * segmented}{colour}PaletteColorLookupTableData"] = data
    return image_file(np.array([[0, 1, 2, 3]], "u1") if pixels is None else pixels, **attributes)


def drawn(parts, depth: int = 8) -> list[int]:
    format = format_of(parts)
    raw = np.frombuffer(parts.pixels.read(), f"<u{format.bits_allocated // 8}").reshape(format.rows, format.columns)
    return from_palette(raw, format, ImageAttributes(parts.header(), format).frame(1).palette, depth)[0, :, 0].tolist()


def test_16_bit_palettes_are_scaled_and_rounded():
    assert drawn(palette_file(words(0, 65535, 32767, 32768), 16, 4)) == [0, 255, 127, 128]
    assert drawn(palette_file(words(0, 65535, 32767, 32768), 16, 4), depth=16) == [0, 65535, 32767, 32768]


def test_8_bit_palettes_stand_as_they_are_and_fill_16_bits():
    assert drawn(palette_file(bytes([0, 255, 127, 9]), 8, 4)) == [0, 255, 127, 9]
    assert drawn(palette_file(bytes([0, 255, 127, 9]), 8, 4), depth=16) == [0, 65535, 127 * 257, 9 * 257]


def test_palettes_that_declare_16_bits_and_use_8_are_not_black():
    assert drawn(palette_file(words(0, 255, 127, 9), 16, 4)) == [0, 255, 127, 9]


def test_segmented_palettes_are_expanded():
    assert drawn(palette_file(words(0, 1, 0, 1, 3, 65535), 16, 4, segmented=True)) == [0, 85, 170, 255]


def test_an_index_beyond_the_palette_has_its_last_colour():
    assert drawn(palette_file(bytes([1, 2]), 8, 2, pixels=np.array([[0, 1, 900]], "<u2"))) == [1, 2, 2]


INDIRECT = [0, 2, 10, 20, 0, 1, 30, 1, 4, 70, 2, 2]  # two discrete segments, a line, and the last two of them again


@pytest.mark.parametrize("offset", [8, 4], ids=["in bytes", "in entries"])
def test_indirect_segments_are_found_by_bytes_as_the_standard_says_or_by_entries_as_others_do(offset):
    expanded = expand_segmented(np.array([*INDIRECT, offset, 0], np.uint16), 99).tolist()
    assert expanded == [10, 20, 30, 40, 50, 60, 70, 30, 40, 50, 60, 70]


def test_segments_of_8_bits_have_an_offset_of_four_bytes():
    expanded = expand_segmented(np.array([*INDIRECT, 4, 0, 0, 0, 0, 1, 9], np.uint16), 99, 1).tolist()
    assert expanded == [10, 20, 30, 40, 50, 60, 70, 30, 40, 50, 60, 70, 9]


def test_segmented_palettes_of_8_bits_are_expanded():
    data = bytes([0, 1, 0, 1, 4, 200, 2, 1, 0, 0, 0, 0])
    assert drawn(palette_file(data, 8, 6, segmented=True)) == [0, 50, 100, 150]


def test_a_table_of_16_bits_that_is_cut_short_is_not_read_as_bytes():
    assert voi_lut(lut_item(0, 16, words(7, 65535, 9), 4)).entries.tolist() == [7, 65535, 9]


SUPPLEMENT = {
    f"{colour}PaletteColorLookupTable{part}": value
    for number, colour in enumerate(("Red", "Green", "Blue"))
    for part, value in (("Descriptor", [2, 100, 8]), ("Data", bytes([50 + number, 60 + number])))
}


def picture(pixels: np.ndarray, **attributes) -> list:
    found = attributes_of(pixels, **attributes)
    return render(pixels, grey_format(), found, Window(50.5, 101), depth=8).tolist()


@pytest.mark.parametrize("said", ["COLOR", "MIXED"])
def test_values_from_the_first_mapped_on_have_the_colours_of_a_supplemental_palette(said):
    drawn = picture(np.array([[0, 99, 100, 101, 200]], "<u2"), PixelPresentation=said, **SUPPLEMENT)
    assert drawn == [[[0, 0, 0], [252, 252, 252], [50, 51, 52], [60, 61, 62], [60, 61, 62]]]


@pytest.mark.parametrize("said", ["MONOCHROME", "TRUE_COLOR", None])
def test_a_palette_beside_a_monochrome_image_that_does_not_ask_for_it_is_not_used(said):
    pixels = np.array([[0, 99, 100, 101, 200]], "<u2")
    assert picture(pixels, PixelPresentation=said, **SUPPLEMENT) == [[0, 252, 255, 255, 255]]


def test_a_frame_of_its_own_pixel_presentation_goes_before_that_of_the_image():
    groups = []
    for said in ("MONOCHROME", "COLOR"):
        frame_type, group = Dataset(), Dataset()
        frame_type.PixelPresentation = said
        group.MRImageFrameTypeSequence = [frame_type]
        groups.append(group)
    attributes = {"PerFrameFunctionalGroupsSequence": groups, "PixelPresentation": "MIXED", **SUPPLEMENT}
    parts = image_file(np.zeros((3, 5), "<u2"), NumberOfFrames=1, **attributes)
    meaning = ImageAttributes(parts.header(), format_of(parts))
    assert [meaning.frame(number).palette is not None for number in (1, 2)] == [False, True]


def test_coloured_values_do_not_widen_the_window_of_the_grey_ones():
    found = attributes_of(np.zeros((3, 5), "<u2"), PixelPresentation="COLOR", **SUPPLEMENT)
    assert modality_range(np.array([[3, 90, 100, 4000]], "<u2"), grey_format(), found) == (3, 90)
    assert modality_range(np.array([[100, 4000]], "<u2"), grey_format(), found) is None
