"""`python -m tests.benchmarks.kills`: kill a run at random moments, go on, and compare with a run that nobody disturbed.

Imports nothing of dicomconv: it is run as a program, killed with its whole process group, and what it wrote is compared
byte for byte. After a kill every file that has its final name is compared too: none is ever half written. `--tear` cuts
what has no final name to any length, as a power cut would.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import make

PROGRAM = [sys.executable, "-m", "dicomconv"]
ROOT = Path(__file__).parents[2]
RECORDS = ("manifest.jsonl", "report.json")


class Different(Exception):
    """What a run left is not what an undisturbed one leaves."""


@dataclass(frozen=True, slots=True)
class Killed:
    """How one attempt went: how often it was killed; at the last time, how many files were whole, how many half written."""

    kills: int
    whole: int
    halves: int
    ended_first: bool


class Bench:
    """A source, a key, and what a run over it gives if nobody disturbs it."""

    def __init__(self, folder: Path, series: int, slices: int, words: tuple[str, ...] = ()):
        self.folder, self._words = folder, words
        self.source = sources(folder / "in", series, slices)
        subprocess.run([*PROGRAM, "keygen", "-o", str(folder / "key")], check=True, capture_output=True, env=env())
        began = time.monotonic()
        self.code = self.run(folder / "straight", jobs=2)
        self.seconds = time.monotonic() - began
        self.files = tree(folder / "straight")
        self.rows = rows(folder / "straight")

    def command(self, out: Path, jobs: int) -> list[str]:
        """The command line of a run."""
        words = ["convert", str(self.source), "-o", str(out), "--key", str(self.folder / "key"), "--jobs", str(jobs)]
        return [*PROGRAM, *words, "--quiet", *self._words]

    def run(self, out: Path, jobs: int) -> int:
        """Run to the end: the exit code."""
        return subprocess.run(self.command(out, jobs), env=env(), capture_output=True, check=False).returncode

    def killed(self, out: Path, jobs: int, chance: random.Random) -> bool:
        """Run, and kill all of its processes at a random moment; whether it was still running then.

        The moment is some time after the start, or a few milliseconds after some number of files was there.
        """
        seconds, count = chance.uniform(0, self.seconds), chance.randint(0, len(self.files))
        seconds, count = (seconds, 0) if chance.random() < 0.3 else (chance.uniform(0, 0.03), count)
        running = subprocess.Popen(
            self.command(out, jobs), env=env(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while count and running.poll() is None and count_of(out) < count:
            time.sleep(0.001)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(seconds)
        was_running = running.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return was_running

    def attempt(self, out: Path, chance: random.Random, *, tear: bool) -> Killed:
        """Kill one to three times, going on in between, then let it end, and compare. Different if it is not the same."""
        jobs, kills = chance.choice([1, 2]), chance.choice([1, 1, 2, 3])
        for _ in range(kills):
            is_killed = self.killed(out, jobs, chance)
            halves = len(list(half(out)))
            whole = self.check_names(out)
            if tear:
                torn(out, chance)
        if self.run(out, jobs) != self.code:
            raise Different(f"the exit code is not {self.code}")
        self.check(out)
        return Killed(kills, whole, halves, not is_killed)

    def check_names(self, out: Path) -> int:
        """How many files have their final names; Different if one of them is not what it will be in the end."""
        count = 0
        for path in final(out):
            if path.name in RECORDS:
                [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if path.suffix == ".jsonl"]
            elif self.files.get(path.relative_to(out).as_posix()) != path.read_bytes():
                raise Different(f"{path} has its final name and is not what it is in the end")
            count += 1
        return count

    def check(self, out: Path) -> None:
        """Different if anything in OUT is not as it is after an undisturbed run."""
        if left := list(half(out)):
            raise Different(f"{left[0]} was left behind, and {len(left) - 1} more")
        found = tree(out)
        if found != self.files:
            names = sorted(set(found) ^ set(self.files)) or [one for one in found if found[one] != self.files[one]]
            raise Different(f"{len(names)} files are missing, too many or different: {names[:3]}")
        told = rows(out)
        if [row["row"] for row in told] != list(range(1, len(told) + 1)):
            raise Different("rows of the manifest are missing or twice")
        last = [row for row in told if row["run"] == told[-1]["run"]]
        before = len(told) - len(last)
        if [stripped(row, before) for row in last] != [stripped(row, 0) for row in self.rows]:
            raise Different("the rows of the manifest are not those of an undisturbed run")
        if not before and any("existing" in row for row in last):
            raise Different("a row says that it was told before, and was not")


def env() -> dict[str, str]:
    """An environment in which the package is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def sources(folder: Path, series: int, slices: int) -> Path:
    """Series with and without a window, one with a damaged file, an image that is refused, a copy, a text."""
    size: dict[str, Any] = {"rows": 96, "columns": 80}
    for number in range(series):
        window = {"WindowCenter": None, "WindowWidth": None} if number % 2 else {}
        who = {"PatientID": f"P{number % 3}", "StudyInstanceUID": f"1.2.7.{number % 3}"}
        contents = make.series(slices, **size, SeriesInstanceUID=f"1.2.{number}", **window, **who)
        make.write(folder, {f"{number}/{index:03}": content for index, content in enumerate(contents)})
    cut = make.ct_slice(SeriesInstanceUID="1.2.0", PatientID="P0", StudyInstanceUID="1.2.7.0", SOPInstanceUID="1.9")
    refused = make.instance("US", make.ramp(4, 5, dtype="uint8"), SeriesInstanceUID="1.2.8")
    copy = (folder / "1/000").read_bytes()
    return make.write(folder, {"cut": cut[:-3], "refused": refused, "copy": copy, "text": b"text"})


