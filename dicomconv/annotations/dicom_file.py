"""DICOM files in which somebody drew: taken apart, with the labels that they code and the images that they name."""

from collections.abc import Sequence
from pathlib import Path

from dicomconv.annotation import LARGEST_LABEL, Code, Label
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.codes import category_of, current
from dicomconv.annotations.colors import Color, default_color
from dicomconv.annotations.labels import NAME_LENGTH, plain_label
from dicomconv.declared import as_declared
from dicomconv.errors import DicomconvError, Truncated
from dicomconv.header import Header
from dicomconv.part10 import Parts, read_leading, split
from dicomconv.pixels.labels import srgb_of_cielab
from dicomconv.standard import tag_of

Image = tuple[str, int]  # SOP Instance UID and frame number; 0 where no frame is named
CODE_VALUES = ("CodeValue", "LongCodeValue", "URNCodeValue")


def dicom_parts(path: Path, sop_classes: Sequence[str], what: str) -> Parts:
    """A DICOM file taken apart; Unreadable if it is none, is damaged, or is of another SOP Class than these."""
    try:
        parts = as_declared(split(path))
        sop_class = parts.header().text("SOPClassUID")
    except Truncated:
        raise Unreadable("it is cut short; copy or save it again") from None
    except DicomconvError:
        raise Unreadable("it is not DICOM, or is damaged; save it again") from None
    except OSError:
        raise Unreadable("it cannot be read") from None
    if sop_class not in sop_classes:
        raise Unreadable(f"it is DICOM, but no {what}")
    return parts


def sop_class_of(path: Path) -> str:
    """SOP Class UID of a DICOM file; empty if it is none."""
    try:
        return read_leading(path, tag_of("SOPClassUID")).header.text("SOPClassUID")
    except (DicomconvError, OSError):
        return ""


def images_of(items: Sequence[Header]) -> set[Image]:
    """The images that items of references name, each frame for itself."""
    found: set[Image] = set()
    for item in items:
        if uid := item.text("ReferencedSOPInstanceUID"):
            found |= {(uid, int(number)) for number in item.numbers("ReferencedFrameNumber") or (0,)}
    return found


def code_in(item: Header, keyword: str) -> Code | None:
    """The code in the first item of a sequence, as PS3.16 has it now; None if there is none."""
    for code in item.items(keyword)[:1]:
        value = next(filter(None, map(code.text, CODE_VALUES)), "")
        scheme = code.text("CodingSchemeDesignator")
        if value and scheme:
            return current(Code(value, scheme, code.text("CodeMeaning")))
    return None


def label_in(item: Header, number: int, name: str, color: Color | None = None) -> Label:
    """The label that a segment, or the observation of a region, describes; `number`: of that."""
    value = min(max(number, 1), LARGEST_LABEL)
    plain = plain_label(name[:NAME_LENGTH] or f"segment {number}", value)
    property_type = code_in(item, "SegmentedPropertyTypeCodeSequence")
    category = code_in(item, "SegmentedPropertyCategoryCodeSequence")
    types = item.items("SegmentedPropertyTypeCodeSequence")[:1]
    modifiers = [code_in(one, "SegmentedPropertyTypeModifierCodeSequence") for one in types]
    return Label(
        plain.name, value, color or default_color(value),
        category or category_of(property_type or plain.type), property_type or plain.type,
        next(filter(None, modifiers), None),
    )  # fmt: skip


def recommended_color(item: Header) -> Color | None:
    """Recommended Display CIELab Value as red, green, blue; None if there is none."""
    encoded = item.numbers("RecommendedDisplayCIELabValue")
    if len(encoded) != 3:
        return None
    red, green, blue = (round(255 * part) for part in srgb_of_cielab(encoded))
    return red, green, blue
