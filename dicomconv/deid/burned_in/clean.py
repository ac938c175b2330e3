"""Find text in the pixels of one instance, blank it, and look again until nothing is found (PS3.15 E.3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from dicomconv.deid.burned_in.find import Detector, all_boxes, merged, text_boxes
from dicomconv.deid.burned_in.redacted import Redacted, redacted
from dicomconv.deid.burned_in.rules import RegionRules
from dicomconv.deid.pixel_value import PixelValue
from dicomconv.errors import Refused, Undecodable
from dicomconv.header import Header
from dicomconv.model import Box
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.read import ImageAttributes

ROUNDS = 5
STILL_THERE = (
    f"text is still found in its pixels after {ROUNDS} rounds of blanking; `--boxes` takes boxes that somebody drew, "
    "`--exclude` leaves its kind out"
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the pixels: None where nothing had to be blanked; the boxes that were, and what found each."""

    redacted: Redacted | None
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PixelCleaner:
    """Cleans the pixels of instances. `reviewed`: boxes by new SOP Instance UID that take the place of all finding."""

    rules: RegionRules
    detector: Detector
    reviewed: Mapping[str, tuple[Box, ...]]

    def __call__(
        self, value: PixelValue, header: Header, attributes: ImageAttributes, keyword: str, target: "Target"
    ) -> Cleaned:
        """The pixel value without text. Undecodable if it cannot be read; Refused if text stays whatever is blanked."""
        if target.sop_instance_uid in self.reviewed:
            boxes = self.reviewed[target.sop_instance_uid]
            return Cleaned(_blank(value, attributes, keyword, boxes) if boxes else None, boxes)
        found = all_boxes(
            value.span, attributes, header, self.rules, self.detector,
            sop_class_uid=target.sop_class_uid, sampled=target.sampled,
        )  # fmt: skip
        boxes = found.boxes
        for _ in range(ROUNDS):
            if not boxes:
                return Cleaned(None, ())
            result = _blank(value, attributes, keyword, boxes)
            now = ImageAttributes(header, result.format)
            seen = text_boxes(result.value.span, now, self.detector, sampled=target.sampled)
            left = [box for box in seen if not found.is_spared(box)]
            if not left:
                return Cleaned(result, boxes)
            boxes = tuple(merged((*boxes, *(_wider(box, attributes.format) for box in left))))
        raise Refused(STILL_THERE)


@dataclass(frozen=True, slots=True)
class Target:
    """Which instance is cleaned, and whether some of its frames stand for all."""

    sop_instance_uid: str
    sop_class_uid: str
    sampled: bool = False


def _blank(value: PixelValue, attributes: ImageAttributes, keyword: str, boxes: tuple[Box, ...]) -> Redacted:
    """Refused if there is text that cannot be blanked."""
    try:
        return redacted(value, attributes, keyword, boxes)
    except Undecodable as error:
        raise Refused(f"there is text in its pixels, which cannot be blanked: {error}") from None


def _wider(box: Box, format: PixelFormat) -> Box:
    """What was missed the first time gets more room."""
    margin = max(2, (box.bottom - box.top) // 4)
    return Box(
        max(0, box.left - margin), max(0, box.top - margin),
        min(format.columns, box.right + margin), min(format.rows, box.bottom + margin), box.by,
    )  # fmt: skip
