"""The picture in a pixel value, without the comments that stand in its frames."""

import hashlib
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

JPEG, JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
COM, JFIF, ADOBE, SOS, JPEG_2000_COM, SOD = 0xFFFE, 0xFFE0, 0xFFEE, 0xFFDA, 0xFF64, 0xFF93
END = b"\xff\xd9"


def picture_md5(dataset: Dataset, value: bytes) -> str:
    """A digest of what is to be seen: of native pixels as many as there are, of frames without comments."""
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return hashlib.md5(value[: native_length(dataset)]).hexdigest()
    count = int(dataset.get("NumberOfFrames") or 1)
    digest = hashlib.md5()
    for frame in generate_frames(value, number_of_frames=count):
        digest.update(picture(frame))
    return digest.hexdigest()


def native_length(dataset: Dataset) -> int:
    """How many bytes the header declares, the one that makes them even included."""
    bits = int(dataset.get("Rows", 0)) * int(dataset.get("Columns", 0)) * int(dataset.get("SamplesPerPixel", 1))
    bits *= int(dataset.get("NumberOfFrames") or 1) * int(dataset.get("BitsAllocated", 8))
    if dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3
    length = (bits + 7) // 8
    return length + length % 2


def has_more_bytes(dataset: Dataset, value: bytes) -> bool:
    """Whether a native pixel value is longer than its header declares: what is more may be cut off."""
    return not dataset.file_meta.TransferSyntaxUID.is_encapsulated and len(value) > native_length(dataset)


def picture(frame: bytes) -> bytes:
    """A compressed frame from its first marker to its last, without comments; of others all but the padding."""
    start = frame.find(JPEG_2000, 0, 4096) if not frame.startswith(JPEG) else 0
    if start < 0:
        return frame.rstrip(b"\0")
    end = frame.rfind(END)
    return b"".join(_kept(frame[start : end + 2 if end > start else None]))


def _kept(frame: bytes) -> Iterator[bytes]:
    """A frame marker by marker, as long as there are segments with a length."""
    yield frame[:2]
    place = 2
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker = int.from_bytes(frame[place : place + 2], "big")
        if marker in (SOD, SOS):
            break
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        if not _is_comment(marker, frame[place + 4 : end]):
            yield frame[place:end]
        place = end
    yield frame[place:]


def _is_comment(marker: int, content: bytes) -> bool:
    """JFIF and Adobe's segment are none: they say what the colours mean. Adobe's has at least twelve bytes."""
    if marker == JFIF:
        return not content.startswith((b"JFIF\0", b"JFXX\0"))
    if marker == ADOBE:
        return not (content.startswith(b"Adobe") and len(content) >= 12)
    return marker in (COM, JPEG_2000_COM) or JFIF <= marker <= 0xFFEF
