"""What a run leaves on record: OUT/manifest.jsonl and OUT/report.json."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dicomconv import manifest
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.run import RunReport

NAME = "report.json"


def runs_so_far(out: Path) -> list[dict[str, object]]:
    """What report.json keeps of earlier runs; nothing if there were none. UsageError if it cannot be read."""
    path = out / NAME
    if not path.exists():
        return []
    try:
        return [dict(run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is damaged, so that its key cannot be compared; take another OUT") from None


def check_key(out: Path, plan: Plan, key_file: str) -> None:
    """KeyFileError if OUT was made with another key: every patient would be there twice under two pseudonyms."""
    before = {str(run.get("key_id")) for run in runs_so_far(out)}
    if before and plan.pseudonyms.key_id not in before:
        raise KeyFileError(key_file, f"{out} was made with another key (key id {', '.join(sorted(before))})")


def write_manifest(report: RunReport, out: Path, settings: dict[str, object]) -> None:
    """Add the run to OUT/manifest.jsonl and OUT/report.json."""
    out.mkdir(parents=True, exist_ok=True)
    number = len(runs_so_far(out)) + 1
    manifest.append(out, (replace(one, facts={"run": number, **one.facts}) for one in report.outcomes))
    _write_report(report, out, settings)


def _write_report(report: RunReport, out: Path, settings: dict[str, object]) -> None:
    """OUT/report.json: when and by what each run was made; the only place where that stands."""
    path = out / NAME
    runs = runs_so_far(out)
    runs.append(
        {
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(report.seconds, 2),
            "dicomconv": version("dicomconv"),
            "key_id": report.key_id,
            "files": manifest.counts(report.outcomes),
            "interrupted": report.interrupted,
            "warnings": list(report.warnings),
            "settings": settings,
        }
    )
    temporary = path.with_name(f".{NAME}.tmp-{os.getpid()}")
    temporary.write_text(json.dumps({"runs": runs}, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
