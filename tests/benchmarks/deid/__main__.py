"""`python -m tests.benchmarks.deid`: plants, runs the programs, and says what they left and what they took away."""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.deid.adapters import PEERS, tools
from tests.benchmarks.deid.bench import measure, prepare
from tests.benchmarks.deid.presets import PRESETS
from tests.benchmarks.deid.report import markdown, write


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.deid", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="each seed is another corpus (1)")
    parser.add_argument("--preset", nargs="+", choices=list(PRESETS), default=["research"], dest="presets")
    parser.add_argument("--files", type=int, default=None, help="how many base files (all)")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", dest="peers",
                        help=f"another program and the Python of its environment; NAME: {', '.join(PEERS)}")  # fmt: skip
    parser.add_argument("--only-peers", action="store_true", help="leave our own program out")
    parser.add_argument("--quick", action="store_true", help="one run of each program: no repeat, no way back")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work, and keep what was made (a temporary folder)"
    )
    parser.add_argument("--report", type=Path, default=None, help="a folder for the tables (printed otherwise)")
    return parser.parse_args()


def main() -> int:
    """Run everything that was asked for."""
    asked = arguments()
    logging.getLogger("pydicom").setLevel(logging.ERROR)  # it warns of every odd value, and there are many
    with tempfile.TemporaryDirectory(prefix="deid-benchmark-") as temporary:
        folder, found = asked.folder or Path(temporary), []
        for seed in asked.seeds:
            ground = prepare(folder / f"seed-{seed}", seed, asked.files)
            for tool in tools(asked.peers, asked.only_peers):
                found += [measure(ground, tool, preset, not asked.quick) for preset in asked.presets]
        if asked.report:
            write(found, asked.report)
        print(markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
