"""The floor: what any converter has to do to the bytes, with no DICOM in it; each stage timed by itself.

Read a file, look its pixels up in a table, shuffle and deflate them, filter and deflate them as a PNG, write both. The
files are the phantom's: pixels are the last 512 x 512 x 2 bytes of each. Two processes, one series after the other.
"""

import sys
import time
import zlib
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

SIZE = 512
CONTAINER_LEVEL, PNG_LEVEL = 1, 1  # those of the package


def table() -> NDArray[np.uint8]:
    """Grey levels of a window of 400 around 40 HU, for all stored bits."""
    stored = np.arange(65536, dtype=np.uint16).view(np.int16) - 1024.0
    return np.clip(np.floor(255 * ((stored - 39.5) / 399 + 0.5) + 0.5), 0, 255).astype(np.uint8)


def png(filtered: bytes) -> bytes:
    """A PNG file around one deflated stream of filtered rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(data, zlib.crc32(kind)).to_bytes(4, "big")

    header = SIZE.to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    deflated = isal_zlib.compress(filtered, PNG_LEVEL)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", deflated) + chunk(b"IEND", b"")


def series(source: Path, out: Path) -> dict[str, float]:
    """Do one series; seconds by stage."""
    seconds: dict[str, float] = defaultdict(float)
    grey, folder = table(), out / source.name
    folder.mkdir(parents=True)
    planes = np.empty((2, SIZE * SIZE), np.uint8)
    filtered = np.ones((SIZE, SIZE + 1), np.uint8)
    with (out / f"{source.name}.bin").open("wb") as container:
        for path in sorted(source.iterdir()):
            marks = [time.perf_counter()]
            data = path.read_bytes()
            marks.append(time.perf_counter())
            stored = np.frombuffer(data[-2 * SIZE * SIZE :], "<u2")  # where words are aligned
            image = grey.take(stored).reshape(SIZE, SIZE)
            marks.append(time.perf_counter())
            np.copyto(planes[0], stored, casting="unsafe")
            np.right_shift(stored, 8, out=planes[1], casting="unsafe")
            marks.append(time.perf_counter())
            chunk = isal_zlib.compress(planes.data, CONTAINER_LEVEL)
            marks.append(time.perf_counter())
            filtered[:, 1] = image[:, 0]
            np.subtract(image[:, 1:], image[:, :-1], out=filtered[:, 2:])
            picture = png(filtered.data)
            marks.append(time.perf_counter())
            container.write(chunk)
            marks.append(time.perf_counter())
            (folder / f"{path.name}.png").write_bytes(picture)
            marks.append(time.perf_counter())
            for stage, start, stop in zip(STAGES, marks, marks[1:], strict=False):
                seconds[stage] += stop - start
    return dict(seconds)


STAGES = ("read", "LUT", "shuffle", "deflate", "PNG", "write container", "write PNG")


def main(source: Path, out: Path) -> None:
    """Do all series, and print the stages in ms a slice."""
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    count = sum(1 for folder in folders for _ in folder.iterdir())
    with ProcessPoolExecutor(2) as pool:
        done = list(pool.map(series, folders, [out] * len(folders)))
    for stage in STAGES:
        print(f"{stage:16}{1000 * sum(one[stage] for one in done) / count:7.2f} ms a slice")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
