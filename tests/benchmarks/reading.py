"""`python -m tests.benchmarks.reading`: verify, recover and one slice, beside sha256sum, gzip -t and bare h5py.

The yardstick of verify and recover: sha256sum of all recovered files, then gzip -t of the same bytes, gzipped once with
level 6; one process each, one after the other. That of random access: h5py.File(p)["stacks/0/pixels"][i]. Contestants
take turns; the container is one series of phantom slices. Imports nothing of the package: it runs the command.
"""

import argparse
import gzip
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import phantom

ONE_SLICE = {
    "h5py": ("import h5py", "with h5py.File(p) as f: f['stacks/0/pixels'][i]"),
    "dicomconv": ("from dicomconv import open_container", "with open_container(p) as c: c.stacks[0][i]"),
}
IN_PROCESS = """
import random, statistics, sys, time
p, chance, took = sys.argv[1], random.Random(1), []
start = time.perf_counter()
{0}
loaded = time.perf_counter()
def one(i):
    {1}
one({2} // 2)
first = time.perf_counter() - loaded
for _ in range(101):
    i, began = chance.randrange({2}), time.perf_counter()
    one(i)
    took.append(time.perf_counter() - began)
print(loaded - start, first, statistics.median(took))
"""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reading", description=__doc__)
    parser.add_argument("--slices", type=int, default=1000, help="slices of 512 x 512 (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant runs (5)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs 3 MB a slice")
    return parser.parse_args()


def run(*words: object) -> str:
    """A program's output. Compiled modules are kept, as those of an installed package are, whatever the shell says."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "dicomconv-reading-compiled")
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True, env=environment).stdout


def dicomconv(*words: object) -> str:
    """The command."""
    return run(sys.executable, "-m", "dicomconv", *words)


class Bench:
    """The container, what was recovered from it, and that gzipped."""

    def __init__(self, folder: Path, slices: int):
        self.folder, self.slices = folder, slices
        phantom.main(folder / "source", slices, 1)
        dicomconv("keygen", "-o", folder / "key")
        dicomconv("convert", folder / "source", "-o", folder / "out", "--key", folder / "key", "--no-png", "-q")
        shutil.rmtree(folder / "source")
        [self.container] = (folder / "out").rglob("*.h5")
        dicomconv("recover", self.container, "-o", folder / "back")
        self.files = sorted((folder / "back").rglob("*.dcm"))
        with gzip.open(folder / "all.gz", "wb", compresslevel=6) as zipped:
            for file in self.files:
                zipped.write(file.read_bytes())

    def verify(self) -> None:
        """All digests of the container."""
        dicomconv("verify", self.container)

    def recover(self) -> None:
        """All files out of the container."""
        shutil.rmtree(self.folder / "again", ignore_errors=True)
        dicomconv("recover", self.container, "-o", self.folder / "again")

    def yardstick(self) -> None:
        """sha256sum of the files, then gzip -t."""
        run("sha256sum", *self.files)
        run("gzip", "-t", self.folder / "all.gz")

    def one_slice(self, who: str) -> tuple[float, ...]:
        """Seconds: the whole process; the import; the first slice; a slice when warm, opened each time."""
        load, read = ONE_SLICE[who]
        began = time.perf_counter()
        run(sys.executable, "-c", f"import sys\np, i = sys.argv[1], {self.slices // 2}\n{load}\n{read}", self.container)
        whole = time.perf_counter() - began
        told = run(sys.executable, "-c", IN_PROCESS.format(load, read, self.slices), self.container)
        return (whole, *map(float, told.split()))


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of a clock, and of processors."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spread(values: list[float], unit: float = 1) -> str:
    """Least, median and most."""
    return " … ".join(f"{unit * value:.2f}" for value in (min(values), statistics.median(values), max(values)))


def main() -> None:
    """Let the contestants take turns, print what they took and how it compares."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="dicomconv-reading-", dir=asked.folder) as name:
        bench = Bench(Path(name), asked.slices)
        works = {"verify": bench.verify, "recover": bench.recover, "sha256sum + gzip -t": bench.yardstick}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        slices: dict[str, list[tuple[float, ...]]] = {who: [] for who in ONE_SLICE}
        bench.one_slice("dicomconv")  # compiled by that
        for _ in range(asked.rounds):
            for name, work in works.items():
                took[name].append(timed(work))
            for who in ONE_SLICE:
                slices[who].append(bench.one_slice(who))
        report(bench, took, slices)


def report(
    bench: Bench, took: dict[str, list[tuple[float, float]]], slices: dict[str, list[tuple[float, ...]]]
) -> None:
    """Print two tables."""
    print(f"{len(bench.files)} slices, container {bench.container.stat().st_size} bytes; least … median … most")
    for column, clock in enumerate(("clock", "processors")):
        yard = [one[column] for one in took["sha256sum + gzip -t"]]
        for name, values in took.items():
            own = [one[column] for one in values]
            ratio = spread([a / b for a, b in zip(yard, own, strict=True)])
            print(f"{clock:10} {name:20} {spread(own)} s, times as fast as the yardstick: {ratio}")
    for column, what in enumerate(("whole process", "import", "first slice", "slice when warm")):
        for who, rows in slices.items():
            print(f"{what:16} {who:10} {spread([row[column] for row in rows], 1000)} ms")
        pairs = zip(slices["dicomconv"], slices["h5py"], strict=True)
        print(f"{what:16} ratio      {spread([a[column] / b[column] for a, b in pairs])}")
    print(json.dumps({"took": took, "slices": slices}), file=sys.stderr)


if __name__ == "__main__":
    main()