def rows(out: Path) -> list[dict[str, Any]]:
    """The rows of a manifest."""
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def stripped(row: dict[str, Any], before: int) -> dict[str, Any]:
    """A row without what tells which run it is of."""
    kept = {name: value for name, value in row.items() if name not in ("run", "existing")}
    reason = {"reason": "a copy"} if str(row.get("reason", "")).startswith("a copy of row") else {}
    return {**kept, "row": row["row"] - before, **reason}


def is_half(path: Path) -> bool:
    """Whether a name says that what has it is not complete."""
    return any(part.startswith(".") or ".tmp-" in part for part in path.parts)


def half(out: Path) -> Iterator[Path]:
    """Files under names that say that they are not complete."""
    return (path for path in out.rglob("*") if path.is_file() and is_half(path.relative_to(out)))


def final(out: Path) -> Iterator[Path]:
    """Files under their own names."""
    return (path for path in out.rglob("*") if path.is_file() and not is_half(path.relative_to(out)))


def count_of(out: Path) -> int:
    """How many files there are now, whole or not, of a folder that is being written to."""
    return sum(len(files) for _, _, files in os.walk(out))


def tree(out: Path) -> dict[str, bytes]:
    """Files that repeat themselves, by name."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in final(out) if path.name not in RECORDS}


def torn(out: Path, chance: random.Random) -> None:
    """Cut what had not got its name by the time of the power cut to any length, or lose it."""
    for path in half(out):
        length = path.stat().st_size
        if chance.random() < 0.3:
            path.unlink()
        else:
            os.truncate(path, chance.randint(0, length))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="how many runs are killed, each one to three times (50)")
    parser.add_argument("--series", type=int, default=8, help="how many series there are (8)")
    parser.add_argument("--slices", type=int, default=40, help="slices of 96 x 80 in each of them (40)")
    parser.add_argument("--tear", action="store_true", help="cut what has no final name, as a power cut does")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    return parser.parse_args()


def main() -> int:
    """Kill, go on, compare; print what was seen."""
    asked = arguments()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="dicomconv-kills-") as folder:
        bench = Bench(Path(folder), asked.series, asked.slices)
        print(f"undisturbed: {bench.seconds:.1f} s, {len(bench.files)} files, {len(bench.rows)} rows")
        seen = []
        for number in range(asked.times):
            out = Path(folder, f"out{number}")
            seen.append(bench.attempt(out, chance, tear=asked.tear))
            shutil.rmtree(out)
            shutil.rmtree(out.with_name(f"{out.name}.state"), ignore_errors=True)
        print(f"{len(seen)} runs, killed {sum(one.kills for one in seen)} times; all as if undisturbed")
        print(f"at the last kill: {sum(0 < one.whole < len(bench.files) for one in seen)} had some files whole, "
              f"{sum(one.halves > 0 for one in seen)} some half written, {sum(one.ended_first for one in seen)} had ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
