"""`python -m tests.benchmarks.speed`: how fast series become PNGs and containers, beside other tools and beside the floor.

Contestants take turns in one run, each a whole process, timed by the clock on the wall. The floor is what anybody has
to do to the bytes, with no DICOM in it (floor.py). This process stays small (no numpy here): the peak memory the kernel
reports of a child is never less than its parent's.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

OURS, FLOOR = "dicomconv", "the floor"
START, FLOOR_START, ONE_SERIES = "dicomconv, one slice", "the floor, one slice", "dicomconv, one series"
ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-m"]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a contestant took; `fault` if it ended badly or left less than it should."""

    seconds: float
    peak_bytes: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder the series lie in, how many there are, and the Pythons of peers by name."""

    folder: Path
    slices: int
    series: int
    peers: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        """Where the original series are."""
        return self.folder / "source"

    @property
    def one_series(self) -> Path:
        """As many slices in a single series."""
        return self.folder / "one"

    @property
    def one_slice(self) -> Path:
        """A single slice, for what a start costs."""
        return self.folder / "slice"

    @property
    def key(self) -> Path:
        """The key file of our own runs."""
        return self.folder / "key"

    def prepare(self, names: Iterable[str]) -> None:
        """Make the series that the contestants need, and the key."""
        self._phantom(self.source, self.slices, self.series)
        if ONE_SERIES in names:
            self._phantom(self.one_series, self.slices * self.series, 1)
        self._phantom(self.one_slice, 1, 1)
        subprocess.run([*PYTHON, "dicomconv", "keygen", "-o", str(self.key)], cwd=ROOT, env=environment(), check=True,
                       capture_output=True)  # fmt: skip

    def _phantom(self, folder: Path, slices: int, series: int) -> None:
        counts = [str(slices), str(series)]
        command = [*PYTHON, "tests.benchmarks.phantom", str(folder), *counts]
        subprocess.run(command, check=True, cwd=ROOT, env=environment())

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
        command, given, wanted = CONTESTANTS[name](self, out)
        if shutil.which(command[0]) is None:
            return Run(0, 0, "not installed here")
        try:
            seconds, peak_bytes, fault = timed(command, given, self.folder / "errors")
            left = sum(1 for path in out.rglob("*") if path.suffix in (".png", ".h5", ".bin") or "IM" in path.name)
        finally:
            for path in (out, self.folder / "out.state"):
                shutil.rmtree(path, ignore_errors=True)
        return Run(seconds, peak_bytes, fault or ("" if left == wanted else f"left {left} files of {wanted}"))


def environment() -> dict[str, str]:
    """That of this process; bytecode is kept, as it is where something is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(command: list[str], given: bytes, errors: Path) -> tuple[float, int, str]:
    """Seconds, peak memory (bytes; of the largest process it waited for), and how a command failed, if it did."""
    with errors.open("wb") as log:
        start = time.perf_counter()
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, cwd=ROOT, env=environment()
        ) as child:
            assert child.stdin is not None
            child.stdin.write(given)
            child.stdin.close()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
    words = errors.read_text(errors="replace").strip().splitlines()
    fault = f"exit {child.returncode}: {words[-1] if words else 'no word'}" if child.returncode else ""
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), fault


Command = tuple[list[str], bytes, int]  # words, standard input, how many files it leaves


def ours(source: Callable[[Bench], Path], series: int = 0) -> Callable[[Bench, Path], Command]:
    """`dicomconv convert` with PNGs and containers, full profile, all checks."""

    def command(bench: Bench, out: Path) -> Command:
        words = [*PYTHON, "dicomconv", "convert", str(source(bench)), "-o", str(out), "--key", str(bench.key)]
        return words, b"", count(source(bench)) + (series or bench.series)

    return command


def floor(source: Callable[[Bench], Path], series: int = 0) -> Callable[[Bench, Path], Command]:
    """Read, look up, compress, write."""

    def command(bench: Bench, out: Path) -> Command:
        words = [*PYTHON, "tests.benchmarks.floor", str(source(bench)), str(out)]
        return words, b"", count(source(bench)) + (series or bench.series)

    return command


def count(source: Path) -> int:
    """How many slices there are."""
    return sum(1 for path in source.rglob("*") if path.is_file())


def dcmj2pnm(bench: Bench, out: Path) -> Command:
    """PNGs alone, a process a file, two at a time, the first window of the file."""
    out.mkdir()
    sources = sorted(path for path in bench.source.rglob("*") if path.is_file())
    pairs = [part for number, path in enumerate(sources) for part in (str(path), str(out / f"{number:05}.png"))]
    listed = b"".join(os.fsencode(part) + b"\0" for part in pairs)
    if shutil.which("dcmj2pnm") is None:
        return ["dcmj2pnm"], b"", 0
    return ["xargs", "-0", "-P", "2", "-n", "2", "dcmj2pnm", "+on", "+Wi", "1"], listed, len(sources)


