import struct
from dataclasses import fields

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dicomconv.declared import as_declared
from dicomconv.errors import Malformed, Undecodable
from dicomconv.header import Header
from dicomconv.part10 import Parts, split
from dicomconv.pixels.attributes import FrameAttributes, Rescale, Window
from dicomconv.pixels.read import ELABORATE_TAGS, PLAIN_TAGS, ImageAttributes
from dicomconv.pixels.read_format import FORMAT_TAGS, pixel_format
from dicomconv.render import value_range
from dicomconv.standard import keyword_of, tag_of
from tests import wheel
from tests.pixels.pixel_files import BIG, EXPLICIT, IMPLICIT, format_of, image_file

PIXELS = np.zeros((3, 5), "<u2")


def attributes_of(frame: int = 1, syntax: str = EXPLICIT, pixels: np.ndarray = PIXELS, **attributes) -> FrameAttributes:
    parts = image_file(pixels, syntax, **attributes)
    return ImageAttributes(parts.header(), format_of(parts)).frame(frame)


def item(**attributes) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("keyword", ["Rows", "Columns", "BitsAllocated"])
@pytest.mark.parametrize("value", [None, 0])
def test_what_no_pixels_can_do_without_is_missed(keyword, value):
    with pytest.raises(Undecodable, match=keyword):
        format_of(image_file(PIXELS, **{keyword: value}))


@pytest.mark.parametrize("fields", [{"BitsAllocated": 12, "BitsStored": 12}, {"BitsAllocated": 8}], ids=str)
def test_bits_that_cannot_be_are_refused(fields):
    with pytest.raises(Undecodable, match="Bits"):
        format_of(image_file(PIXELS, **fields))


def test_what_real_files_leave_out_has_plain_defaults():
    left_out = ("SamplesPerPixel", "PhotometricInterpretation", "BitsStored", "HighBit", "PixelRepresentation")
    assert format_of(image_file(PIXELS, **dict.fromkeys(left_out))) == format_of(image_file(PIXELS))


@pytest.mark.parametrize("high_bit", [0, 40])
def test_a_high_bit_that_cannot_be_is_taken_as_the_lowest_bits(high_bit):
    assert format_of(image_file(PIXELS, BitsStored=12, HighBit=high_bit)).high_bit == 11


def test_number_of_frames_of_zero_is_one():
    assert format_of(image_file(PIXELS, NumberOfFrames=0)).number_of_frames == 1


def test_windows_are_pairs_and_invalid_widths_are_dropped():
    found = attributes_of(WindowCenter=[40, -600, 7], WindowWidth=[400, 1500, 0.5]).windows
    assert found == (Window(40, 400), Window(-600, 1500))
    assert attributes_of(WindowCenter=7, WindowWidth=0.5, VOILUTFunction="LINEAR_EXACT").windows[0].width == 0.5


@pytest.mark.parametrize(("text", "function"), [("", "LINEAR"), ("CUBIC", "LINEAR"), ("SIGMOID", "SIGMOID")])
def test_an_empty_or_unknown_voi_lut_function_is_linear(text, function):
    assert attributes_of(WindowCenter=1, WindowWidth=2, VOILUTFunction=text).windows[0].function == function


def test_a_slope_of_zero_is_one_and_a_slope_that_is_no_number_too():
    assert attributes_of(RescaleSlope=0, RescaleIntercept=-1024, RescaleType="HU").rescale == Rescale(1, -1024, "HU")
    parts = image_file(PIXELS, RescaleSlope=2.25, RescaleIntercept=5.75)
    header = parts.header()
    header.buffer = header.buffer.replace(b"2.25", b"nan ").replace(b"5.75", b"-   ")
    assert ImageAttributes(header, format_of(parts)).frame(1).rescale == Rescale()


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"])
def test_pixel_spacing_names_where_it_is_from(keyword):
    found = attributes_of(**{keyword: [0.5, 0.25]})
    assert (found.pixel_spacing, found.pixel_spacing_from) == ((0.5, 0.25), keyword)


def test_a_spacing_of_zero_is_none_and_the_next_one_counts():
    assert attributes_of(PixelSpacing=[0, 0], ImagerPixelSpacing=[1, 2]).pixel_spacing_from == "ImagerPixelSpacing"


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_padding_has_the_sign_of_the_pixels(syntax):
    pixels = np.zeros((3, 5), ">i2" if syntax == BIG else "<i2")
    found = attributes_of(syntax=syntax, pixels=pixels, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1990)
    assert found.padding == (-2000, -1990)


