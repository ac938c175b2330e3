"""A command as a process, with the most memory and the processor time of each of its processes; Linux only, by /proc."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command took: seconds, MB of the process that was started, and of the largest of its children.

    `busy`: seconds of processor time of all its processes; other work on the machine changes that little.
    """

    seconds: float
    busy: float
    main_mb: float
    child_mb: float
    code: int
    output: str


@dataclass(slots=True)
class Seen:
    """What a process was seen to have had: MB, and seconds of processor time."""

    peak_mb: float = 0.0
    busy: float = 0.0


def watched(command: Sequence[str], folder: Path) -> Watched:
    """Run a command to its end."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen: dict[int, Seen] = {process.pid: Seen()}
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, seen, ended))
    watcher.start()
    output = process.communicate()[0]
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    busy, main = sum(one.busy for one in seen.values()), seen.pop(process.pid).peak_mb
    children = max((one.peak_mb for one in seen.values()), default=0.0)
    return Watched(seconds, busy, main, children, process.returncode, output)


def _watch(root: int, seen: dict[int, Seen], ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        for pid in (root, *_descendants(root)):
            _look(pid, seen.setdefault(pid, Seen()))


def _look(pid: int, seen: Seen) -> None:
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return
    peak = next((int(line.split()[1]) / 1000 for line in status if line.startswith("VmHWM")), 0.0)
    seen.peak_mb = max(seen.peak_mb, peak)
    seen.busy = max(seen.busy, (int(times[11]) + int(times[12])) * TICK)


def _descendants(root: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return
    for pid in children:
        yield pid
        yield from _descendants(pid)
