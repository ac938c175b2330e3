"""The link table: which UID, Patient ID and dates of an original became which; whoever has it knows the patients."""

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from dicomconv.deid.actions import is_registered, replaced_uids
from dicomconv.deid.options import MODIFIED_DATES, UIDS
from dicomconv.deid.values import is_valid
from dicomconv.errors import UsageError
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.run import RunReport
from dicomconv.pipeline.warn import patient_of


class Link(NamedTuple):
    """One line: what was, what it became (nothing: removed), and the Patient ID that both belong to now."""

    kind: str
    old: str
    new: str
    patient: str


def links_of(report: RunReport) -> Iterator[Link]:
    """What the converted instances of a run were and what they became: IDs, UIDs, and by how many days dates moved."""
    new_uids = {
        outcome.row: str(outcome.facts["sop_instance_uid"])
        for outcome in report.outcomes
        if outcome.status == "converted" and "sop_instance_uid" in outcome.facts
    }
    for job in report.jobs:
        yield from dict.fromkeys(_links_of_series(job, new_uids))


def _links_of_series(job: SeriesJob, new_uids: dict[int, str]) -> Iterator[Link]:
    plan, patient = job.plan, job.patient.patient_id
    for file in job.files:
        if file.row not in new_uids:
            continue
        identity = patient_of(file)
        yield Link("patient_id", identity.patient_id, patient, patient)
        if identity.issuer:
            yield Link("issuer_of_patient_id", identity.issuer, "", patient)
        if MODIFIED_DATES in plan.profile.options:
            yield Link("date_shift_days", "", str(plan.pseudonyms.shift_days(patient)), patient)
        for kind, uid in (("study", file.study_instance_uid), ("series", file.series_instance_uid)):
            yield Link(f"{kind}_instance_uid", uid, _became(uid, plan), patient)
        yield Link("sop_instance_uid", file.sop_instance_uid, new_uids[file.row], patient)


def _became(uid: str, plan: Plan) -> str:
    """The new UID in the file: one that everybody knows stays, one that is none is replaced though UIDs are retained."""
    if UIDS in plan.profile.options and is_valid("UI", uid.encode() + b"\0" * (len(uid) % 2)):
        return uid
    return replaced_uids(uid.encode(), plan.pseudonyms.uid, is_registered).decode()


def prepare(path: Path, out: Path) -> None:
    """Make sure that a link table can be added to. UsageError if it lies inside OUT, which is shared, or is none."""
    if out.resolve() in path.resolve().parents:
        raise UsageError("--link-table names original patients: put it outside OUT")
    if path.exists():
        _read(path)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise UsageError(f"--link-table {path}: cannot be written ({(error.strerror or 'error').lower()})") from None


def add(path: Path, links: Iterable[Link]) -> None:
    """Add to a link table what is not in it yet: a CSV file that only its owner can read."""
    before = _read(path)
    new = [link for link in dict.fromkeys(links) if link not in before]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = csv.writer(file)
        if not path.stat().st_size:
            lines.writerow(Link._fields)
        lines.writerows(new)


def _read(path: Path) -> set[Link]:
    """The lines of a link table. UsageError, which quotes none of them, if it is some other file."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, csv.Error):
        raise UsageError(f"--link-table {path}: cannot be read as a CSV file in UTF-8") from None
    if rows and (tuple(rows[0]) != Link._fields or any(len(row) != len(Link._fields) for row in rows)):
        raise UsageError(f"--link-table {path}: this is another file; the first line of a link table is "
                         f"{','.join(Link._fields)}")  # fmt: skip
    return {Link(*row) for row in rows}