def test_padding_written_unsigned_among_signed_pixels_is_signed():
    parts = image_file(np.zeros((3, 5), "<i2"), PixelPaddingValue=-2000)
    header = parts.header()
    header.buffer = header.buffer.replace(b"SS\2\0" + struct.pack("<h", -2000), b"US\2\0" + struct.pack("<h", -2000))
    assert b"US\2\0" + struct.pack("<H", 63536) in header.buffer
    header = header.__class__(
        header.buffer, [e._replace(vr="US") if e.tag == 0x00280120 else e for e in header], header.encoding
    )
    assert ImageAttributes(header, format_of(parts)).frame(1).padding == (-2000, -2000)


def test_padding_written_signed_among_unsigned_pixels_is_unsigned():
    parts = image_file(PIXELS, PixelPaddingValue=63536)
    header = parts.header()
    signed = [e._replace(vr="SS") if e.tag == 0x00280120 else e for e in header]
    found = ImageAttributes(header.__class__(header.buffer, signed, header.encoding), format_of(parts)).frame(1)
    assert found.padding == (63536, 63536)


def enhanced() -> dict:
    """Two frames: position and window of their own, spacing, orientation and rescale shared, others at the top."""
    own = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[1, 2, z])],
            FrameVOILUTSequence=[item(WindowCenter=z, WindowWidth=10)],
        )
        for z in (3, 4)
    ]
    shared = item(
        FrameVOILUTSequence=[item(WindowCenter=77, WindowWidth=77)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[2, 3], SliceThickness=5)],
        PixelValueTransformationSequence=[item(RescaleSlope=2, RescaleIntercept=-7, RescaleType="US")],
    )
    return {
        "NumberOfFrames": 2,
        "PerFrameFunctionalGroupsSequence": own,
        "SharedFunctionalGroupsSequence": [shared],
        "WindowCenter": 99,
        "WindowWidth": 99,
        "RescaleSlope": 9,
        "RescaleIntercept": 9,
        "PixelPaddingValue": 1,
    }


@pytest.mark.parametrize("frame", [1, 2])
def test_functional_groups_are_read_of_the_frame_then_shared_then_top_level(frame):
    found = attributes_of(frame, **enhanced())
    assert (found.position, found.orientation) == ((1, 2, frame + 2), (1, 0, 0, 0, 1, 0))
    assert found.windows == (Window(frame + 2, 10),)
    assert (found.rescale, found.pixel_spacing, found.slice_thickness) == (Rescale(2, -7, "US"), (2, 3), 5)
    assert found.padding == (1, 1)


def test_a_frame_beyond_its_functional_groups_has_the_shared_ones():
    found = attributes_of(7, **enhanced())
    assert (found.position, found.rescale.slope, found.windows[0].center) == (None, 2, 77)


