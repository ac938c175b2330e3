"""`python -m tests.benchmarks.scale`: what a file costs among a thousand, and among a hundred thousand.

Counted is processor time, as other work on the machine changes that little.
Tiny files, so that what is measured is finding, sorting, naming and recording them. Imports nothing of the package.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from tests.benchmarks.tiny import write
from tests.benchmarks.watch import Watched, watched

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "info": ["info"],
    "dry run": ["deidentify", "--dry-run", "--quiet"],
    "deidentify": ["deidentify", "--quiet"],
    "convert": ["convert", "--quiet", "--no-png"],
}
COLOURS = {"info": (90, 90, 90), "dry run": (0, 110, 180), "deidentify": (200, 90, 0), "convert": (0, 130, 60)}


@dataclass(frozen=True, slots=True)
class Point:
    """One run: which command over how many files; what it takes for one file is its start-up."""

    command: str
    files: int
    run: Watched
    start_up: float

    @property
    def each_us(self) -> float:
        """Microseconds of processor time a file, start-up apart."""
        return max(1.0, (self.run.busy - self.start_up) / self.files * 1e6)


def measure(command: str, source: Path, jobs: str) -> Watched:
    """Run a command over a folder. What it writes is thrown away."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        out = [] if command == "info" else ["-o", str(Path(folder) / "out"), "--jobs", jobs]
        run = watched([sys.executable, "-m", "dicomconv", *COMMANDS[command], str(source), *out], ROOT)
    if run.code:
        raise SystemExit(f"{command} ended with {run.code}:\n{run.output[-2000:]}")
    return run


def table(points: list[Point]) -> str:
    """One line a run."""
    lines = [f"{'command':12}{'files':>9}{'seconds':>10}{'busy s':>9}{'µs/file':>9}{'main MB':>9}{'worker MB':>11}"]
    for one in points:
        run = one.run
        lines.append(
            f"{one.command:12}{one.files:9}{run.seconds:10.1f}{run.busy:9.1f}{one.each_us:9.0f}{run.main_mb:9.0f}{run.child_mb:11.0f}"
        )
    return "\n".join(lines)


def plot(points: list[Point], path: Path) -> None:
    """Microseconds a file against the number of files, both logarithmic: what grows linearly is level."""
    from math import log10

    width, height, left, top, bottom = 760, 380, 70, 20, 330
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    least, most = log10(min(one.files for one in points)), log10(max(one.files for one in points))
    ceiling = max(4.0, log10(max(one.each_us for one in points)) + 0.1)

    def x(files: float) -> float:
        return left + (log10(files) - least) / max(most - least, 0.1) * (width - left - 130)

    def y(each_us: float) -> float:
        return bottom - (log10(each_us) - 2) / (ceiling - 2) * (bottom - top)

    for each in (100, 200, 500, 1_000, 2_000, 5_000, 10_000):
        draw.line([(left, y(each)), (width - 130, y(each))], fill=(225, 225, 225))
        draw.text((8, y(each) - 6), f"{each / 1000:g} ms", fill=(60, 60, 60))
    for files in sorted({one.files for one in points}):
        draw.line([(x(files), bottom), (x(files), bottom + 5)], fill=(60, 60, 60))
        draw.text((x(files) - 18, bottom + 10), f"{files:,}", fill=(60, 60, 60))
    draw.text((left, bottom + 30), "files in one run; processor time for each of them, start-up apart", fill=(60, 60, 60))
    for command in dict.fromkeys(one.command for one in points):
        dots = [(x(one.files), y(one.each_us)) for one in points if one.command == command]
        draw.line(dots, fill=COLOURS[command], width=2)
        for across, down in dots:
            draw.ellipse([across - 3, down - 3, across + 3, down + 3], fill=COLOURS[command])
        draw.text((dots[-1][0] + 10, dots[-1][1] - (12 if command == "deidentify" else 2)), command, fill=COLOURS[command])
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="(1000 10000 100000)")
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=["info", "dry run", "deidentify"])
    parser.add_argument("--walk", type=int, default=200_000, help="how many files are only walked, for memory (200000)")
    parser.add_argument("--jobs", default="2", help="(2)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs room for the files, twice")
    parser.add_argument("--plot", type=Path, default=None, help="a PNG, such as docs/images/scale.png")
    return parser.parse_args()


def main() -> int:
    """Make more and more files, and run the commands over them."""
    asked = arguments()
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="dicomconv-scale-", dir=asked.folder) as folder:
        source, there = Path(folder) / "source", 0
        write(Path(folder) / "one", 0, 1)
        start_up = {one: measure(one, Path(folder) / "one", asked.jobs).busy for one in {*asked.commands, "info"}}
        for files in sorted({*asked.files, *([asked.walk] if asked.walk else [])}):
            write(source, there, files)
            there = files
            commands = asked.commands if files in asked.files else ["info"]
            points += (Point(one, files, measure(one, source, asked.jobs), start_up[one]) for one in commands)
            print(table(points[-len(commands) :]), flush=True)
        shutil.rmtree(source)
    points.sort(key=lambda one: (list(COMMANDS).index(one.command), one.files))
    print("\n" + table(points))
    if asked.plot:
        plot(points, asked.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
