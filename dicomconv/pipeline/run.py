"""A whole run: gather, convert or de-identify every series on an executor, write manifest and report."""

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from dicomconv import manifest
from dicomconv.errors import UsageError
from dicomconv.execute import executor, run_all
from dicomconv.model import Outcome
from dicomconv.pipeline.gather import Gathered, SeriesJob, gather
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.report import SeriesReport

Progress = Callable[[int, int], None]  # files done, files in all
Work = Callable[[SeriesJob, Path], SeriesReport]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of every source file; `paths`: row → path, for the operator's eyes alone."""

    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]
    key_id: str
    seconds: float
    interrupted: bool = False
    paths: dict[int, Path] = field(default_factory=dict, repr=False)


def run(
    sources: Iterable[Path], out: Path, plan: Plan, *, work: Work, jobs: int = 1, progress: Progress | None = None
) -> RunReport:
    """Do `work` on every series. Interrupted, it says which files were not reached and keeps what is whole."""
    began = time.monotonic()
    with quiet():
        gathered = gather(sources, plan)
    check_targets(gathered, out, plan)
    done, interrupted = _work_through(gathered, out, work, jobs, progress)
    reports = done.values()
    outcomes = [*gathered.outcomes, *(outcome for report in reports for outcome in report.outcomes)]
    if interrupted:
        seen = {outcome.row for outcome in outcomes}
        outcomes += [Outcome(row, "failed", NOT_REACHED) for row in gathered.paths if row not in seen]
    warnings = sorted({*gathered.warnings, *(warning for report in reports for warning in report.warnings)})
    return RunReport(
        tuple(sorted(outcomes, key=lambda outcome: outcome.row)),
        tuple(warnings),
        plan.pseudonyms.key_id,
        time.monotonic() - began,
        interrupted,
        gathered.paths,
    )


NOT_REACHED = "not reached: the run was interrupted"


def check_targets(gathered: Gathered, out: Path, plan: Plan) -> None:
    """With --existing error, nothing is begun when something that would be written is there already."""
    if plan.existing != "error":
        return
    there = sum((out / job.names.container).exists() or (out / job.names.folder).exists() for job in gathered.jobs)
    if there:
        raise UsageError(
            f"{there} of the {len(gathered.jobs)} series are in {out} already; nothing was changed. "
            "Use --existing skip to add what is missing, --existing overwrite to do them again, or another folder"
        )


def _work_through(
    gathered: Gathered, out: Path, work: Work, jobs: int, progress: Progress | None
) -> tuple[dict[int, SeriesReport], bool]:
    """The report of each job by its place; whether it was interrupted."""
    workers = max(1, min(jobs, len(gathered.jobs)))
    threads = max(1, jobs // workers)
    todo = [replace(job, plan=replace(job.plan, threads=threads)) for job in gathered.jobs]
    largest_first = sorted(range(len(todo)), key=lambda index: -len(todo[index].files))
    reports: dict[int, SeriesReport] = {}
    places = {id(todo[index]): index for index in largest_first}
    count = sum(len(job.files) for job in todo)
    name = "serial" if workers == 1 else f"processes:{workers}"
    try:
        with executor(name, warm=__name__) as engine:
            for job, report in run_all(engine, partial(_guarded, work, out), [todo[index] for index in largest_first]):
                reports[places[id(job)]] = report if isinstance(report, SeriesReport) else _lost(job, report)
                if progress:
                    progress(sum(len(todo[index].files) for index in reports), count)
    except KeyboardInterrupt:
        return reports, True
    return reports, False


def _guarded(work: Work, out: Path, job: SeriesJob) -> SeriesReport:
    return work(job, out)


def _lost(job: SeriesJob, error: BaseException) -> SeriesReport:
    """A job whose worker died, or that an error of ours ended: its files fail, the others go on."""
    reason = f"its series ended in an error of ours ({type(error).__name__}); please report it"
    return SeriesReport(tuple(Outcome(file.row, "failed", reason) for file in job.files))


def write_manifest(report: RunReport, out: Path, settings: dict[str, object]) -> int:
    """Add the run to OUT/manifest.jsonl and OUT/report.json; the number its rows start after."""
    out.mkdir(parents=True, exist_ok=True)
    before = manifest.rows_so_far(out)
    manifest.append(out, (renumbered(outcome, before) for outcome in report.outcomes))
    _write_report(report, out, settings)
    return before


def renumbered(outcome: Outcome, before: int) -> Outcome:
    """The same outcome behind the rows of earlier runs."""
    return replace(outcome, row=outcome.row + before) if before else outcome


def _write_report(report: RunReport, out: Path, settings: dict[str, object]) -> None:
    """OUT/report.json: when and by what each run was made; the only place where that stands."""
    path = out / "report.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
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
    temporary = path.with_name(f".report.json.tmp-{os.getpid()}")
    temporary.write_text(json.dumps({"runs": runs}, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
