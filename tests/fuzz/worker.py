"""A process that gives mutated files to a target, under limits: `python -m tests.fuzz.worker FOLDER SECONDS`.

Cases come on standard input as JSON lines [target, file, seed, mutation]; one line goes back for each.
"""

import contextlib
import json
import resource
import signal
import sys
import traceback
from pathlib import Path

from tests.fuzz import containers, mutate, oracle, seeds
from tests.fuzz.targets import messages

MEBIBYTES = 1024
Case = tuple[str, str, int, str]


def limit_memory(mebibytes: int = MEBIBYTES) -> None:
    """Let this process have so much more address space than it has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def prepare(case: Case, path: Path) -> bytes | None:
    """Write the mutated file; its bytes, or None where there is nothing to mutate."""
    target, name, seed, mutation = case
    if target == "container":
        data = containers.container_of(name)
        if data is None:
            return None
        containers.write_mutated(path, data, seed, mutation)
        return path.read_bytes()
    data = mutate.mutated(seeds.content(name), seed, mutation)
    path.write_bytes(data)
    return data


def outcome(case: Case, path: Path, seconds: int) -> str:
    """What is wrong with what a target does with a case; empty if all is well, "-" if there is no such case.

    `seconds` of processor time: a machine that is busy with something else makes nothing hang.
    """
    data = prepare(case, path)
    if data is None:
        return "-"
    signal.setitimer(signal.ITIMER_PROF, seconds)  # its default action ends the process, wherever it is
    try:
        told = list(messages(case[0], data, path))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
        frames = traceback.extract_tb(error.__traceback__)
        ours = next((one for one in reversed(frames) if "dicomconv" in one.filename), frames[-1])
        return f"{type(error).__name__} at {Path(ours.filename).name}:{ours.lineno} {ours.name}: {error}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    for message in told:
        if "memory" in message.casefold():
            return f"memory: {message}"[:300]
        if case[0] != "container" and (value := oracle.quoted(message, data)):
            return f"quotes {value!r}: {message}"[:300]
    return ""


def main(folder: Path, seconds: int) -> None:
    """Answer until there is no more."""
    for name in seeds.MADE:
        seeds.content(name)
    with contextlib.suppress(Exception):
        outcome(("decode", "made ct", 0, "bits"), folder / "case", seconds)  # what is loaded late is no case's memory
        containers.container_of("made ct")
    oracle.own_words()
    limit_memory()
    for line in sys.stdin:
        target, name, seed, mutation = json.loads(line)
        print(json.dumps(outcome((target, name, seed, mutation), folder / "case", seconds)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
