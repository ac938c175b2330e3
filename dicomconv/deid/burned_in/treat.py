"""The pixel value of one instance as it goes out, by what was asked for about text in it."""

from dataclasses import dataclass, replace
from typing import Literal

from dicomconv.deid.burned_in.clean import Cleaned, PixelCleaner, Target
from dicomconv.deid.markers import Marks
from dicomconv.deid.pixel_value import PixelValue, exact_pixel_value
from dicomconv.deid.profile import Profile
from dicomconv.errors import Refused, Undecodable
from dicomconv.header import Header
from dicomconv.model import Box
from dicomconv.part10 import Parts
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from dicomconv.standard import keyword_of


@dataclass(frozen=True, slots=True)
class BurnedIn:
    """What is to be done about text in the pixels of one instance.

    `kept`: why text may be burned in, if the pixels are kept all the same. `cleaner`: finds and blanks it; where there
    is none, or the frames cannot be read and the kind shows no text, nothing is looked for. `risk`: why it has to be.
    """

    kept: str = ""
    cleaner: PixelCleaner | None = None
    sampled: bool = False
    risk: str = ""


AS_IT_IS = BurnedIn()


@dataclass(frozen=True, slots=True)
class TreatedPixels:
    """The pixel value as it goes out; `burned_in`: what Burned In Annotation has to say, empty for nothing."""

    value: PixelValue
    transfer_syntax_uid: str
    encapsulated: bool
    burned_in: Literal["", "YES", "NO"] = ""
    blanked: tuple[Box, ...] | None = None

    def marks(self, profile: Profile) -> Marks:
        """What the instance says of itself."""
        return Marks(profile, self.burned_in, cleaned=self.blanked is not None)


def treated_pixels(parts: Parts, header: Header, burned_in: BurnedIn, target: Target) -> TreatedPixels:
    """The pixel value without what stands beside the pixels, and, if that is asked for, without text in them."""
    value, pixel = exact_pixel_value(parts, header), parts.pixel_element
    encapsulated = pixel is not None and pixel.undefined
    plain = TreatedPixels(value, parts.transfer_syntax_uid, encapsulated, "YES" if burned_in.kept else "")
    if pixel is None or burned_in.cleaner is None:
        return plain
    keyword = keyword_of(pixel.tag)
    try:
        attributes = ImageAttributes(header, pixel_format(header, parts.transfer_syntax_uid, keyword))
        cleaned = burned_in.cleaner(value, header, attributes, keyword, target)
    except Undecodable as error:
        if burned_in.risk:
            raise Refused(f"text may be burned in: {burned_in.risk}; it cannot be looked for: {error}") from None
        return plain
    return _cleaned(plain, cleaned)


def _cleaned(plain: TreatedPixels, cleaned: Cleaned) -> TreatedPixels:
    result = cleaned.redacted
    if result is None:
        return replace(plain, burned_in="NO", blanked=())
    return TreatedPixels(result.value, result.format.transfer_syntax_uid, result.encapsulated, "NO", cleaned.boxes)
