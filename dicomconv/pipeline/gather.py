"""From sources to numbered rows and series jobs: walk, select, settle duplicates, order, number."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from dicomconv.deid.deidentify import Patient
from dicomconv.deid.pseudonym import PatientIdentity
from dicomconv.geometry import Slice, order
from dicomconv.inspected import Aside
from dicomconv.model import Outcome
from dicomconv.pipeline.care import Care
from dicomconv.pipeline.duplicates import Duplicates
from dicomconv.pipeline.names import SeriesNames, series_names
from dicomconv.pipeline.paths import Paths
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.select import Selection
from dicomconv.pipeline.warn import patient_of, warnings_about
from dicomconv.remote import Source
from dicomconv.seal.records import LeftOut
from dicomconv.source import SourceFile
from dicomconv.stored import Stored, shown
from dicomconv.walk import walk

SeriesKey = tuple[str, str, str]  # pseudonymous Patient ID, Study and Series Instance UID


@dataclass(frozen=True, slots=True)
class SeriesJob:
    """One series of one patient, in slice order: the unit of work. `new_uids`: what the UIDs of some rows are made of.

    `patient_files`: all files of the patient in this run, whose headers tell what identifies the patient. For the seal:
    `copies`: of some rows, files that are the same; `left_out`: files of the series that are not worked on.
    """

    plan: Plan
    patient: Patient
    names: SeriesNames
    container_uuid: str
    files: tuple[SourceFile, ...] = field(repr=False)
    new_uids: dict[int, str] = field(default_factory=dict, repr=False)
    patient_files: tuple[str | Stored, ...] = field(default=(), repr=False)
    copies: dict[int, list[SourceFile]] = field(default_factory=dict, repr=False)
    left_out: tuple[LeftOut, ...] = field(default=(), repr=False)
    care: Care = field(default_factory=Care)

    def uid_of(self, file: SourceFile) -> str:
        """The SOP Instance UID of a de-identified file."""
        own = self.new_uids.get(file.row, "")
        return self.plan.pseudonyms.uid(own) if own else self.plan.uid(file.sop_instance_uid)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The jobs, the rows that are settled already, what the report warns of, and every row's path."""

    jobs: tuple[SeriesJob, ...]
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]
    paths: Paths = field(repr=False)


def gather(sources: Iterable[Source], plan: Plan, rows_before: int = 0) -> Gathered:
    """Walk the sources; the numbers of rows and the order of jobs depend on contents and key, not on names.

    Rows are numbered from `rows_before` + 1.
    """
    by_series: dict[SeriesKey, list[SourceFile]] = defaultdict(list)
    asides: list[Aside] = []
    patients: dict[PatientIdentity, str] = {}
    for found in walk(sources):
        if isinstance(found, Aside):
            asides.append(found)
        else:
            by_series[_series_key(found, plan, patients)].append(found)
    asides.sort(key=lambda aside: (aside.failed, aside.reason, plan.pseudonyms.order(shown(aside.path))))
    keys = sorted(by_series, key=lambda key: (plan.pseudonyms.order(key[0]), plan.pseudonyms.order(*key)))
    duplicates = Duplicates([by_series[key] for key in keys], plan)
    rows = count(rows_before + 1)
    numbered = {
        key: [replace(f, row=next(rows)) for f in duplicates.ordered(in_slice_order(by_series.pop(key)))]
        for key in keys
    }  # each series in place of the one that was walked, not beside it
    duplicates.number(file for files in numbered.values() for file in files)
    outcomes: list[Outcome] = []
    of_patient = _files_of_patients(numbered)
    jobs = [replace(_job(numbered[key], plan, duplicates, outcomes), patient_files=of_patient[key[0]]) for key in keys]
    outcomes += (Outcome(next(rows), "failed" if aside.failed else "skipped", aside.reason) for aside in asides)
    paths = Paths(rows_before + 1, [*(file for files in numbered.values() for file in files), *asides])
    warnings = tuple(warnings_about(numbered.values(), plan))
    return Gathered(tuple(job for job in jobs if job.files), tuple(outcomes), warnings, paths)


