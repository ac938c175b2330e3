"""What runs wrote, to be compared and counted."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dicomconv.container.reader import open_container
from dicomconv.pipeline.key_file import write_key
from dicomconv.pipeline.run import RunReport

Tree = dict[str, bytes]
UNREPEATABLE = {"report.json"}  # when and by what a run was made


def tree(folder: Path, leave_out: Iterable[str] = UNREPEATABLE) -> Tree:
    """Every file under a folder by its relative name, with its bytes."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if path.name not in set(leave_out)}


def rows(out: Path) -> list[dict[str, Any]]:
    """The rows of a folder's manifest."""
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def key_file(path: Path, number: int = 1) -> Path:
    """A key file with a key that is always the same."""
    write_key(path, bytes([number]) * 32)
    return path


def containers(out: Path) -> list[Path]:
    """The containers under a folder."""
    return sorted(out.rglob("*.h5"))


def instance_count(out: Path) -> int:
    """How many instances all containers under a folder hold."""
    return sum(len(open_container(path)) for path in containers(out))


def by_name(report: RunReport) -> dict[str, tuple[str, str]]:
    """Status and reason of each source by its file name."""
    return {report.paths[outcome.row].name: (outcome.status, outcome.reason) for outcome in report.outcomes}


def left_over(folder: Path) -> list[str]:
    """Names of what should be gone when a run is: hidden and temporary files and folders."""
    return [path.name for path in folder.rglob("*") if path.name.startswith(".") or ".tmp-" in path.name]
