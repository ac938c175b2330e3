"""Files that do to the process that decodes or reads them what real ones have done: the first pixel says what.

`install` puts a decoder into this process that does it; the package knows nothing of it.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv.pipeline import context, draw
from dicomconv.pipeline.convert import convert_series
from dicomconv.pipeline.deidentify import deidentify_series
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pixels import decode
from tests import make

SIZE = (6, 7)
ONCE = "killed-once"  # a file beside OUT


def hog() -> None:
    """Take a gigabyte, and keep it."""
    taken = np.ones(1 << 27)
    time.sleep(3600)
    taken.fill(0)


def out_of_memory() -> None:
    """What numpy does when there is no memory."""
    raise MemoryError("quotes DOE^JANE")


def fault_of_ours() -> None:
    """An error that nobody expected."""
    raise ValueError("quotes DOE^JANE")


DEEDS: dict[int, Callable[[], Any]] = {
    60001: lambda: ctypes.string_at(0),  # reads where nothing is
    60002: lambda: ctypes.PyDLL(None).sleep(3600),  # in C, with the interpreter's lock held: no thread and no handler runs
    60003: hog,
    60004: lambda: os._exit(7),
    60005: lambda: os.kill(os.getpid(), signal.SIGKILL),
    60006: out_of_memory,
    60007: fault_of_ours,
}
SEGFAULT, HANG, HOG, EXIT, KILL, NO_MEMORY, OURS = DEEDS
LATE = 60008  # as a segfault, but when the frame is compressed, and others have been read meanwhile
READ = b"POISON IN A HEADER"  # a header with it ends the process that collects what identifies the patient


def slices(count: int, poison: dict[int, int], **attributes: Any) -> list[bytes]:
    """A series of compressed slices; `poison`: which ones do what."""
    found = []
    for number in range(1, count + 1):
        pixels = make.ramp(*SIZE) + number
        pixels[0, 0] = poison.get(number, number)
        position = ["0", "0", str(number)]
        found.append(make.encapsulated(pixels, InstanceNumber=number, ImagePositionPatient=position, **attributes))
    return found


def folder(path: Path, contents: Iterable[bytes]) -> Path:
    """A folder with these files, named by their number."""
    return make.write(path, {f"{number:03}": content for number, content in enumerate(contents, 1)})


def install() -> None:
    """Have the deeds done in this process from now on."""
    real, encode_frame, split_headers = decode.decode_frame, draw.encode_frame, context.split_headers

    def decoded(*arguments: Any) -> Any:
        frame = real(*arguments)
        DEEDS.get(int(frame.flat[0]), lambda: None)()
        return frame

    def encoded(raw: Any, *arguments: Any) -> Any:
        if raw.flat[0] == LATE:
            time.sleep(0.3)
            DEEDS[SEGFAULT]()
        return encode_frame(raw, *arguments)

    def read(path: Path, *rest: Any) -> Any:
        if READ in path.read_bytes():
            DEEDS[SEGFAULT]()
        return split_headers(path, *rest)

    if real.__name__ != "decoded":
        decode.decode_frame, draw.encode_frame, context.split_headers = decoded, encoded, read


def leave_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process decode and read afterwards as it did before, whatever is installed in the meantime."""
    for module, name in ((decode, "decode_frame"), (draw, "encode_frame"), (context, "split_headers")):
        monkeypatch.setattr(module, name, getattr(module, name))


def convert_poison(job: SeriesJob, out: Path) -> SeriesReport:
    """Convert a series with the deeds done."""
    install()
    return convert_series(job, out)


def deidentify_poison(job: SeriesJob, out: Path) -> SeriesReport:
    """De-identify a series, its headers read with the deeds done."""
    install()
    return deidentify_series(job, out)


def convert_killed_once(job: SeriesJob, out: Path) -> SeriesReport:
    """Convert a series in a process that somebody ends the first time that a third frame is decoded."""
    real, seen = decode.decode_frame, []

    def decoded(*arguments: Any) -> Any:
        seen.append(1)
        if len(seen) == 3 and not (out.parent / ONCE).exists():
            (out.parent / ONCE).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)

    decode.decode_frame = decoded
    return convert_series(job, out)
