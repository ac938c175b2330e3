"""Read from a header what each frame's values mean, and where it lies (PS3.3 C.7.6.16, C.11)."""

from dataclasses import replace
from functools import lru_cache
from math import inf, nan

from dicomconv.elements import Encoding, scan
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.pixels.attributes import (
    FrameAttributes,
    LookupTable,
    PixelFormat,
    Rescale,
    Vector,
    Window,
    WindowFunction,
)
from dicomconv.pixels.labels import SegmentColours
from dicomconv.pixels.luts import lookup_table, palette
from dicomconv.standard import tags_of

TINY = 5e-324  # the least number above 0
WINDOW_FUNCTIONS: dict[str, WindowFunction] = {"LINEAR_EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
FRAME_TYPES = (
    "CTImageFrameTypeSequence",
    "MRImageFrameTypeSequence",
    "MRSpectroscopyFrameTypeSequence",
    "PETFrameTypeSequence",
    "ParametricMapFrameTypeSequence",
    "USImageDescriptionSequence",
    "XRay3DFrameTypeSequence",
)
# XA and XRF: their Modality LUT, or rescale, makes X-ray intensity of what is stored, and is not for display (PS3.4 N.2.1)
STORED_FOR_DISPLAY = frozenset({"1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"})
PADDING_PREFIX = {"f4": "Float", "f8": "DoubleFloat"}


# What the attributes of a plain frame are read from, its position aside; and what makes a frame other than plain.
# tests/pixels/test_read.py holds them against what is read
PLAIN_TAGS = tags_of(
    "SpecificCharacterSet", "SOPClassUID", "SliceThickness", "ImagerPixelSpacing", "NominalScannedPixelSpacing",
    "ImageOrientationPatient", "PixelSpacing", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit", "DoubleFloatPixelPaddingValue",
    "DoubleFloatPixelPaddingRangeLimit", "WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope",
    "RescaleType", "VOILUTFunction", "ModalityLUTSequence", "VOILUTSequence", "PresentationLUTShape",
)  # fmt: skip
ELABORATE_TAGS = tags_of(
    "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence", "DetectorInformationSequence",
    "SegmentationType", "RedPaletteColorLookupTableDescriptor",
)  # fmt: skip
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


class ImageAttributes:
    """What the frames of one instance mean: a frame's functional groups first, then the shared ones, then top level."""

    def __init__(self, header: Header, format: PixelFormat, *, is_plain: bool = True):
        """`is_plain`: whether what slices have in common may be remembered, if there are no functional groups."""
        self.header, self.format = header, format
        self._is_plain = is_plain and not any(map(header.encoded, ELABORATE_TAGS))
        self._known: tuple[int, FrameAttributes] | None = None
        self._per_frame: list[Header] = []
        if self._is_plain:
            return
        self._per_frame = _items(header, "PerFrameFunctionalGroupsSequence")
        self._shared = _items(header, "SharedFunctionalGroupsSequence")[:1]
        self._detector = _items(header, "DetectorInformationSequence")[:1]  # NM has its planes here (PS3.3 C.8.4.11)
        self._signed = format.pixel_representation == 1
        self._colours = SegmentColours(header, format)
        self._is_for_display = header.text("SOPClassUID") not in STORED_FOR_DISPLAY

    def frame(self, number: int) -> FrameAttributes:
        """The attributes of one frame, 1-based."""
        number = number if self._per_frame else 1
        if self._known is None or self._known[0] != number:
            self._known = number, self._plain() if self._is_plain else self._read(number)
        return self._known[1]

    def _plain(self) -> FrameAttributes:
        """The attributes of an image without functional groups: remembered, its position aside."""
        described = b"".join(map(self.header.encoded, PLAIN_TAGS))
        remembered = _plain_attributes(described, self.header.encoding, self.format)
        return replace(remembered, position=self._position(1))

    def _read(self, number: int) -> FrameAttributes:
        measures = self._sources(number, "PixelMeasuresSequence")
        spacing, spacing_from = _pixel_spacing(measures)
        modality_lut = _sequence_lut([self.header] * self._is_for_display, "ModalityLUTSequence", signed=self._signed)
        rescale = (
            _rescale(self._sources(number, "PixelValueTransformationSequence")) if self._is_for_display else Rescale()
        )
        voi = self._sources(number, "FrameVOILUTSequence")
        orientation = _first(self._sources(number, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
        return FrameAttributes(
            position=self._position(number),
            orientation=orientation or None,
            pixel_spacing=spacing,
            pixel_spacing_from=spacing_from,
            slice_thickness=next(iter(_first(measures, "SliceThickness", 1)), None),
            rescale=rescale,
            modality_lut=modality_lut,
            windows=next(filter(None, map(_windows, voi)), ()),
            voi_lut=_sequence_lut(voi, "VOILUTSequence", signed=self._voi_input_is_signed(rescale, modality_lut)),
            padding=_padding(self.header, self.format),
            presentation_lut_shape=self.header.text("PresentationLUTShape").upper(),
            palette=palette(self.header, signed=self._signed) if self._has_palette(number) else None,
            labels=self._colours.palette(self._segment(number)),
        )

    def _position(self, number: int) -> Vector | None:
        """Where the upper left pixel lies in mm."""
        sources = [self.header] if self._is_plain else self._sources(number, "PlanePositionSequence")
        return _vector(_first(sources, "ImagePositionPatient", 3))

    def _has_palette(self, number: int) -> bool:
        """Whether a frame is coloured by a palette: its values are indices, or Pixel Presentation says so (C.8.16.2)."""
        if self.format.photometric_interpretation == "PALETTE COLOR":
            return True
        if self.format.samples_per_pixel != 1 or "RedPaletteColorLookupTableDescriptor" not in self.header:
            return False
        groups = [item for macro in FRAME_TYPES for item in self._groups(number, macro)]
        said = (group.text("PixelPresentation") for group in [*groups, self.header])
        return next(filter(None, said), "") in ("COLOR", "MIXED")

    def _segment(self, number: int) -> int:
        """The number of the segment that a frame shows; 1 if nothing says so."""
        groups = self._groups(number, "SegmentIdentificationSequence")
        return int(next(iter(_first(groups, "ReferencedSegmentNumber", 1)), 1))

    def _groups(self, number: int, macro: str) -> list[Header]:
        """A functional group macro of a frame: its own, then the shared one."""
        return [
            item for group in self._per_frame[number - 1 : number] + self._shared for item in _items(group, macro)[:1]
        ]

    def _sources(self, number: int, macro: str) -> list[Header]:
        """Where an attribute of a functional group macro is looked for, in this order."""
        return [*self._groups(number, macro), self.header, *self._detector]

    def _voi_input_is_signed(self, rescale: Rescale, modality_lut: LookupTable | None) -> bool:
        """Whether modality values can be negative (PS3.3 C.11.2.1.1)."""
        if modality_lut is not None:
            return False
        highest = (1 << self.format.bits_stored) - 1
        return self._signed or min(rescale.intercept, rescale.slope * highest + rescale.intercept) < 0


@lru_cache(maxsize=256)
def _plain_attributes(described: bytes, encoding: Encoding, format: PixelFormat) -> FrameAttributes:
    """The attributes of a frame without functional groups and palettes, its position aside, of the encoded elements."""
    header = Header(described, scan(described, 0, len(described), encoding, 1).elements, encoding)
    return ImageAttributes(header, format, is_plain=False).frame(1)


def _items(header: Header, keyword: str) -> list[Header]:
    """The items of a sequence; none if it is damaged inside."""
    try:
        return header.items(keyword)
    except Malformed:
        return []


def _first(sources: list[Header], keyword: str, count: int) -> tuple[float, ...]:
    """The first `count` numbers of the first source that has as many."""
    return next((values[:count] for values in (s.numbers(keyword) for s in sources) if len(values) >= count), ())


def _vector(values: tuple[float, ...]) -> Vector | None:
    return (values[0], values[1], values[2]) if values else None


def _pixel_spacing(sources: list[Header]) -> tuple[tuple[float, float] | None, str]:
    """Spacing between rows and between columns in mm, and the attribute it is from."""
    for keyword in SPACINGS:
        values = _first(sources, keyword, 2)
        if values and min(values) > 0:
            return (values[0], values[1]), keyword
    return None, ""


def _rescale(sources: list[Header]) -> Rescale:
    """Slope and intercept; 1 for a slope of 0, which nobody can have meant."""
    slope, intercept = _first(sources, "RescaleSlope", 1), _first(sources, "RescaleIntercept", 1)
    kind = next(filter(None, (s.text("RescaleType") for s in sources)), "")
    return Rescale((slope[0] if slope else 1.0) or 1.0, intercept[0] if intercept else 0.0, kind)


def _windows(source: Header) -> tuple[Window, ...]:
    """The windows of one source that have a valid width: LINEAR at least 1, the others above 0 (PS3.3 C.11.2.1.2)."""
    function = WINDOW_FUNCTIONS.get(source.text("VOILUTFunction").upper(), "LINEAR")
    pairs = zip(_each_number(source, "WindowCenter"), _each_number(source, "WindowWidth"), strict=False)
    return tuple(
        Window(c, w, function) for c, w in pairs if abs(c) < inf and (1 if function == "LINEAR" else TINY) <= w < inf
    )


def _each_number(source: Header, keyword: str) -> tuple[float, ...]:
    """The values as numbers, NaN for each that is none: one window that is missing does not take the others with it."""
    return source.numbers(keyword) or tuple(map(_number, source.texts(keyword)))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _sequence_lut(sources: list[Header], keyword: str, *, signed: bool) -> LookupTable | None:
    """The first table that the first source with such a sequence holds."""
    tables = (lookup_table(item, signed=signed) for source in sources for item in _items(source, keyword))
    return next((table for table in tables if table is not None), None)


def _padding(header: Header, format: PixelFormat) -> tuple[float, float] | None:
    """Lowest and highest stored value that is padding, signed as the pixels are. PS3.3 C.7.5.1.1.2, C.7.6.24."""
    prefix = PADDING_PREFIX.get(format.float_kind, "")
    value, limit = (header.number(f"{prefix}PixelPadding{end}") for end in ("Value", "RangeLimit"))
    if value is None:
        return None
    ends = [value, value if limit is None else limit]
    if not format.float_kind:
        ends = [_with_sign(int(end), format) for end in ends]
    return min(ends), max(ends)


def _with_sign(value: int, format: PixelFormat) -> int:
    """A padding value of 16 bits with the sign that pixels have, also where it is written without sign extension."""
    value &= 0xFFFF
    if format.pixel_representation == 1:
        for bits in (16, format.bits_stored):
            value -= (1 << bits) * (1 << bits - 1 <= value < 1 << bits)
    return value
