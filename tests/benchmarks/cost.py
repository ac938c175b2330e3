"""`python -m tests.benchmarks.cost --before CHECKOUT`: what a slice costs on one core, beside an earlier state.

Processor time of the whole process, user and system, less noisy than the clock on the wall: `convert --jobs 1` of one
series of CT slices, PNGs and container, the contestants taking turns.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.speed import ROOT, Bench

PRESETS = {"basic": [], "research": ["--preset", "research"], "limited-dataset": ["--preset", "limited-dataset"]}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cost", description=__doc__)
    parser.add_argument("--before", type=Path, default=None, help="a checkout of an earlier state")
    parser.add_argument("--slices", type=int, default=300, help="slices of 512 x 512 (300)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each runs, taking turns (5)")
    return parser.parse_args()


def contestants(bench: Bench, before: Path | None) -> dict[str, tuple[Path, list[str]]]:
    """What runs, by name: the checkout it runs from, and its options."""
    seal = ["--seal-to", str(bench.folder / "owner.pub")]
    ours = {
        name: (ROOT, options)
        for name, options in {**PRESETS, "research, sealed": [*PRESETS["research"], *seal]}.items()
    }
    return {**({"before": (before.resolve(), [])} if before else {}), **ours}


def milliseconds(bench: Bench, checkout: Path, options: list[str]) -> float:
    """Processor time of one run, for each slice. CalledProcessError if the run fails."""
    out = bench.folder / "out"
    start = os.times()
    command = [
        sys.executable,
        "-m",
        "dicomconv",
        "convert",
        bench.source,
        "-o",
        out,
        "--key",
        bench.key,
        "--jobs",
        "1",
        "-q",
    ]
    subprocess.run([*command, *options], check=True, env={**os.environ, "PYTHONPATH": str(checkout)}, cwd=bench.folder)
    end = os.times()
    shutil.rmtree(out)
    spent = end.children_user + end.children_system - start.children_user - start.children_system
    return 1000 * spent / (bench.slices * bench.series)


def main() -> int:
    """Make the series, let everybody take turns, print the table."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="dicomconv-cost-") as folder:
        bench = Bench(Path(folder), asked.slices, 1)
        bench.prepare()
        keygen = [sys.executable, "-m", "dicomconv", "keygen", "--seal", bench.folder / "owner", "--no-passphrase"]
        subprocess.run(keygen, check=True, capture_output=True, cwd=ROOT)
        found: dict[str, list[float]] = {name: [] for name in contestants(bench, asked.before)}
        for _ in range(asked.rounds):
            for name, (checkout, options) in contestants(bench, asked.before).items():
                found[name].append(milliseconds(bench, checkout, options))
    print(f"{asked.slices} slices of 512 x 512; milliseconds of processor time for each: least, median, most")
    for name, spent in found.items():
        more = median(spent) - median(found["before"]) if "before" in found and name != "before" else None
        print(
            f"{name:20}{min(spent):8.2f}{median(spent):8.2f}{max(spent):8.2f}"
            + (f"   {more:+.2f}" if more is not None else "")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
