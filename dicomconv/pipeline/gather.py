"""From sources to numbered rows and series jobs: walk, select, settle duplicates, order, number."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dicomconv.deid.deidentify import Patient
from dicomconv.deid.pseudonym import identity_of
from dicomconv.geometry import Slice, order
from dicomconv.model import CHUNK, Outcome, Status
from dicomconv.pipeline.names import SeriesNames, series_names
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.select import Selection
from dicomconv.pipeline.warn import SeriesKey, warnings_about
from dicomconv.source import SourceFile
from dicomconv.walk import Aside, walk


@dataclass(frozen=True, slots=True)
class SeriesJob:
    """One series of one patient, in slice order: the unit of work. `new_uids`: what the UIDs of some rows are made of."""

    plan: Plan
    patient: Patient
    names: SeriesNames
    container_uuid: str
    files: tuple[SourceFile, ...] = field(repr=False)
    new_uids: dict[int, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The jobs, the rows that are settled already, what the report warns of, and every row's path."""

    jobs: tuple[SeriesJob, ...]
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]
    paths: dict[int, Path] = field(repr=False)


@dataclass(slots=True)
class _Rows:
    """Numbers rows and settles those that need no work."""

    paths: dict[int, Path] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def number(self, path: Path) -> int:
        row = len(self.paths) + 1
        self.paths[row] = path
        return row


def gather(sources: Iterable[Path], plan: Plan) -> Gathered:
    """Walk the sources; the numbers of rows and the order of jobs depend on contents and key, not on names."""
    files, asides = list[SourceFile](), list[Aside]()
    for found in walk(sources):
        if isinstance(found, Aside):
            asides.append(found)
        else:
            files.append(found)
    by_series: dict[SeriesKey, list[SourceFile]] = defaultdict(list)
    for file in files:
        by_series[_series_key(file)].append(file)
    duplicates = _Duplicates(files, plan)
    selection, rows = Selection(plan.include, plan.exclude), _Rows()
    keys = sorted(by_series, key=lambda key: _keyed_order(key, plan))
    jobs = [job for key in keys if (job := _job(key, by_series[key], plan, duplicates, selection, rows)).files]
    for aside in sorted(asides, key=lambda aside: (aside.failed, aside.reason, plan.pseudonyms.order(str(aside.path)))):
        row = rows.number(aside.path)
        rows.outcomes.append(Outcome(row, "failed" if aside.failed else "skipped", aside.reason))
    return Gathered(tuple(jobs), tuple(rows.outcomes), tuple(warnings_about(by_series, plan)), rows.paths)


def _series_key(file: SourceFile) -> SeriesKey:
    identity = identity_of(file.issuer, file.patient_id, file.study_instance_uid)
    return identity, file.study_instance_uid, file.series_instance_uid


def _keyed_order(key: SeriesKey, plan: Plan) -> bytes:
    identity, study, series = key
    return plan.pseudonyms.order(identity.issuer, identity.patient_id, identity.study_instance_uid, study, series)


def _job(
    key: SeriesKey, files: list[SourceFile], plan: Plan, duplicates: "_Duplicates", selection: Selection, rows: _Rows
) -> SeriesJob:
    patient = plan.patient(key[0])
    uid = plan.pseudonyms.uid
    kept: list[SourceFile] = []
    new_uids: dict[int, str] = {}
    for file in duplicates.ordered(_in_slice_order(files)):
        row = rows.number(file.path)
        if against := selection.reason_against(file, len(files)):
            rows.outcomes.append(Outcome(row, "skipped", against))
            continue
        status, reason, new_uid = duplicates.settle(file, row)
        if status == "converted":
            kept.append(replace(file, row=row))
            new_uids |= {row: new_uid} if new_uid else {}
        else:
            rows.outcomes.append(Outcome(row, status, reason))
    names = series_names(patient.patient_id, uid(key[1]), uid(key[2]))
    uuid = plan.pseudonyms.container_uuid(patient.patient_id, uid(key[2]))
    return SeriesJob(plan, patient, names, uuid, tuple(kept), new_uids)


def _in_slice_order(files: list[SourceFile]) -> list[SourceFile]:
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


class _Duplicates:
    """Files that share a SOP Instance UID: same bytes count once, different bytes go by the plan's policy."""

    def __init__(self, files: list[SourceFile], plan: Plan):
        by_uid: dict[str, list[SourceFile]] = defaultdict(list)
        for file in files:
            by_uid[file.sop_instance_uid].append(file)
        shared = [group for group in by_uid.values() if len(group) > 1]
        self._digests = {file.path: _digest(file.path) for group in shared for file in group}
        self._newest = {group[0].sop_instance_uid: max(group, key=_age).path for group in shared}
        self._different = {
            group[0].sop_instance_uid for group in shared if len({self._digests[file.path] for file in group}) > 1
        }
        self._plan = plan
        self._first_row: dict[tuple[str, bytes], int] = {}
        self._kept: set[str] = set()

    def ordered(self, files: list[SourceFile]) -> list[SourceFile]:
        """Files that share a UID stand next to each other: the newest first if that counts, then by content."""
        if not self._digests:
            return files

        def order(file: SourceFile) -> tuple[bool, bytes]:
            digest = self._digests.get(file.path, b"")
            older = self._plan.duplicates != "fail" and self._newest.get(file.sop_instance_uid, file.path) != file.path
            return older, self._plan.pseudonyms.order(digest.hex())

        place: dict[str, int] = {}
        for index, file in enumerate(files):
            place.setdefault(file.sop_instance_uid, index)
        return sorted(files, key=lambda file: (place[file.sop_instance_uid], *order(file)))

    def settle(self, file: SourceFile, row: int) -> tuple[Status, str, str]:
        """Status, reason, and the new SOP Instance UID if the file is to have one of its own."""
        digest = self._digests.get(file.path)
        if digest is None:
            return "converted", "", ""
        uid = file.sop_instance_uid
        first = self._first_row.setdefault((uid, digest), row)
        if first != row:
            return "skipped", f"a copy of row {first}, byte for byte", ""
        if uid not in self._different:
            return "converted", "", ""
        if self._plan.duplicates == "fail":
            return "failed", "another row has the same SOP Instance UID and other content; see --duplicates", ""
        if uid not in self._kept:
            self._kept.add(uid)
            return "converted", "", ""
        if self._plan.duplicates == "newest":
            return "skipped", "a newer file has the same SOP Instance UID", ""
        return "converted", "", f"{uid}#{digest.hex()}"


def _age(file: SourceFile) -> tuple[int, int]:
    status = file.path.stat()
    return status.st_mtime_ns, status.st_size


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except OSError:
        return b""  # that it cannot be read is found, and said, when it is worked on
    return digest.digest()
