"""A run into an output folder that knows what is done there, and does the rest."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.manifest import counted
from dicomconv.model import Outcome
from dicomconv.pipeline.fingerprints import Fingerprint, Fingerprints
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.journal import Entry, Journal
from dicomconv.pipeline.place import Place
from dicomconv.pipeline.plan import Existing, Plan
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.settings import OF_SEALS, keyed_settings, settings_of_bytes
from dicomconv.pipeline.state import held
from dicomconv.pipeline.warn import patient_of

PASSING = (  # reasons that say nothing of a file's content: what failed so is tried again
    "cannot be read (",
    "cannot be written (",
    "its series could not be written:",
    "the file became shorter while it was read",
    "not done:",
    "not reached:",
    "its series ended in an error of ours",
    "its series takes more memory than there is",
)
RUNS = "runs"  # under which the journal keeps how many runs came to their end, where no manifest does
Verdict = Literal["done", "again", "new", "there"]


@dataclass(frozen=True, slots=True)
class ResumeChoices:
    """What was chosen of a run that can be gone on with: `--fingerprint`, `--retry-failed`."""

    fingerprint: Fingerprint = "stat"
    retry_failed: bool = False


@dataclass(frozen=True, slots=True)
class Sorted:
    """The jobs of a run by what the journal says of them.

    `todo`: jobs to be done; `unclaimed`: those of them whose results, if there are any, the journal does not know as its
    own, or cannot replace; `reports`: of the others, what became of them; `patients`: those of whom other files were
    known when something of them was written.
    """

    todo: tuple[SeriesJob, ...]
    unclaimed: tuple[SeriesJob, ...]
    reports: tuple[SeriesReport, ...]
    patients: frozenset[str]


@dataclass(slots=True)
class Resume:
    """The journal of one run. `number`: that of the run; `key_is_known`: OUT was made with the key of this run."""

    place: Place
    plan: Plan
    journal: Journal
    retry_failed: bool
    settings: bytes
    fingerprints: Fingerprints = field(repr=False)
    key_is_known: bool = False
    number: int = 1

    def sort(self, jobs: Sequence[SeriesJob]) -> Sorted:
        """Which series are done and which are to be done; nothing is written yet."""
        if renamed := self.journal.patients(self._patients(jobs)):
            raise UsageError(
                f"--patient-map: {counted(renamed, 'patient')} had another new ID when {self.place} was made, and would be "
                "there twice; use the IDs of then, or another OUT"
            )
        todo, unclaimed, reports, wary = list[SeriesJob](), list[SeriesJob](), list[SeriesReport](), set[str]()
        for job in jobs:
            entry = self.journal.entry(_name(job))
            verdict = self._verdict(job, entry)
            if entry and verdict == "done":
                reports.append(self._report(job, entry))
            else:
                todo.append(_overwriting(job) if verdict == "again" else job)
            if verdict == "there":
                unclaimed.append(job)
            if self._has_less_context(job, is_ours=verdict != "there"):
                wary.add(job.names.patient)
        return Sorted(tuple(todo), tuple(unclaimed), tuple(reports), frozenset(wary))

    def _verdict(self, job: SeriesJob, entry: Entry | None) -> Verdict:
        """Whether a series is done, is to be done again in place of what is there, or is none of ours."""
        if entry is None:
            return "there" if self.place.has(job.names) else "new"
        if self.plan.existing == "overwrite" or not entry.outcomes:
            return "again"
        there = self.place.fate(entry.products)
        if there == "changed" or entry.settings != self.settings:
            return "there"
        has_failed = any(one.status == "failed" for one in entry.outcomes.values())
        if there == "missing" or (self.retry_failed and has_failed):
            return "again"
        if all(one in entry.outcomes for one in self._fingerprints(job)):
            return "done"
        return "again" if self.plan.existing == "error" and _covers(job, entry) else "there"

    def _report(self, job: SeriesJob, entry: Entry) -> SeriesReport:
        """The rows of a series that is done; `existing` where an earlier run's manifest has them already."""
        more: dict[str, object] = {"existing": True} if entry.run < self.number else {}
        known = zip(job.files, (entry.outcomes[one] for one in self._fingerprints(job)), strict=True)
        rows = (replace(one, row=file.row, facts={**one.facts, **more}) for file, one in known)
        return SeriesReport(tuple(rows), entry.warnings)

    def _has_less_context(self, job: SeriesJob, *, is_ours: bool) -> bool:
        """Whether something of this patient was written when other files of the patient were known (decisions 4)."""
        if not is_ours:
            return True
        now = self._context(job)
        return any(context != now for context in self.journal.contexts(job.names.patient))

    def begin(self, jobs: Iterable[SeriesJob]) -> None:
        """Note which series are about to be written; those that leave what is there as it is are not ours.

        What their files are known by is taken now: what is written to while they are worked on is new to the next run.
        """
        mine = [job for job in jobs if job.plan.existing == "overwrite" or not self.place.has(job.names)]
        for job in mine:
            self._fingerprints(job)
        self.journal.begin_series(((_name(job), self._entry(job)) for job in mine), self._patients(mine))

    def _patients(self, jobs: Iterable[SeriesJob]) -> dict[bytes, str]:
        """The new ID of each patient, by a keyed digest of who that is."""
        found = {patient_of(file): job.patient.patient_id for job in jobs for file in job.files}
        keyed = self.plan.pseudonyms.fingerprint
        return {keyed("patient", who.issuer, who.patient_id, who.study_instance_uid): new for who, new in found.items()}

    def done(self, job: SeriesJob, report: SeriesReport) -> None:
        """Note what became of a series, unless something went wrong with it that may not go wrong again."""
        rows = {outcome.row: outcome for outcome in report.outcomes}
        is_settled = all(file.row in rows and not is_passing(rows[file.row]) for file in job.files)
        is_other = any(outcome.facts.get("existing") for outcome in report.outcomes)
        if is_settled and not is_other:
            outcomes = {one: rows[file.row] for one, file in zip(self._fingerprints(job), job.files, strict=True)}
            products = tuple(self.place.products(job.names, report.outcomes))
            entry = replace(self._entry(job), products=products, outcomes=outcomes, warnings=report.warnings)
            self.journal.done(_name(job), entry)

    def _entry(self, job: SeriesJob) -> Entry:
        return Entry(self.number, self.settings, self._context(job))

    def _fingerprints(self, job: SeriesJob) -> list[bytes]:
        return self.fingerprints.of(_name(job), job.files)

    def _context(self, job: SeriesJob) -> bytes:
        """What is known of the patient: the files that the context of every instance is read from."""
        return self.fingerprints.of_all(job.names.patient, job.patient_files)