def _files_of_patients(numbered: dict[SeriesKey, list[SourceFile]]) -> dict[str, tuple[str | Stored, ...]]:
    """The paths of all files that may tell of each de-identified patient.

    Those of patients who share a study with this one, or a Patient ID but for its case and issuer, may be the same
    person's: their pseudonyms differ, what is searched for is common.
    """
    circles: dict[str, str] = {}

    def circle(name: str) -> str:
        while circles.setdefault(name, name) != name:
            name = circles[name]
        return name

    for (patient, study, _), files in numbered.items():
        ids = {file.patient_id.strip(" \0").casefold() for file in files} - {""}
        for shared in (f"study {study}", *(f"id {one}" for one in sorted(ids))):
            circles[circle(shared)] = circle(f"patient {patient}")
    found: dict[str, list[str | Stored]] = defaultdict(list)
    for (patient, _, _), files in numbered.items():
        found[circle(f"patient {patient}")] += (file.spelt for file in files)
    return {patient: tuple(found[circle(f"patient {patient}")]) for patient, _, _ in numbered}


def _series_key(file: SourceFile, plan: Plan, known: dict[PatientIdentity, str]) -> SeriesKey:
    """The de-identified patient, study and series: two IDs that a patient map makes one patient share their series."""
    identity = patient_of(file)
    if identity not in known:
        known[identity] = plan.patient(identity).patient_id
    return known[identity], file.study_instance_uid, file.series_instance_uid


def _job(files: list[SourceFile], plan: Plan, duplicates: Duplicates, outcomes: list[Outcome]) -> SeriesJob:
    """The job of a series, and the outcomes of those of its files that need no work."""
    selection, uid = Selection(plan.include, plan.exclude), plan.uid
    kept: list[SourceFile] = []
    new_uids: dict[int, str] = {}
    aside: dict[int, tuple[SourceFile, Outcome]] = {}
    for file in files:
        status, reason, new_uid = duplicates.settle(file)
        if against := selection.reason_against(file, len(files)):
            status, reason = "skipped", against
        if status == "converted":
            kept.append(file)
            new_uids |= {file.row: new_uid} if new_uid else {}
        else:
            aside[file.row] = file, Outcome(file.row, status, reason)
    outcomes += (outcome for _, outcome in aside.values())
    copies = _copies(kept, aside, duplicates)
    patient = plan.patient(patient_of(files[0]))
    study, series = uid(files[0].study_instance_uid), uid(files[0].series_instance_uid)
    names = series_names(patient.patient_id, study, series)
    uuid = plan.pseudonyms.container_uuid(patient.patient_id, series)
    left_out = tuple(LeftOut(file.name, outcome.status, outcome.reason) for file, outcome in aside.values())
    return SeriesJob(plan, patient, names, uuid, tuple(kept), new_uids, copies=copies, left_out=left_out)


def _copies(
    kept: list[SourceFile], aside: dict[int, tuple[SourceFile, Outcome]], duplicates: Duplicates
) -> dict[int, list[SourceFile]]:
    """The copies of each file that is kept, taken out of what is left aside: they are in the container with it."""
    copies: dict[int, list[SourceFile]] = {}
    rows = {file.row for file in kept}
    for row, (file, _) in list(aside.items()):
        if (first := duplicates.copy_of(file)) in rows and first != row:
            copies.setdefault(first, []).append(file)
            del aside[row]
    return copies


def in_working_order(jobs: Sequence[SeriesJob]) -> list[SeriesJob]:
    """The largest first, so that the last to end are small; the series of a patient follow one another.

    Else each of them would have all headers of its patient read anew: a worker remembers two patients.
    """
    sizes = Counter[str]()
    for job in jobs:
        sizes[job.patient.patient_id] += len(job.files)
    return sorted(jobs, key=lambda job: (-sizes[job.patient.patient_id], job.patient.patient_id, -len(job.files)))


def in_slice_order(files: list[SourceFile]) -> list[SourceFile]:
    """Position along the normal, then Instance Number, then SOP Instance UID."""
    slices = [
        Slice(
            _vector(file.position), file.orientation if len(file.orientation) == 6 else None,
            None if file.instance_number is None else int(file.instance_number), file.sop_instance_uid,
        )
        for file in files
    ]  # fmt: skip
    return [files[index] for index in order(slices)]


def _vector(position: tuple[float, ...]) -> tuple[float, float, float] | None:
    return (position[0], position[1], position[2]) if len(position) == 3 else None
