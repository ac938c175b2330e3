"""What a de-identified instance says of itself (PS3.15 E.1.1 items 6 and 7, CID 7050)."""

from collections.abc import Iterator

from dicomconv.elements import Element, Encoding, inner_encoding, scan
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.header import Header
from dicomconv.standard import EDITION, tag_of

METHOD = f"dicomconv; {EDITION} Basic Profile"
BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")


def marked(dataset: dict[int, bytes], encoding: Encoding, *, uncleaned: bool) -> Iterator[bytes]:
    """The encoded elements in tag order, with the markers set; method and codes added to those of earlier hands.

    `uncleaned`: text may be burned in and was kept, so Burned In Annotation says YES, whatever the sender said.
    """
    marks = {
        tag_of("PatientIdentityRemoved"): _text("PatientIdentityRemoved", "CS", "YES", encoding),
        tag_of("LongitudinalTemporalInformationModified"): _text(
            "LongitudinalTemporalInformationModified", "CS", "REMOVED", encoding
        ),
    }
    if uncleaned:
        marks[tag_of("BurnedInAnnotation")] = _text("BurnedInAnnotation", "CS", "YES", encoding)
    method, codes = tag_of("DeidentificationMethod"), tag_of("DeidentificationMethodCodeSequence")
    marks[method] = _method(dataset.get(method), encoding)
    marks[codes] = _codes(dataset.get(codes), encoding)
    dataset = {**dataset, **marks}
    return (dataset[tag] for tag in sorted(dataset))


def _text(keyword: str, vr: str, text: str, encoding: Encoding) -> bytes:
    return encode(tag_of(keyword), vr, text.encode(), encoding)


def _header(encoded: bytes, encoding: Encoding) -> tuple[Header, Element]:
    elements = scan(encoded, 0, len(encoded), encoding, 1).elements
    return Header(encoded, elements, encoding), elements[0]


def _method(before: bytes | None, encoding: Encoding) -> bytes:
    """The methods that were there as their bytes were, whatever their character set, and ours behind them."""
    said = b""
    if before:
        header, element = _header(before, encoding)
        said = header.buffer[element.value : element.end].rstrip(b" ")
    ours = METHOD.encode()
    value = said if said.endswith(ours) else b"\\".join(part for part in (said, ours) if part)
    return encode(tag_of("DeidentificationMethod"), "LO", value, encoding)


def _codes(before: bytes | None, encoding: Encoding) -> bytes:
    """The codes that were there, and ours behind them if it is not among them."""
    tag, content, vr, inner = tag_of("DeidentificationMethodCodeSequence"), b"", "SQ", encoding
    code, meaning = BASIC_PROFILE
    if before:
        header, element = _header(before, encoding)
        if any(item.text("CodeValue") == code for item in header.items("DeidentificationMethodCodeSequence")):
            return before
        vr, inner = element.vr, inner_encoding(element, encoding)
        content = before[element.value : element.end - 8 if element.undefined else element.end]
    item = b"".join(
        (
            _text("CodeValue", "SH", code, inner),
            _text("CodingSchemeDesignator", "SH", "DCM", inner),
            _text("CodeMeaning", "LO", meaning, inner),
        )
    )
    return encode_sequence(tag, vr, content + encode_item(item, inner), encoding, inner, undefined=False)
