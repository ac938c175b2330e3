"""A whole run: gather, then convert or de-identify every series on an executor."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from dicomconv.errors import UsageError, WorkerEnded
from dicomconv.execute import executor, run_all
from dicomconv.model import Outcome
from dicomconv.pipeline.cluster.client import ClusterExecutor
from dicomconv.pipeline.gather import Gathered, SeriesJob, gather, in_working_order
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.place import Folder, Place
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.quarantine import followed_up, remove_leftovers
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.resume import Resume, Sorted
from dicomconv.pipeline.warn import warnings_of_earlier_runs, warnings_of_outcomes
from dicomconv.pipeline.working import Working
from dicomconv.remote import Source
from dicomconv.stored import Where

NOT_REACHED = "not reached: the run was interrupted"
LOST_WORKER = "a worker process ended again and again; the files of its series are failed"
UNREAD = (
    "a file that ended the process that read it was left out of what is known of its patient; "
    "`dicomconv audit` can look whether other series of the patient name what only that file tells"
)
NONE_CAME_UP = "a worker process died; the files of its series are failed"

Progress = Callable[[int, int], None]  # files done, files in all
Work = Callable[[SeriesJob, Path], SeriesReport]
Settle = Callable[[SeriesJob, SeriesReport], None]  # takes note of what became of a series


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of every source file; `paths`: row → path, and `jobs`, for the operator's eyes alone.

    `resumed`: how many files an earlier run was done with, so that they were not worked on again.
    """

    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]
    key_id: str
    seconds: float
    interrupted: bool = False
    paths: Mapping[int, Where] = field(default_factory=dict, repr=False)
    jobs: tuple[SeriesJob, ...] = field(default=(), repr=False)
    resumed: int = 0


def run(
    sources: Iterable[Source],
    out: Path,
    plan: Plan,
    *,
    work: Work,
    working: Working | None = None,
    progress: Progress | None = None,
    rows_before: int = 0,
    resume: Resume | None = None,
) -> RunReport:
    """Do `work` on every series. Interrupted, it says which files were not reached and keeps what is whole.

    `rows_before`: how many rows the manifest has already; those of this run are numbered behind them. `resume`: what is
    known to be done; it takes note of what is done now.
    """
    began = time.monotonic()
    with quiet():
        gathered = gather(sources, plan, rows_before)
    known, place = resume.sort(gathered.jobs) if resume else _nothing_known(gathered), resume.place if resume else Folder(out)
    check_targets(known, place, plan)
    earlier = tuple(warnings_of_earlier_runs(sum(map(place.has_patient, known.patients))))
    if resume:
        resume.begin(known.todo)
    rest, settle = replace(gathered, jobs=known.todo), resume.done if resume else None
    done, interrupted = _work_through(rest, out, work, working or Working(), progress, settle)
    reports = [*known.reports, *done.values()]
    outcomes = [*gathered.outcomes, *(outcome for report in reports for outcome in report.outcomes)]
    if interrupted:
        seen = {outcome.row for outcome in outcomes}
        outcomes += [Outcome(row, "failed", NOT_REACHED) for row in gathered.paths if row not in seen]
    warnings = {*gathered.warnings, *earlier, *(warning for report in reports for warning in report.warnings)}
    warnings.update(warnings_of_outcomes(outcomes))
    return RunReport(
        tuple(sorted(outcomes, key=lambda outcome: outcome.row)),
        tuple(sorted(warnings)),
        plan.pseudonyms.key_id,
        time.monotonic() - began,
        interrupted,
        gathered.paths,
        gathered.jobs,
        sum(len(report.outcomes) for report in known.reports),
    )


def _nothing_known(gathered: Gathered) -> Sorted:
    """What there is to do without a journal."""
    return Sorted(gathered.jobs, gathered.jobs, (), frozenset(job.names.patient for job in gathered.jobs))


def check_targets(known: Sorted, place: Place, plan: Plan) -> None:
    """With --existing error, nothing is begun when something is there already that this run cannot know as its own."""
    if plan.existing != "error":
        return
    there = sum(place.has(job.names) for job in known.unclaimed)
    if there:
        raise UsageError(
            f"{there} of the {len(known.todo) + len(known.reports)} series are in {place} already, and the files given now are "
            "not those of which they were made, or nothing says so; nothing was changed. "
            "Use --existing skip to add what is missing, --existing overwrite to do them again, or another folder"
        )


def _work_through(
    gathered: Gathered, out: Path, work: Work, working: Working, progress: Progress | None, settle: Settle | None
) -> tuple[dict[int, SeriesReport], bool]:
    """The report of each job by its place; whether it was interrupted."""
    jobs, workers = working.jobs, working.workers(len(gathered.jobs))
    threads = (
        jobs // workers + 1 if jobs > workers else 1
    )  # one more: the thread that adds waits a good part of the time
    todo = [replace(job, plan=replace(job.plan, threads=threads)) for job in gathered.jobs]
    places = {id(job): place for place, job in enumerate(todo)}
    reports: dict[int, SeriesReport] = {}
    count, done = sum(len(job.files) for job in todo), 0

    def note(job: SeriesJob, report: SeriesReport | BaseException) -> None:
        nonlocal done
        if isinstance(report, UsageError):  # of a cluster: no other job fares better
            raise report
        done += len(job.files)
        reports[places[id(job)]] = report if isinstance(report, SeriesReport) else _lost(job, report)
        if settle:
            settle(job, reports[places[id(job)]])
        if progress:
            progress(done, count)

    with _engine(working, len(todo), out) as engine:
        task = partial(_guarded, work, out.absolute() if working.address else out)
        interrupted = run_all(engine, task, in_working_order(todo), note)
    if working.address and not interrupted:  # of machines that were lost: nobody there could
        for job in todo:
            remove_leftovers(out, job)
    if todo and all(NONE_CAME_UP in report.warnings for report in reports.values()) and not interrupted:
        raise UsageError(
            "no worker process came up; on Windows, a program that calls dicomconv with jobs > 1 needs "
            '`if __name__ == "__main__":` around the call'
        )
    return reports, interrupted


def _engine(working: Working, count: int, out: Path) -> Executor:
    """The executor for so many series."""
    if working.address:
        if working.key_file is None:
            raise UsageError("--executor dask:… needs --key: the workers of a cluster read the key by themselves")
        return ClusterExecutor(working, working.key_file, out)
    remedy = partial(followed_up, out)
    return executor(working.name(count), warm=__name__, limits=working.limits, remedy=remedy)


def _guarded(work: Work, out: Path, job: SeriesJob) -> SeriesReport:
    report = work(job, out)
    return replace(report, warnings=(*report.warnings, UNREAD)) if job.care.unread else report


def _lost(job: SeriesJob, error: BaseException) -> SeriesReport:
    """A job whose worker died, or that an error of ours ended: its files fail, the others go on."""
    lost: tuple[str, ...] = ()
    if isinstance(error, BrokenExecutor):
        reason, lost = "not done: a worker process died; try again with --jobs 1", (NONE_CAME_UP,)
    elif isinstance(error, WorkerEnded):
        reason, lost = f"not done: its series {error}", (LOST_WORKER,)
    elif isinstance(error, MemoryError):
        reason = "its series takes more memory than there is; --jobs 1 leaves it more"
    else:
        reason = f"its series ended in an error of ours ({type(error).__name__}); please report it"
    return SeriesReport(tuple(Outcome(file.row, "failed", reason) for file in job.files), lost)
