"""Contestants that take turns in one run, each a whole process, timed by the clock on the wall.

This process stays small (no numpy here): the peak memory the kernel reports of a child is never less than its parent's.
"""

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

REFERENCE = "dcmj2pnm x2"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a contestant took; `fault` if it ended badly or left less than it should."""

    seconds: float
    peak_bytes: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder the series lie in, and how many there are."""

    folder: Path
    slices: int
    series: int

    @property
    def source(self) -> Path:
        """Where the original series are."""
        return self.folder / "source"

    @property
    def key(self) -> Path:
        """The key file of our own runs."""
        return self.folder / "key"

    def prepare(self) -> None:
        """Make the series and the key."""
        counts = [str(self.slices), str(self.series)]
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.phantom", str(self.source), *counts], check=True, cwd=ROOT
        )
        subprocess.run([*OURS, "keygen", "-o", str(self.key)], check=False, cwd=ROOT, capture_output=True)

    def race(self, names: Iterable[str], rounds: int) -> dict[str, list[Run]]:
        """Let the contestants take turns: A B A B. One that cannot run at all is left out after its first turn."""
        runs: dict[str, list[Run]] = {name: [] for name in names}
        for _ in range(rounds):
            for name, done in runs.items():
                if not (done and done[0].fault):
                    done.append(self.run(name))
        return runs

    def run(self, name: str) -> Run:
        """One turn of a contestant, its output removed afterwards."""
        out = self.folder / "out"
        command, given = CONTESTANTS[name](self, out)
        if shutil.which(command[0]) is None:
            return Run(0, 0, f"{command[0]} is not installed")
        try:
            seconds, peak_bytes, fault = timed(command, given, self.folder / "errors")
            missing = self.missing(out, name != REFERENCE)
        finally:
            shutil.rmtree(out, ignore_errors=True)
        return Run(seconds, peak_bytes, fault or missing)

    def missing(self, out: Path, with_containers: bool) -> str:
        """What is wrong with the number of files a contestant left; nothing, as a rule."""
        pictures, containers = (sum(1 for _ in out.rglob(pattern)) for pattern in ("*.png", "*.h5"))
        wanted = self.slices * self.series, self.series * with_containers
        return "" if (pictures, containers) == wanted else f"left {pictures} pictures and {containers} containers"


def timed(command: list[str], given: bytes, errors: Path) -> tuple[float, int, str]:
    """Seconds, peak memory (bytes; of the largest process it waited for), and how a command failed, if it did."""
    with errors.open("wb") as log:
        start = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, cwd=ROOT) as child:
            assert child.stdin is not None
            child.stdin.write(given)
            child.stdin.close()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
    words = errors.read_text(errors="replace").strip().splitlines()
    fault = f"exit {child.returncode}: {words[-1] if words else 'no word'}" if child.returncode else ""
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), fault


Command = tuple[list[str], bytes]
OURS = [sys.executable, "-m", "dicomconv"]


def ours(*options: str) -> Callable[[Bench, Path], Command]:
    """`dicomconv convert` with PNGs and container."""

    def command(bench: Bench, out: Path) -> Command:
        return [*OURS, "convert", str(bench.source), "-o", str(out), "--key", str(bench.key), *options], b""

    return command


def dcmj2pnm(bench: Bench, out: Path) -> Command:
    """PNGs alone, a process a file, two at a time, the first window of the file."""
    out.mkdir()
    sources = sorted(path for path in bench.source.rglob("*") if path.is_file())
    pairs = [part for number, path in enumerate(sources) for part in (str(path), str(out / f"{number:05}.png"))]
    listed = b"".join(os.fsencode(part) + b"\0" for part in pairs)
    if shutil.which("dcmj2pnm") is None:
        return ["dcmj2pnm"], b""
    return ["xargs", "-0", "-P", "2", "-n", "2", "dcmj2pnm", "+on", "+Wi", "1"], listed


def naive(bench: Bench, out: Path) -> Command:
    """The loop people write: pydicom, Pillow, h5py."""
    return [sys.executable, "-m", "tests.benchmarks.naive", str(bench.source), str(out)], b""


CONTESTANTS: dict[str, Callable[[Bench, Path], Command]] = {
    "dicomconv": ours(),
    "dicomconv --jobs 2": ours("--jobs", "2"),
    REFERENCE: dcmj2pnm,
    "naive loop": naive,
}


def report(bench: Bench, runs: dict[str, list[Run]]) -> str:
    """The table: seconds (least, median, most), slices a second, how often as fast as the reference, peak memory."""
    count = bench.slices * bench.series
    lines = [
        f"{bench.series} series of {bench.slices} slices, 512 x 512, 16 bits; "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.machine()}",
        f"{'':20}{'min s':>8}{'median':>8}{'max':>8}{'slices/s':>10}{'peak MB':>9}   times as fast as {REFERENCE}",
    ]
    return "\n".join(lines + [_row(name, done, runs.get(REFERENCE, []), count) for name, done in runs.items()])


def _row(name: str, done: list[Run], reference: list[Run], count: int) -> str:
    faults = [run.fault for run in done if run.fault]
    if faults:
        return f"{name:20}{faults[0]}"
    seconds = [run.seconds for run in done]
    peak = max(run.peak_bytes for run in done) / 1e6
    middle = median(seconds)
    figures = f"{name:20}{min(seconds):8.2f}{middle:8.2f}{max(seconds):8.2f}{count / middle:10.1f}{peak:9.0f}   "
    if not reference or reference[0].fault:
        return figures
    ratios = [theirs.seconds / run.seconds for run, theirs in zip(done, reference, strict=False)]
    return figures + f"{min(ratios):.2f} … {median(ratios):.2f} … {max(ratios):.2f}"
