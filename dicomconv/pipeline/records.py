"""What a run leaves on record: OUT/manifest.jsonl and OUT/report.json."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dicomconv import manifest
from dicomconv.container.inplace import complete_file
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.run import RunReport

NAME = "report.json"
DAMAGED = "is damaged, so that its key cannot be compared; take another OUT"


def runs_so_far(out: Path) -> list[dict[str, object]]:
    """What report.json keeps of earlier runs; nothing if there were none. UsageError if it cannot be read."""
    path = out / NAME
    if not path.exists():
        return []
    try:
        return [dict(run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{path} {DAMAGED}") from None


def check_key(out: Path, plan: Plan, key_file: str) -> None:
    """KeyFileError if OUT was made with another key: every patient would be there twice under two pseudonyms."""
    before = {str(run.get("key_id")) for run in runs_so_far(out)}
    if before and plan.pseudonyms.key_id not in before:
        raise KeyFileError(key_file, f"{out} was made with another key (key id {', '.join(sorted(before))})")


def mend(out: Path, *, key_is_known: bool) -> Iterator[str]:
    """Make records good that a power cut left damaged, and say what was done.

    `key_is_known`: the journal says that OUT was made with this key, so that report.json is not needed for that.
    """
    if manifest.mend(out):
        yield f"the last line of {manifest.NAME} was cut short, and was taken out; rows of earlier runs may be missing"
    if key_is_known:
        try:
            runs_so_far(out)
        except UsageError:
            (out / NAME).unlink()
            yield f"{NAME} was damaged, and was begun anew; what it said of earlier runs is lost"


def next_run(out: Path) -> int:
    """The number of a run that begins now: behind those that manifest or report name."""
    return max(len(runs_so_far(out)), manifest.runs_so_far(out)) + 1


def write_manifest(report: RunReport, out: Path, settings: dict[str, object], number: int) -> None:
    """Add a run to OUT/manifest.jsonl and OUT/report.json; `number`: of the run."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        manifest.append(out, (replace(one, facts={"run": number, **one.facts}) for one in report.outcomes))
        _write_report(report, out, settings)
    except OSError as error:
        raise UsageError(
            f"the manifest of {out} cannot be written ({(error.strerror or 'error').lower()}); what was converted is there: "
            "when it can be written, run the same command again"
        ) from None


def _write_report(report: RunReport, out: Path, settings: dict[str, object]) -> None:
    """OUT/report.json: when and by what each run was made; the only place where that stands."""
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
    with complete_file(out / NAME) as file:
        file.write((json.dumps({"runs": runs}, indent=1) + "\n").encode())
