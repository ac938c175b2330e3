"""Videos made by the ffmpeg program, in DICOM. Imports nothing of dicomconv."""

import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import make

SYNTAXES = {
    "mpeg2": "1.2.840.10008.1.2.4.100",
    "mpeg2 high": "1.2.840.10008.1.2.4.101",
    "h264": "1.2.840.10008.1.2.4.102",
    "hevc": "1.2.840.10008.1.2.4.107",
    "h264 fragmentable": "1.2.840.10008.1.2.4.102.1",
}
COLOURS = ((255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255),
           (0, 0, 0), (128, 128, 128), (200, 120, 40))  # fmt: skip
needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="there is no ffmpeg program to make a video with"
)


class Kind(NamedTuple):
    """How a video is encoded: codec, container format, and the colours that it has; `is_told`: and says."""

    codec: str
    container: str
    matrix: str = "bt601"
    range: str = "tv"
    is_told: bool = True


def bars(rows: int, columns: int, frame: int = 0) -> NDArray[np.uint8]:
    """Upright bars of COLOURS, beginning with that of the frame's number."""
    which = np.arange(columns) * len(COLOURS) // columns
    colours = np.array(COLOURS, np.uint8)[(which + frame) % len(COLOURS)]
    return np.broadcast_to(colours, (rows, columns, 3)).copy()


def stream(frames: Sequence[NDArray[np.uint8]], kind: Kind) -> bytes:
    """The frames as a video, as little lossy as the codec can be."""
    rows, columns = frames[0].shape[:2]
    quality = {"mpeg2video": ["-q:v", "1"], "libx264": ["-crf", "1"], "libx265": ["-crf", "1"]}[kind.codec]
    space = {"bt601": "smpte170m", "bt709": "bt709"}[kind.matrix]
    told = ["-colorspace", space, "-color_range", kind.range] if kind.is_told else []
    if kind.codec == "libx265":
        told += [
            "-x265-params",
            "log-level=error" + (f":colormatrix={space}:range={_x265(kind)}" if kind.is_told else ""),
        ]
    command = [
        *("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{columns}x{rows}", "-r", "25"),
        *("-i", "pipe:0", "-vf", f"scale=out_color_matrix={kind.matrix}:out_range={kind.range},format=yuv420p"),
        *("-c:v", kind.codec, *quality, *told, "-y", "-f", kind.container),
    ]
    return _run(command, b"".join(frame.tobytes() for frame in frames), kind.container)


def _x265(kind: Kind) -> str:
    return "full" if kind.range == "pc" else "limited"


def _run(command: list[str], given: bytes, container: str) -> bytes:
    """What a command writes to a pipe; MP4 has to go to a file, as its table of contents is written last."""
    if container != "mp4":
        return subprocess.run([*command, "pipe:1"], input=given, stdout=subprocess.PIPE, check=True).stdout
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        subprocess.run([*command, file.name], input=given, check=True)
        return file.read()


def video(
    content: bytes, rows: int, columns: int, count: int, *, syntax: str = SYNTAXES["h264"], pieces: int = 1, **more: Any
) -> bytes:
    """A Video Photographic Image of this stream, in so many fragments."""
    said = {"PhotometricInterpretation": "YBR_PARTIAL_420", "NumberOfFrames": count, "Modality": "XC",
            "CineRate": 25, "FrameTime": "40", "BurnedInAnnotation": "NO", **more}  # fmt: skip
    values = make.identified("1.2.840.10008.5.1.4.1.1.77.1.4.1", said)
    pixels = np.zeros((rows, columns, 3), np.uint8)
    head = make.encoded(make.dataset(make.image_pixel(pixels, values)), syntax)
    size = max(2, -(-len(content) // pieces) // 2 * 2 + 2)
    fragments = [content[start : start + size] for start in range(0, len(content), size)]
    items = b"".join(make.item(part + bytes(len(part) % 2)) for part in [b"", *fragments])
    element = make.element(0x7FE00010, "OB", b"", length=make.UNDEFINED)
    return head + element + items + make.element(make.SEQUENCE_END, "", b"")
