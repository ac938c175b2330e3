"""The manifest: one row per source file, as JSON Lines; written whole, read back, summarised (decisions 15, 16)."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.model import Outcome

NAME = "manifest.jsonl"


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
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                yield {**row, "row": int(row["row"])}
            except (ValueError, KeyError, TypeError):
                raise UsageError(f"{path} is damaged in line {number}; move it away, or take another OUT") from None


def append(folder: Path, outcomes: Iterable[Outcome]) -> None:
    """Rows added behind those of earlier runs; the file is replaced as a whole, so that it is never half written."""
    path = folder / NAME
    temporary = path.with_name(f".{NAME}.tmp-{os.getpid()}")
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(earlier)
            file.writelines(as_json(outcome) + "\n" for outcome in outcomes)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def rows_so_far(folder: Path) -> int:
    """The highest row number in a folder's manifest."""
    return max((int(str(row["row"])) for row in read(folder)), default=0)


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
