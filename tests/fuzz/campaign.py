"""Cases drawn by number, put to workers that may die: what ends one is a finding, and another takes its place."""

import contextlib
import json
import random
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.fuzz import containers, mutate, seeds

ROOT = Path(__file__).parents[2]
TARGETS = ("walk", "part10", "deid", "decode", "container", "archive")
SECONDS = 5  # of processor time
PATIENCE = 120  # seconds of a clock: a worker that sleeps for ever uses no processor time
Case = tuple[str, str, int, str]


def case(number: int, targets: tuple[str, ...] = TARGETS, first_seed: int = 0) -> Case:
    """The case of a number: always the same one."""
    chance = random.Random(f"case {first_seed} {number}")
    target = targets[number % len(targets)]
    mutations = containers.MUTATIONS if target == "container" else tuple(mutate.MUTATIONS)
    names = tuple(seeds.ARCHIVES) if target == "archive" else seeds.names()
    return target, chance.choice(names), chance.randrange(1 << 32), chance.choice(mutations)


class Worker:
    """A process that answers cases."""

    def __init__(self, folder: Path, seconds: int) -> None:
        command = [sys.executable, "-m", "tests.fuzz.worker", str(folder), str(seconds)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def ask(self, case: Case) -> str | None:
        """What is wrong, empty if nothing; None if the process ended, or hangs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(case) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else ""
        return str(json.loads(line)) if line else None

    def end(self) -> str:
        """End the process, and say how it ended."""
        code = self._process.poll()
        self._process.kill()
        code = self._process.wait() if code is None else code
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]
        return {-27: "hang: the processor time is up", -9: "hang: no answer"}.get(code, f"crash: ended with {code}")


def run(cases: Iterable[Case], seconds: int = SECONDS) -> Iterator[tuple[Case, str]]:
    """Each case with what is wrong with it; empty if nothing is, "-" where there was no such case."""
    with tempfile.TemporaryDirectory(prefix="dicomconv-fuzz-") as folder:
        worker = Worker(Path(folder), seconds)
        try:
            for one in cases:
                answer = worker.ask(one)
                if answer is None:
                    answer = worker.end()
                    worker = Worker(Path(folder), seconds)
                yield one, answer
        finally:
            worker.end()