def naive(bench: Bench, out: Path) -> Command:
    """The loop people write: pydicom, Pillow, h5py."""
    words = [*PYTHON, "tests.benchmarks.naive", str(bench.source), str(out)]
    return words, b"", count(bench.source) + bench.series


def peer(name: str) -> Callable[[Bench, Path], Command]:
    """A de-identifier of somebody else's, headers alone, by its adapter and the Python it is installed for."""

    def command(bench: Bench, out: Path) -> Command:
        script = ROOT / "tests" / "benchmarks" / "deid" / "peers" / f"with_{name.replace('-', '_')}.py"
        words = [bench.peers.get(name, f"no Python for {name}"), str(script), str(bench.source), str(out)]
        return words, b"", count(bench.source)

    return command


PEERS = ("dicom-anonymizer", "dicognito", "deid")
CONTESTANTS: dict[str, Callable[[Bench, Path], Command]] = {
    OURS: ours(lambda bench: bench.source),
    FLOOR: floor(lambda bench: bench.source),
    ONE_SERIES: ours(lambda bench: bench.one_series, 1),
    START: ours(lambda bench: bench.one_slice, 1),
    FLOOR_START: floor(lambda bench: bench.one_slice, 1),
    "dcmj2pnm x2, PNGs alone": dcmj2pnm,
    "naive loop": naive,
    **{f"{name}, headers alone": peer(name) for name in PEERS},
}


def report(bench: Bench, runs: dict[str, list[Run]]) -> str:
    """The table: seconds (least, median, most), slices a second, peak memory, how often as fast dicomconv is."""
    slices = bench.slices * bench.series
    lines = [
        f"{bench.series} series of {bench.slices} slices, 512 x 512, 16 bits; "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.machine()}",
        f"{'':31}{'min s':>8}{'median':>8}{'max':>8}{'slices/s':>10}{'peak MB':>9}   dicomconv is so many times as fast",
    ]
    lines += [_row(name, done, runs.get(OURS, []), slices) for name, done in runs.items()]
    return "\n".join([*lines, *_beside_the_floor(runs)])


def _row(name: str, done: list[Run], our_runs: list[Run], slices: int) -> str:
    faults = [run.fault for run in done if run.fault]
    if faults:
        return f"{name:33}{faults[0]}"
    seconds = [run.seconds for run in done]
    middle, peak = median(seconds), max(run.peak_bytes for run in done) / 1e6
    rate = "" if name in (START, FLOOR_START) else f"{slices / middle:.1f}"
    figures = f"{name:33}{min(seconds):8.2f}{middle:8.2f}{max(seconds):8.2f}{rate:>10}{peak:9.0f}   "
    if not our_runs or our_runs[0].fault or not rate:
        return figures
    ratios = [theirs.seconds / run.seconds for run, theirs in zip(our_runs, done, strict=False)]
    return figures + f"{min(ratios):.2f} … {median(ratios):.2f} … {max(ratios):.2f}"


def _beside_the_floor(runs: dict[str, list[Run]]) -> Iterable[str]:
    """How many times the floor a run takes, round by round, the start-up of both apart."""
    four = [runs.get(name, []) for name in (OURS, START, FLOOR, FLOOR_START)]
    if all(done and not any(run.fault for run in done) for done in four):
        rounds = zip(*four, strict=False)
        ratios = [(a.seconds - b.seconds) / (c.seconds - d.seconds) for a, b, c, d in rounds]
        yield f"times the floor, start-up apart: {min(ratios):.2f} … {median(ratios):.2f} … {max(ratios):.2f}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed", description=__doc__)
    parser.add_argument("--slices", type=int, default=250, help="slices of 512 x 512 in each series (250)")
    parser.add_argument("--series", type=int, default=4, help="how many series (4)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contestant runs, taking turns (3)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs room (the temporary folder)")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON",
                        help=f"a Python that has one of these installed: {', '.join(PEERS)}")  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), metavar="NAME",
                        help=f"some of: {', '.join(CONTESTANTS)}")  # fmt: skip
    return parser.parse_args()


def main() -> int:
    """Make the series, let the contestants take turns, print the tables."""
    asked = arguments()
    peers = dict(one.split("=", 1) for one in asked.peer)
    with tempfile.TemporaryDirectory(prefix="dicomconv-benchmark-", dir=asked.folder) as folder:
        bench = Bench(Path(folder), asked.slices, asked.series, peers)
        bench.prepare(asked.only)
        print(report(bench, bench.race(asked.only, asked.rounds)))
        subprocess.run([*PYTHON, "tests.benchmarks.stages", folder], check=True, cwd=ROOT, env=environment())
    return 0


if __name__ == "__main__":
    sys.exit(main())
