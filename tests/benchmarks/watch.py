"""A command as a process, with the most memory that each of its processes had; Linux only, by /proc."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command took: seconds, MB of the process that was started, and of the largest of its children."""

    seconds: float
    main_mb: float
    child_mb: float
    code: int
    output: str


def watched(command: Sequence[str], folder: Path) -> Watched:
    """Run a command to its end."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peaks: dict[int, float] = {}
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
    watcher.start()
    output = process.communicate()[0]
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    main = peaks.pop(process.pid, 0.0)
    return Watched(seconds, main, max(peaks.values(), default=0.0), process.returncode, output)


def _watch(root: int, peaks: dict[int, float], ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        for pid in (root, *_descendants(root)):
            peaks[pid] = max(peaks.get(pid, 0.0), _peak_mb(pid))


def _descendants(root: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return
    for pid in children:
        yield pid
        yield from _descendants(pid)


def _peak_mb(pid: int) -> float:
    """The most memory that was resident in a process so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)
