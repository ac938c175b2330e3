"""`python -m tests.benchmarks`: how fast a series becomes PNGs and a container, beside dcmj2pnm and the usual loop."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.speed import CONTESTANTS, Bench, report


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--slices", type=int, default=300, help="slices of 512 x 512 in each series (300)")
    parser.add_argument("--series", type=int, default=1, help="how many series (1)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant runs, taking turns (5)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs room (the temporary folder)")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), metavar="NAME",
                        help=f"some of: {', '.join(CONTESTANTS)}")  # fmt: skip
    return parser.parse_args()


def main() -> int:
    """Make the series, let the contestants take turns, print the table."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="dicomconv-benchmark-", dir=asked.folder) as folder:
        bench = Bench(Path(folder), asked.slices, asked.series)
        bench.prepare()
        print(report(bench, bench.race(asked.only, asked.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