def test_nuclear_medicine_has_its_planes_in_the_detector_information():
    detector = item(ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    found = attributes_of(NumberOfFrames=2, DetectorInformationSequence=[detector])
    assert (found.position, found.orientation) == ((1, 2, 3), (1, 0, 0, 0, 0, -1))


def test_a_plain_multi_frame_image_has_one_set_of_attributes():
    parts = image_file(PIXELS, ImagePositionPatient=[1, 2, 3])
    attributes = ImageAttributes(parts.header(), format_of(parts))
    assert attributes.frame(1) is attributes.frame(50)


@pytest.mark.parametrize(("center", "width", "expected"), [
    ("\\-600", "400\\1500", (Window(-600, 1500),)), ("40\\", "400\\1500", (Window(40, 400),)),
    ("40\\-600\\7", "400", (Window(40, 400),)), ("40", "400\\9", (Window(40, 400),)), ("40", "-400", ()),
])  # fmt: skip
def test_a_window_that_is_missing_or_wrong_does_not_take_the_others_with_it(center, width, expected):
    assert attributes_of(WindowCenter=center.split("\\"), WindowWidth=width.split("\\")).windows == expected


@pytest.mark.parametrize("text", ["sigmoid", " SIGMOID "])
def test_a_voi_lut_function_is_known_in_lower_case_too(text):
    assert attributes_of(WindowCenter=1, WindowWidth=2, VOILUTFunction=text).windows[0].function == "SIGMOID"


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"])
def test_the_modality_transformation_of_classic_angiography_and_fluoroscopy_is_not_for_display(sop_class):
    lut = item(LUTDescriptor=[2, 0, 8], LUTData=bytes([9, 8]))
    found = attributes_of(SOPClassUID=sop_class, ModalityLUTSequence=[lut], PixelIntensityRelationship="LOG")
    assert found.modality_lut is None
    assert attributes_of(SOPClassUID=sop_class, RescaleSlope=2, RescaleIntercept=7).rescale == Rescale()


@pytest.mark.parametrize(("kind", "prefix", "keyword"), [
    ("f4", "Float", "FloatPixelData"), ("f8", "DoubleFloat", "DoubleFloatPixelData"),
])  # fmt: skip
def test_float_pixels_have_padding_of_their_own(kind, prefix, keyword):
    raw = np.array([[-1.5, 2.5, 7.25, np.nan]], f"<{kind}")
    ends = {f"{prefix}PixelPaddingValue": 7.25, f"{prefix}PixelPaddingRangeLimit": 2.5, "PixelPaddingValue": 3}
    parts = image_file(raw, BitsStored=None, HighBit=None, **ends)
    format = pixel_format(parts.header(), EXPLICIT, keyword)
    found = ImageAttributes(parts.header(), format).frame(1)
    assert found.padding == (2.5, 7.25)
    assert value_range(raw, format, found) == (-1.5, -1.5)


def test_padding_written_without_sign_extension_is_that_of_the_pixels():
    pixels = np.zeros((3, 5), "<i2")
    found = attributes_of(pixels=pixels, BitsStored=12, HighBit=11, PixelPaddingValue=0x830)
    assert found.padding == (-2000, -2000)


class Asked(Header):
    """A header that notes which elements were asked for."""

    def __init__(self, parts: Parts):
        self.tags: set[int] = set()
        super().__init__(parts.head, list(parts.elements), parts.encoding)
        self._by_tag = Noting(self._by_tag, self.tags)  # type: ignore[misc]


class Noting(dict):  # type: ignore[type-arg]
    """A dictionary that notes what was looked for."""

    def __init__(self, content: dict[int, object], asked: set[int]):
        super().__init__(content)
        self._asked = asked

    def get(self, key, default=None):
        self._asked.add(key)
        return super().get(key, default)

    def __contains__(self, key):
        self._asked.add(key)
        return super().__contains__(key)


def images() -> list[tuple[Parts, str]]:
    read = [as_declared(split(path)) for path in wheel.readable() if path.stat().st_size < 1 << 22]
    return [(parts, keyword_of(parts.pixel_element.tag)) for parts in read if parts.pixel_element]


def test_nothing_is_read_but_what_is_remembered_by():
    position = {tag_of("ImagePositionPatient")}
    plain = 0
    for parts, keyword in images():
        header = Asked(parts)
        try:
            layout = pixel_format(header, parts.transfer_syntax_uid, keyword)
        except Undecodable:
            continue
        assert header.tags <= {*FORMAT_TAGS, parts.pixel_element.tag}
        header.tags.clear()
        if any(map(header.encoded, ELABORATE_TAGS)) or layout.photometric_interpretation == "PALETTE COLOR":
            continue
        header.tags.clear()
        ImageAttributes(header, layout, is_plain=False).frame(1)
        asked_of_segments = {tag_of("MaximumFractionalValue")}
        assert header.tags <= {*PLAIN_TAGS, *ELABORATE_TAGS, *position, *asked_of_segments}
        plain += 1
    assert plain > 50


def told(attributes: FrameAttributes) -> dict[str, object]:
    """The attributes, tables by their values."""
    values = {field.name: getattr(attributes, field.name) for field in fields(attributes)}
    return {name: repr(value) if hasattr(value, "__dataclass_fields__") else value for name, value in values.items()}


def test_what_is_remembered_is_what_would_be_read():
    for parts, keyword in images():
        try:
            layout = pixel_format(parts.header(), parts.transfer_syntax_uid, keyword)
            read = ImageAttributes(parts.header(), layout, is_plain=False).frame(1)
        except (Undecodable, Malformed):
            continue
        for _ in range(2):
            assert told(ImageAttributes(parts.header(), layout).frame(1)) == told(read)
