"""A process of its own that decodes frames under a limit of memory: `python -m tests.pixels.frame_worker MEBIBYTES`.

Cases come on standard input, each a length and a pickle of (PixelFormat, pixel value); a line goes back for each:
what came of it. A decoder that ends the process ends this one, and the tests see it.
"""

import contextlib
import os
import pickle
import resource
import struct
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import imagecodecs
import numpy as np

from dicomconv.errors import Undecodable
from dicomconv.model import Span
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.decode import frames

ROOT = Path(__file__).parents[2]
HEADER = struct.Struct("<Q")


class Worker:
    """The process, seen from the tests. `ask` gives what came of one case; EOFError if the process has ended."""

    def __init__(self, mebibytes: int):
        command = [sys.executable, "-m", "tests.pixels.frame_worker", str(mebibytes)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, format: PixelFormat, value: bytes) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        case = pickle.dumps((format, value))
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(HEADER.pack(len(case)) + case)
            self._process.stdin.flush()
        answer = self._process.stdout.readline().decode()
        if not answer:
            raise EOFError(f"a decoder ended the process, exit code {self._process.wait()}")
        return answer.rstrip("\n")

    def end(self) -> None:
        """End it, as a decoder might."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]


def limit_memory(mebibytes: int) -> None:
    """Let this process have so much more address space than it has now, when all its libraries are loaded."""
    imagecodecs.jpeg2k_decode(imagecodecs.jpeg2k_encode(np.zeros((9, 9), np.uint8)))
    imagecodecs.jpegxl_decode(imagecodecs.jpegxl_encode(np.zeros((9, 9), np.uint8)))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def outcome(format: PixelFormat, value: bytes) -> str:
    """How many frames there are, or the sentence that says why there are none."""
    try:
        return f"{sum(1 for _ in frames(format, Span(value, 0, len(value))))} frames"
    except Undecodable as error:
        return str(error)


def main() -> None:
    limit_memory(int(sys.argv[1]))
    while header := sys.stdin.buffer.read(HEADER.size):
        format, value = pickle.loads(sys.stdin.buffer.read(HEADER.unpack(header)[0]))
        print(outcome(format, value), flush=True)


if __name__ == "__main__":
    main()
