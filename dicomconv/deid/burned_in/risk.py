"""Whether an instance is of a kind that carries text burned into its pixels (PS3.15 E.3.1).

Burned In Annotation (0028,0301) = NO is a hint of the sender and spares nothing.
"""

from collections.abc import Iterator

from dicomconv.header import Header

ULTRASOUND = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("3", "3.1", "6", "6.1", "6.2", "6.3")
)  # multi-frame and single-frame ultrasound, retired ones and volumes included
SECONDARY_CAPTURE = tuple(f"1.2.840.10008.5.1.4.1.1.7{suffix}" for suffix in ("", ".1", ".2", ".3", ".4"))
ENDOSCOPY = frozenset({"1.2.840.10008.5.1.4.1.1.77.1.1", "1.2.840.10008.5.1.4.1.1.77.1.1.1"})
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
VISIBLE_LIGHT = "1.2.840.10008.5.1.4.1.1.77."
CAPTURED = frozenset({"WSD", "SI", "SD", "DF", "DV", "DRW"})  # Conversion Type: how it became an image (PS3.3 C.8.6.1)
LABELS = frozenset({"LABEL", "OVERVIEW"})  # Image Type and Frame Type, value 3
LABEL = "it shows the label of a slide, where names are printed"
VIDEO_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))


def risk(header: Header, sop_class: str, transfer_syntax_uid: str) -> str:
    """Why this instance, which has pixel data, may show text in it; empty if its kind does not."""
    modality = header.text("Modality").upper()
    image_type = [word.strip() for word in header.text("ImageType").upper().split("\\")]
    if _shows_a_label(header, sop_class, image_type):
        return LABEL
    if header.text("BurnedInAnnotation").upper() not in ("", "NO"):
        return "it says that text is burned in"
    if sop_class in ULTRASOUND or modality in ("US", "IVUS"):
        return "ultrasound images carry names in their pixels"
    if sop_class in ENDOSCOPY or modality == "ES":
        return "endoscopic images carry names in their pixels"
    if transfer_syntax_uid.startswith(VIDEO_SYNTAXES):
        return "a video may show names, and carries text beside the picture"
    if any("SCREEN" in word or word in ("DISPLAY", "CAPTURE") for word in image_type):
        return "it is a capture of a screen"
    if sop_class in SECONDARY_CAPTURE and _looks_like_a_screen(header):
        return "it is a secondary capture that looks like a screen or a scanned page"
    if not sop_class.startswith(VISIBLE_LIGHT) and _is_coloured_result(header, image_type):
        return "it is a coloured result picture, which often shows a screen"
    return ""


def _shows_a_label(header: Header, sop_class: str, image_type: list[str]) -> bool:
    """Whether an image of a slide, or any of its frames, shows the slide's label (PS3.3 C.8.12.4, C.8.12.5, C.7.6.22).

    An overview shows the whole glass, label included. Volumes and thumbnails show the specimen alone.
    """
    if header.text("SpecimenLabelInImage").upper() not in ("", "NO"):
        return True
    if sop_class != WHOLE_SLIDE:
        return False
    named = any(word.encode() in header.buffer for word in LABELS)  # a slide has a hundred thousand frames: seldom asked
    return bool(LABELS & set(image_type)) or (named and any(LABELS & types for types in _frame_types(header)))


def _frame_types(header: Header) -> Iterator[set[str]]:
    """What each frame, and all frames together, are said to show: Frame Type."""
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in header.each_item(groups):
            for item in group.each_item("WholeSlideMicroscopyImageFrameTypeSequence"):
                yield {word.upper() for word in item.texts("FrameType")}


def is_searched_always(header: Header, sop_class: str) -> bool:
    """Whether every instance of its kind is looked at for text, though its kind is none of those at risk: 8-bit colour.

    Tiles of slides are not: their text is on labels.
    """
    colour = header.number("SamplesPerPixel") == 3 or header.text("PhotometricInterpretation") == "PALETTE COLOR"
    return colour and header.number("BitsAllocated") == 8 and sop_class != WHOLE_SLIDE


def _looks_like_a_screen(header: Header) -> bool:
    return header.number("BitsAllocated") == 8 or header.text("ConversionType").upper() in CAPTURED


def _is_coloured_result(header: Header, image_type: list[str]) -> bool:
    """Secondary pictures in colour from scanners that measure grey: dose screens, curves, fused views."""
    modality = header.text("Modality").upper()
    grey = modality in ("CT", "MR", "PT", "NM", "XA", "RF", "CR", "DX", "MG", "OT")
    colour = header.number("SamplesPerPixel") == 3 or header.text("PhotometricInterpretation") == "PALETTE COLOR"
    secondary = "SECONDARY" in image_type[1:2] or modality in ("XA", "RF", "CR", "DX", "MG")
    return grey and colour and secondary and header.number("BitsAllocated") == 8
