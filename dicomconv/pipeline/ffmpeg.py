"""The frames of a video by an installed `ffmpeg` program, one after the other (PS3.5 8.2.5 to 8.2.8, 8.2.10, 8.2.11).

The program is told nothing but how the picture is to come out: the stream goes in on its standard input, whatever it
says goes nowhere, it may open no file and no connection, and it ends when it has been silent for too long.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Malformed, Undecodable
from dicomconv.model import Span
from dicomconv.part10 import fragments
from dicomconv.pixels.attributes import PixelFormat

NOT_INSTALLED = "there is no ffmpeg program on PATH to draw a video with; install it (`apt install ffmpeg`)"
SILENCE_SECONDS = 60
THREADS = "2"
PIECE = 1 << 20
LARGEST_FRAME, LARGE_VIDEO, LARGEST_RATIO = 1 << 27, 1 << 30, 20_000  # bytes, decoded; a ratio to the compressed bytes
LARGEST_WORDS = 1 << 16
CODED_MARGIN = 256  # decoders work on whole blocks, and on some more around the picture
HIGH_DEFINITION = 720  # rows from which a video that does not say so has the colours of BT.709, below BT.601
DEMUXERS, DECODERS = "mpegts,mov,h264,hevc,mpegvideo,mpeg", "mpeg1video,mpeg2video,h264,hevc"
KEPT_VARIABLES = frozenset({"PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP"})


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The program that was found, and its version as it says it."""

    path: str
    version: str


def installed() -> Ffmpeg:
    """The program on PATH; Undecodable, and what to do, if there is none that runs."""
    path = shutil.which("ffmpeg")
    version = _version(path) if path else ""
    if not path or not version:
        raise Undecodable(NOT_INSTALLED)
    return Ffmpeg(path, version)


@lru_cache
def _version(path: str) -> str:
    try:
        told = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            env=_environment(),
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.match(rb"ffmpeg version ([\w.+~:-]{1,60})", told.stdout)
    return found[1].decode() if found else ""


def _environment() -> dict[str, str]:
    """What a program needs to run at all, and nothing that makes ffmpeg write reports or use a proxy."""
    return {name: value for name, value in os.environ.items() if name.upper() in KEPT_VARIABLES}


class Video:
    """The frames of a video, (rows, columns, 3) uint8 RGB, in the order in which they are shown; read once.

    At most as many as Number of Frames says; `has_more`: there was a further one.
    """

    def __init__(self, format: PixelFormat, value: Span, program: Ffmpeg) -> None:
        self._format, self._program, self.has_more = format, program, False
        self._stream = _Stream(value)
        size = format.rows * format.columns * 3
        if size > LARGEST_FRAME or size * format.number_of_frames > max(LARGE_VIDEO, LARGEST_RATIO * value.length):
            raise Undecodable("the video claims to be thousands of times larger than its compressed bytes")

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        command = [*self._input(), *self._colours(), "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-c:v", "ppm"]
        with _running([*command, "-f", "image2pipe", "pipe:1"], self._stream, subprocess.DEVNULL) as (output, watch):
            for number in range(self._format.number_of_frames + 1):
                with watch:
                    frame = self._frame(output)
                if frame is None:
                    return
                self.has_more = number == self._format.number_of_frames
                if not self.has_more:
                    yield frame

    def _input(self) -> list[str]:
        """The program, how it is to read, and that the first video stream alone is wanted."""
        rows, columns = self._format.rows + CODED_MARGIN, self._format.columns + CODED_MARGIN
        return [
            *(self._program.path, "-hide_banner", "-nostdin", "-protocol_whitelist", "pipe,cache"),
            *("-format_whitelist", DEMUXERS, "-codec_whitelist", DECODERS, "-max_pixels", str(rows * columns)),
            *("-threads", THREADS, "-noautorotate"),
            *(("-read_ahead_limit", "-1", "-i", "cache:pipe:0") if self._stream.is_mp4 else ("-i", "pipe:0")),
            *("-map", "0:v:0", "-an", "-sn", "-dn", "-threads", THREADS, "-filter_threads", "1"),
        ]

    def _colours(self) -> list[str]:
        """A video of high definition that does not say which colours it has is BT.709; ffmpeg takes all for BT.601."""
        if self._format.rows < HIGH_DEFINITION:
            return []
        command = [*self._input(), "-frames:v", "1", "-vf", "showinfo", "-f", "null", "-"]
        with _running(command, self._stream, subprocess.PIPE) as (words, watch), watch:
            is_told = b"color_space:unknown" not in words.read(LARGEST_WORDS)
        return [] if is_told else ["-vf", "setparams=colorspace=bt709"]

    def _frame(self, output: IO[bytes]) -> NDArray[np.uint8] | None:
        """The next frame, a PPM picture; None at the end. Undecodable if it has another size."""
        lines = [output.readline(32) for _ in range(3)]
        if not lines[0]:
            return None
        rows, columns = self._format.rows, self._format.columns
        if lines != [b"P6\n", b"%d %d\n" % (columns, rows), b"255\n"]:
            raise Undecodable("the video has another size than Rows and Columns say")
        data = output.read(rows * columns * 3)
        return np.frombuffer(data, np.uint8).reshape(rows, columns, 3) if len(data) == rows * columns * 3 else None


class _Stream:
    """The fragments of a pixel value one after the other, which are the video as it came."""

    def __init__(self, value: Span) -> None:
        self._value = value
        try:
            self._items = fragments(value)[0][1:]
        except (Malformed, ValueError):
            raise Undecodable("the encapsulated pixel data is not a sequence of fragments") from None

    @property
    def is_mp4(self) -> bool:
        """Whether it is an MP4 file, whose table of contents may stand at its end."""
        start = self._items[0][0] if self._items else 0
        return self._value.read(start, start + 8)[4:] == b"ftyp"

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, some at a time."""
        for start, length in self._items:
            yield from self._value.part(start, start + length).chunks(PIECE)


class _Watch:
    """Ends a program from which nothing has come for too long while somebody waits for it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process, self._ended, self._deadline = process, threading.Event(), float("inf")
        threading.Thread(target=self._look, daemon=True).start()

    def __enter__(self) -> None:
        self._deadline = time.monotonic() + SILENCE_SECONDS

    def __exit__(self, *error: object) -> None:
        self._deadline = float("inf")

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            if time.monotonic() > self._deadline:
                kill(self._process)
                return

    def end(self) -> None:
        """Look no longer."""
        self._ended.set()


@contextmanager
def _running(command: list[str], stream: _Stream, errors: int) -> Iterator[tuple[IO[bytes], _Watch]]:
    """The program at work on a stream: what it gives (what it says, if `errors` is a pipe), and who watches it."""
    gives = subprocess.DEVNULL if errors == subprocess.PIPE else subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=gives, stderr=errors, env=_environment(), start_new_session=True
        )
    except OSError:
        raise Undecodable(NOT_INSTALLED) from None
    watch, output = _Watch(process), process.stdout or process.stderr
    feeder = threading.Thread(target=_feed, args=(process.stdin, stream), daemon=True)
    feeder.start()
    assert output is not None  # one of them is a pipe
    try:
        yield output, watch
    finally:
        kill(process)
        process.wait()
        watch.end()
        feeder.join()
        output.close()


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a program and, where systems know groups of processes, what it has started: it may be a script."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _feed(stdin: Any, stream: _Stream) -> None:
    """Give the program its stream, until it wants no more."""
    with suppress(OSError, EOFError):  # it has ended, or the file became shorter: fewer frames come
        for piece in stream.pieces():
            stdin.write(piece)
    with suppress(OSError):
        stdin.close()
