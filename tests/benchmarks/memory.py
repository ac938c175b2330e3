"""`python -m tests.benchmarks.memory`: the most memory of each process, for a long series and for a huge object.

Linux only. The objects are written piece by piece; nothing of the package takes part in that or in measuring.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.benchmarks.tiny import EXPLICIT, ROOT, element
from tests.benchmarks.watch import Watched, watched

FOLDER = Path(__file__).parents[2]
LIMIT_MB = 400
CT, ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"
NOISE = random.Random(1).randbytes(1 << 22)


def header(sop_class: str, uid: str, size: tuple[int, int], frames: int, number: int) -> bytes:
    """Everything in front of the pixel value of an image of 16 bits, its length among it."""
    rows, columns = size
    meta = element(2, 2, "UI", sop_class) + element(2, 3, "UI", uid) + element(2, 0x10, "UI", EXPLICIT)
    length = rows * columns * 2 * frames
    elements = [
        element(8, 0x8, "CS", "ORIGINAL\\PRIMARY\\AXIAL"), element(8, 0x16, "UI", sop_class),
        element(8, 0x18, "UI", uid), element(8, 0x60, "CS", "CT"), element(0x10, 0x10, "PN", "Phantom^Large"),
        element(0x10, 0x20, "LO", "ID1"), element(0x20, 0xD, "UI", f"{ROOT}.1"), element(0x20, 0xE, "UI", f"{ROOT}.1.1"),
        element(0x20, 0x13, "IS", str(number)), element(0x20, 0x32, "DS", f"-10.5\\-20.25\\{number}"),
        element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0"), element(0x28, 2, "US", 1), element(0x28, 4, "CS", "MONOCHROME2"),
        *([element(0x28, 8, "IS", str(frames))] if frames > 1 else []), element(0x28, 0x10, "US", rows),
        element(0x28, 0x11, "US", columns), element(0x28, 0x100, "US", 16), element(0x28, 0x101, "US", 12),
        element(0x28, 0x102, "US", 11), element(0x28, 0x103, "US", 0), element(0x28, 0x1050, "DS", "1000"),
        element(0x28, 0x1051, "DS", "2000"), element(0x28, 0x1052, "DS", "0"), element(0x28, 0x1053, "DS", "1"),
    ]  # fmt: skip
    begin = bytes(128) + b"DICM" + element(2, 0, "UL", len(meta).to_bytes(4, "little")) + meta + b"".join(elements)
    return begin + b"\xe0\x7f\x10\x00OW\0\0" + length.to_bytes(4, "little")


@cache
def _words() -> bytes:
    """Noise of 10 bits in words of 16."""
    mask = int.from_bytes(b"\xff\x03" * (len(NOISE) // 2), "little")
    return (int.from_bytes(NOISE, "little") & mask).to_bytes(len(NOISE), "little")


def pixels(length: int, seed: int) -> Iterator[bytes]:
    """Words that are different in each object."""
    words = _words()
    start = seed * 7919 * 2 % (len(words) // 2)
    while length:
        piece = words[start : start + length]
        yield piece
        length, start = length - len(piece), 0


def write(path: Path, sop_class: str, size: tuple[int, int], frames: int, number: int = 1) -> None:
    """A file of one object."""
    with path.open("wb") as file:
        file.write(header(sop_class, f"{ROOT}.2.{number}", size, frames, number))
        file.writelines(pixels(size[0] * size[1] * 2 * frames, number))


def long_series(folder: Path, slices: int) -> str:
    """A series of many slices of 512 by 512."""
    for number in range(1, slices + 1):
        write(folder / f"IM{number:05}", CT, (512, 512), 1, number)
    return f"{slices} slices of 512 x 512 in one series"


def huge_object(folder: Path, frames: int) -> str:
    """One object of many frames of 1024 by 1024, 2 MiB each."""
    write(folder / "IM1", ENHANCED_CT, (1024, 1024), frames)
    return f"one object of {frames} frames of 1024 x 1024, {(folder / 'IM1').stat().st_size / 1e9:.1f} GB"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory", description=__doc__)
    parser.add_argument("--slices", type=int, default=5_000, help="of the long series (5000)")
    parser.add_argument("--frames", type=int, default=1_024, help="of the huge object, 2 MiB each (1024)")
    parser.add_argument("--jobs", default="2", help="(2)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs some 8 GB of room")
    parser.add_argument("--also", nargs="*", default=[], metavar="OPTION", help="more options of convert")
    return parser.parse_args()


def main() -> int:
    """Make both, convert both, say what each process took; 1 if one took more than it may."""
    asked = arguments()
    print(f"{'':58}{'seconds':>9}{'main MB':>9}{'worker MB':>11}")
    worst = 0.0
    for make, count in ((long_series, asked.slices), (huge_object, asked.frames)):
        with tempfile.TemporaryDirectory(prefix="dicomconv-memory-", dir=asked.folder) as folder:
            (source := Path(folder) / "source").mkdir()
            named = make(source, count)
            command = ["convert", str(source), "-o", f"{folder}/out", "--jobs", asked.jobs, "--quiet", *asked.also]
            run = watched([sys.executable, "-m", "dicomconv", *command], FOLDER)
            print(line(named, run), flush=True)
            worst = max(worst, run.main_mb, run.child_mb)
    return int(worst > LIMIT_MB)


def line(named: str, run: Watched) -> str:
    """One line of the table."""
    fault = f"   ended with {run.code}: {run.output[-300:]}" if run.code else ""
    return f"{named:58}{run.seconds:9.1f}{run.main_mb:9.0f}{run.child_mb:11.0f}{fault}"


if __name__ == "__main__":
    sys.exit(main())
