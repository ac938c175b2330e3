"""export.json: what an export holds, how it was made, and what was lost on the way."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from dicomconv.export.rows import Row

NAME = "export.json"
VERSION = 1
What = Literal["bits", "geometry", "colour", "frames", "headers", "resolution"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the layout has no room for. `images`: how many images it is of; `says`: a sentence."""

    what: What
    says: str
    images: int


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether what is exported says enough to find and rebuild what it came from, and how."""

    is_exact: bool
    how: str


FROM_CONTAINERS = WayBack(False, "not from these files: `dicomconv recover` gives the DICOM back from the containers")


def plan_sha256(plan: Mapping[str, object]) -> str:
    """The digest of the choices of an export: SHA-256 of them as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write_ledger(
    folder: Path,
    layout: str,
    rows: Sequence[Row],
    plan: Mapping[str, object],
    losses: Iterable[Loss],
    way_back: WayBack,
    *,
    left_out: Sequence[str] = (),
    unmatched_lines: Sequence[int] = (),
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write export.json.

    `left_out`: in sentences, what is not in the layout; `unmatched_lines`: of the label table; `facts`: of the layout.
    """
    content = {
        "export_version": VERSION,
        "layout": layout,
        "counts": counts(rows),
        "split": {part: counts(found) for part in ("train", "val", "test") if (found := _of(rows, part))},
        "plan": dict(plan),
        "plan_sha256": plan_sha256(plan),
        "losses": [asdict(loss) for loss in losses],
        "way_back": asdict(way_back),
        "left_out": list(left_out),
        "label_lines_without_image": list(unmatched_lines),
        "facts": dict(facts or {}),
    }
    (folder / NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many patients, studies, series and images."""
    return {
        "patients": len({row.subject.patient_id for row in rows}),
        "studies": len({row.study_instance_uid for row in rows}),
        "series": len({row.series_instance_uid for row in rows}),
        "images": len(rows),
    }


def _of(rows: Sequence[Row], part: str) -> list[Row]:
    return [row for row in rows if row.split == part]
