"""The picture in a pixel value, without the comments that stand in its frames."""

import hashlib
from collections.abc import Iterator

from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames

KEPT = (0xFFE0, 0xFFEE)  # JFIF and Adobe: they say what the colours mean
JPEG_2000_COM, SOD, SOS = 0xFF64, 0xFF93, 0xFFDA


def picture_md5(dataset: FileDataset, value: bytes) -> str:
    """A digest of what is to be seen: of native pixels as they are, of frames without comments."""
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return hashlib.md5(value).hexdigest()
    count = int(dataset.get("NumberOfFrames") or 1)
    digest = hashlib.md5()
    for frame in generate_frames(value, number_of_frames=count):
        digest.update(b"".join(_kept(frame)).rstrip(b"\0"))
    return digest.hexdigest()


def _kept(frame: bytes) -> Iterator[bytes]:
    """A frame marker by marker, as long as there are segments with a length."""
    if frame[:2] not in (b"\xff\xd8", b"\xff\x4f"):
        yield frame
        return
    yield frame[:2]
    place = 2
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker = int.from_bytes(frame[place : place + 2], "big")
        if marker in (SOD, SOS):
            break
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        if not _is_comment(marker):
            yield frame[place:end]
        place = end
    yield frame[place:]


def _is_comment(marker: int) -> bool:
    return marker in (0xFFFE, JPEG_2000_COM) or (0xFFE0 <= marker <= 0xFFEF and marker not in KEPT)
