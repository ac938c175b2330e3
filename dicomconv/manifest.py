"""The manifest: one row per source file, as JSON Lines; written whole, read back, summarised (decisions 15, 16)."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dicomconv.errors import UsageError
from dicomconv.model import Outcome
from dicomconv.sync import sync_folder
from dicomconv.temporary import mark

NAME = "manifest.jsonl"
LONGEST_ROW = 1 << 24


def as_json(outcome: Outcome) -> str:
    """One row as one line: row, outcome, reason if there is one, then the facts."""
    row: dict[str, object] = {"row": outcome.row, "outcome": outcome.status}
    if outcome.reason:
        row["reason"] = outcome.reason
    return json.dumps({**row, **outcome.facts}, ensure_ascii=False)


def read(folder: Path) -> Iterator[dict[str, object]]:
    """The rows of a folder's manifest; none if it has none. UsageError if a line of it is no row."""
    path = folder / NAME
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            row = _row_of(line)
            if row is None:
                raise UsageError(f"{path} is damaged in line {number}; move it away, or take another OUT")
            yield row


def _row_of(line: str) -> dict[str, object] | None:
    """A line as a row; None if it is none."""
    try:
        row = json.loads(line)
        return {**row, "row": int(row["row"])}
    except (ValueError, KeyError, TypeError):
        return None


def mend(folder: Path) -> bool:
    """Take out a last line that was cut short, as a power cut may leave it; whether there was one."""
    path = folder / NAME
    if not path.exists():
        return False
    with path.open("rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - LONGEST_ROW)
        file.seek(start)
        content = file.read()
    end = content.rfind(b"\n") + 1
    if end == len(content):
        return False
    is_row = _row_of(content[end:].decode("utf-8", "replace")) is not None
    with _replaced(path, start + end) as file:
        file.write(content[end:] + b"\n" if is_row else b"")
    return not is_row


def append(folder: Path, outcomes: Iterable[Outcome]) -> None:
    """Rows added behind those of earlier runs; the file is replaced as a whole, so that it is never half written."""
    with _replaced(folder / NAME, None) as file:
        file.writelines(as_json(outcome).encode() + b"\n" for outcome in outcomes)


@contextmanager
def _replaced(path: Path, kept: int | None) -> Iterator[BinaryIO]:
    """A file that takes a file's place when it is on the disk, to be written behind what is kept of that: None is all."""
    temporary = path.with_name(f".{path.name}{mark()}")
    try:
        with temporary.open("wb") as file:
            if path.exists():
                with path.open("rb") as earlier:
                    shutil.copyfileobj(earlier, file)
                if kept is not None:
                    file.truncate(file.seek(kept))
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def rows_so_far(folder: Path) -> int:
    """The highest row number in a folder's manifest."""
    return max((int(str(row["row"])) for row in read(folder)), default=0)


def runs_so_far(folder: Path) -> int:
    """The highest number of a run in a folder's manifest."""
    return max((int(str(row.get("run", 0))) for row in read(folder)), default=0)


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many rows came out how, every status named."""
    found = Counter(outcome.status for outcome in outcomes)
    return {status: found[status] for status in ("converted", "skipped", "refused", "failed")}


def summary(outcomes: Iterable[Outcome], verb: str = "converted", most: int = 12) -> list[str]:
    """What became of the files, in a few lines: counts, then each reason with its count, the `most` frequent ones."""
    outcomes = list(outcomes)
    words = {"converted": verb}
    told = [f"{count} {words.get(status, status)}" for status, count in counts(outcomes).items() if count]
    lines = [f"{counted(len(outcomes), 'file')}: {', '.join(told) or 'nothing there'}"]
    reasons = Counter((o.status, o.reason) for o in outcomes if o.status != "converted")
    lines += [f"  {count} {status}: {reason}" for (status, reason), count in reasons.most_common(most)]
    if len(reasons) > most:
        lines.append(f"  and {len(reasons) - most} reasons more: see the manifest")
    return lines


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
