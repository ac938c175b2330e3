"""De-identified files with encrypted attributes, made of two files at will: the original and the other."""

from collections.abc import Iterable
from pathlib import Path

from dicomconv.model import Deidentified
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.encrypt import with_encrypted_attributes
from tests.seal.holders import Holder


def protected(original: bytes | Path, deidentified: bytes, holders: Iterable[Holder]) -> bytes:
    """The de-identified file with what the original has and it has not, encrypted; both of one encoding."""
    one = with_encrypted_attributes(split(original), as_deidentified(deidentified), [h.certificate for h in holders])
    return b"".join(one.chunks())


def as_deidentified(content: bytes) -> Deidentified:
    """The record of a file that is taken for de-identified."""
    parts = split(content)
    pixel, header = parts.pixel_element, parts.header()
    return Deidentified(
        sop_class_uid=header.text("SOPClassUID"),
        sop_instance_uid=header.text("SOPInstanceUID"),
        transfer_syntax_uid=parts.transfer_syntax_uid,
        dataset_start=parts.dataset_start,
        pixel_keyword="PixelData" if pixel else "",
        encapsulated=pixel is not None and pixel.undefined,
        head=parts.head,
        pixels=parts.pixels,
        tail=parts.tail,
    )


def elements(parts: Parts) -> dict[int, bytes]:
    """The encoded elements of a file by tag, without the pixel data."""
    both = ((parts.head, parts.elements), (parts.tail, parts.tail_elements))
    found = {e.tag: buffer[e.start : e.end] for buffer, those in both for e in those if e is not parts.pixel_element}
    return {tag: content for tag, content in found.items() if tag & 0xFFFF}