def is_passing(outcome: Outcome) -> bool:
    """Whether a file failed for a reason that is not in the file: a disk that was full, a worker that died."""
    return outcome.status == "failed" and outcome.reason.startswith(PASSING)


def _name(job: SeriesJob) -> str:
    return job.names.container.as_posix()


def _overwriting(job: SeriesJob) -> SeriesJob:
    return replace(job, plan=replace(job.plan, existing="overwrite"))


def _covers(job: SeriesJob, entry: Entry) -> bool:
    """Whether every instance that was written is among the files of a job, so that none gets lost."""
    now = {job.uid_of(file) for file in job.files}
    before = (one.facts.get("sop_instance_uid") for one in entry.outcomes.values() if one.status == "converted")
    return all(uid in now for uid in before)


@contextmanager
def resumable(
    kind: str, place: Place, plan: Plan, folder: Path, choices: ResumeChoices, key_file: str
) -> Iterator[Resume]:
    """The journal of OUT, held for this run. `folder`: where it is kept; `key_file`: the key's name, for errors.

    UsageError if another run uses it or OUT was made with other settings; KeyFileError if with another key.
    """
    with held(folder), Journal(folder, kind) as journal:
        if place.is_empty():
            journal.forget()
        known = journal.said("key id")
        if known and known != plan.pseudonyms.key_id:
            raise KeyFileError(key_file, f"{place} was made with another key (key id {known})")
        texts = {**settings_of_bytes(plan), "--fingerprint": choices.fingerprint}
        settings = keyed_settings(texts, plan)
        _check_settings(journal.settings(), settings, place, plan.existing)
        journal.begin({"key id": plan.pseudonyms.key_id}, settings)
        whole = plan.pseudonyms.fingerprint("settings", *(one.hex() for _, one in sorted(settings.items())))
        fingerprints = Fingerprints(plan.pseudonyms, choices.fingerprint)
        runs = int(journal.said(RUNS) or 0)
        yield Resume(place, plan, journal, choices.retry_failed, whole, fingerprints, bool(known), runs + 1)


def _check_settings(before: dict[str, bytes], now: dict[str, bytes], place: Place, existing: Existing) -> None:
    """UsageError, which names options and no values, if OUT would be of two kinds."""
    left = OF_SEALS if existing == "skip" else frozenset()
    differing = [option for option in now if before.get(option, now[option]) != now[option] and option not in left]
    if differing and existing != "overwrite":
        raise UsageError(
            f"{place} was made with other settings: {', '.join(differing)}. Use the settings of then, another OUT, or "
            "--existing overwrite, which does every series again that is found now"
        )
