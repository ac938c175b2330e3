"""`python -m tests.benchmarks.deid.pixels`: plants text in pixels, runs the programs, and says what can still be seen."""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.deid.pixels.bench import measure, prepare
from tests.benchmarks.deid.pixels.programs import OURS, tools
from tests.benchmarks.deid.pixels.sheet import markdown


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.deid.pixels", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="each seed is another corpus (1)")
    parser.add_argument("--cases", type=int, default=None, help="how many of the 260 cases, spread over all (all)")
    parser.add_argument("--only", type=int, nargs="+", default=[], metavar="NUMBER",
                        help="only the cases of these numbers, as in the names of the folders")  # fmt: skip
    parser.add_argument("--preset", default="research", help="what dicomconv is run with (research)")
    parser.add_argument("--ours", nargs="*", choices=list(OURS), default=["deidentify"],
                        help="commands of dicomconv; none: leave it out (deidentify)")  # fmt: skip
    parser.add_argument("--command", action="append", default=[], metavar="NAME=COMMAND", dest="commands",
                        help="another program; {source}, {out} and {work} stand for folders")  # fmt: skip
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work, and keep what was made (a temporary folder)"
    )
    parser.add_argument("--report", type=Path, default=None, help="a folder for the tables, besides printing them")
    return parser.parse_args()


def main() -> int:
    """Run everything that was asked for."""
    asked = arguments()
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="pixel-benchmark-") as temporary:
        folder, found = asked.folder or Path(temporary), []
        for seed in asked.seeds:
            ground = prepare(folder / f"seed-{seed}", seed, asked.cases, asked.only)
            found += [measure(ground, tool, asked.preset) for tool in tools(asked.ours, asked.commands)]
    if asked.report:
        asked.report.mkdir(parents=True, exist_ok=True)
        (asked.report / "pixel-benchmark.md").write_text(markdown(found), encoding="utf-8")
        data = json.dumps([one.as_json() for one in found], indent=1, ensure_ascii=False)
        (asked.report / "pixel-benchmark.json").write_text(data, encoding="utf-8")
    print(markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
