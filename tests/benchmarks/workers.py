"""`python -m tests.benchmarks.workers [RUNS]`: worker processes killed at random moments, and what is lost by it: nothing.

Each run converts the same series while workers of it are killed with SIGKILL, some at a time, and is compared byte by byte
with a run that nobody disturbed. Nothing of the package takes part but the command.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import make

SERIES, SLICES, MOST_KILLS = 6, 40, 8
PAUSES = 0.05, 0.6  # seconds between two kills
COMMAND = [sys.executable, "-m", "dicomconv"]


def study(folder: Path) -> Path:
    """Some series, every other without a window, so that it is drawn from its container."""
    for number in range(SERIES):
        window = {"WindowCenter": None, "WindowWidth": None} if number % 2 else {}
        contents = make.series(SLICES, rows=160, columns=144, SeriesInstanceUID=f"1.2.{number}", **window)
        make.write(folder / str(number), {f"{index:03}": content for index, content in enumerate(contents)})
    return folder


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False).stdout
    return [int(one) for one in told.split()]


def disturbed(folder: Path, out: Path, chance: random.Random) -> tuple[int, int]:
    """A run whose workers are killed now and then: how often, and its exit code."""
    words = ["convert", folder / "in", "-o", out, "--key", folder / "key", "--jobs", "2", "-q"]
    running = subprocess.Popen([*COMMAND, *map(str, words)])
    kills = 0
    while running.poll() is None and kills < MOST_KILLS:
        time.sleep(chance.uniform(*PAUSES))
        workers = [worker for zygote in children(running.pid) for worker in children(zygote)]
        if workers:
            try:
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                continue
    return kills, running.wait()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a run but its report."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "report.json"
    }


def measure(runs: int) -> list[tuple[int, bool]]:
    """Of each run how many workers were killed, and whether it came out as if nobody had."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study(folder / "in")
        subprocess.run([*COMMAND, "keygen", "-o", str(folder / "key")], check=True, capture_output=True)
        words = ["convert", folder / "in", "-o", folder / "straight", "--key", folder / "key", "-q"]
        subprocess.run([*COMMAND, *map(str, words)], check=True)
        straight = tree(folder / "straight")
        for number in range(runs):
            out = folder / f"out-{number}"
            kills, code = disturbed(folder, out, random.Random(number))
            found.append((kills, code == 0 and tree(out) == straight))
    return found


def main() -> int:
    """Say what came of it."""
    found = measure(int(sys.argv[1]) if sys.argv[1:] else 25)
    for number, (kills, is_same) in enumerate(found):
        print(f"run {number}: {kills} workers killed, {'the same bytes' if is_same else 'NOT THE SAME'}")
    print(f"{sum(kills for kills, _ in found)} workers killed in {len(found)} runs; {sum(s for _, s in found)} came out the same")
    return 0 if all(is_same for _, is_same in found) else 1


if __name__ == "__main__":
    sys.exit(main())
