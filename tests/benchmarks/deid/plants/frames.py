"""What hides in the pixel value: comments in compressed frames, bytes behind the last pixel."""

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000TransferSyntaxes, JPEGLSTransferSyntaxes, JPEGTransferSyntaxes

from tests.benchmarks.deid.sheet import Sheet

COM, APP1, APP13, JPEG_2000_COM = 0xFFFE, 0xFFE1, 0xFFED, 0xFF64


def comments(sheet: Sheet) -> bool:
    """Put comments into the frames of JPEG, JPEG-LS and JPEG 2000; whether there were such frames."""
    dataset, syntax = sheet.dataset, sheet.dataset.file_meta.TransferSyntaxUID
    marked = {*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes}
    if syntax not in marked or "PixelData" not in dataset:
        return False
    markers = (JPEG_2000_COM,) if syntax in JPEG2000TransferSyntaxes else (COM, APP1, APP13)
    if syntax in JPEGLSTransferSyntaxes:
        markers = (COM,)
    frames = []
    for frame in frames_of(dataset):
        names = [sheet.hide(f"marker {marker:04X} in a frame", sheet.stranger()) for marker in markers]
        frames.append(with_segments(frame, [segment(*pair) for pair in zip(markers, names, strict=True)]))
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        dataset.pop(keyword, None)
    return True


def frames_of(dataset: Dataset) -> Iterator[bytes]:
    """The compressed frames of a pixel value, one by one."""
    count = int(dataset.get("NumberOfFrames") or 1)
    return generate_frames(dataset.PixelData, number_of_frames=count)


def segment(marker: int, name: str) -> bytes:
    """A marker segment of JPEG or JPEG 2000 with a name in it."""
    content = {APP1: b"Exif\0\0", APP13: b"Photoshop 3.0\0", JPEG_2000_COM: b"\0\1"}.get(marker, b"") + name.encode()
    return marker.to_bytes(2, "big") + (len(content) + 2).to_bytes(2, "big") + content


def with_segments(frame: bytes, segments: list[bytes]) -> bytes:
    """A frame with segments behind its first marker; in JPEG 2000 behind SIZ, which has to be the first."""
    start = frame.find(b"\xff\x4f\xff\x51")
    if start >= 0:
        place = start + 4 + int.from_bytes(frame[start + 4 : start + 6], "big")
        return _even(frame[:place] + b"".join(segments) + frame[place:])
    return _even(frame[:2] + b"".join(segments) + frame[2:])


def _even(frame: bytes) -> bytes:
    return frame + bytes(len(frame) % 2)


def behind_last_pixel(sheet: Sheet) -> bool:
    """Now and then bytes behind the last pixel of an uncompressed image; whether there were any put."""
    dataset = sheet.dataset
    native = "PixelData" in dataset and not dataset.file_meta.TransferSyntaxUID.is_encapsulated
    if not native or sheet.random.random() < 0.6:
        return False
    name = sheet.hide("behind the last pixel", sheet.stranger())
    dataset.PixelData = dataset.PixelData + name.encode() + bytes(len(name) % 2)
    return True
