"""A whole audit: look into every file, match what is there with its originals, compare, report."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, Unpack

from dicomconv import manifest
from dicomconv.deid.options import names_of
from dicomconv.deid.pseudonym import PatientIdentity
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.execute import executor, run_all
from dicomconv.inspected import Aside
from dicomconv.pipeline.audit.compare import Compare, Compared, PairOfFiles, merged
from dicomconv.pipeline.audit.examine import Look, Looked
from dicomconv.pipeline.audit.files import Listed, listed
from dicomconv.pipeline.audit.match import BY_KEY, BY_UID, Matching, Place, Print, prints_of
from dicomconv.pipeline.audit.report import AuditReport, Comparison, NotRead
from dicomconv.pipeline.audit.settle import settled
from dicomconv.pipeline.audit.suspects import suspects_in
from dicomconv.pipeline.found import PathLike
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.library import make_plan
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.records import NAME as REPORT
from dicomconv.pipeline.records import check_key
from dicomconv.pipeline.warn import patient_of
from dicomconv.source import SourceFile
from dicomconv.stored import Where, shown
from dicomconv.walk import walk

BATCH = 64
CONTAINERS = frozenset({".h5", ".hdf5", ".hdf"})
Job = TypeVar("Job")
Result = TypeVar("Result")


class Choices(TypedDict, total=False):
    """What can be chosen for an audit; each is a flag of the command line too."""

    key: PathLike | None
    preset: Literal["basic", "research", "limited-dataset"] | None
    option: Iterable[str]
    profile: PathLike | None
    pixels: bool
    show_before: bool


@dataclass(frozen=True, slots=True)
class Originals:
    """The originals that were walked, and how many files among them cannot be read."""

    files: tuple[SourceFile, ...] = field(default=(), repr=False)
    unreadable: int = 0

    @property
    def paths(self) -> tuple[Where, ...]:
        """Their paths, for worker processes."""
        return tuple(file.path for file in self.files)

    def of_patient(self) -> dict[PatientIdentity, tuple[Where, ...]]:
        """Their paths by patient."""
        found: dict[PatientIdentity, list[Where]] = defaultdict(list)
        for file in self.files:
            found[patient_of(file)].append(file.path)
        return {patient: tuple(paths) for patient, paths in found.items()}


def audit(out: PathLike, against: PathLike | None = None, *, jobs: int = 1, **choices: Unpack[Choices]) -> AuditReport:
    """Search a folder for whatever should not be in what is shared; with `against`, for everything of its originals.

    `key`, `preset`, `option`, `profile`: as for convert. PS3.15 E.1.1.
    """
    folder, source = Path(out), Path(against) if against else None
    if source and source.is_dir() and folder.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"OUT ({folder}) lies in the originals, so that it would be compared with itself")
    missing = next((path for path in (folder, source) if path is not None and not path.exists()), None)
    if missing is not None:
        raise UsageError(f"{missing} does not exist")
    key = choices.get("key")
    plan = make_plan(
        key=key, preset=choices.get("preset"), option=choices.get("option", ()), profile=choices.get("profile")
    )
    if key and folder.is_dir():
        check_key(folder, plan, str(key))
    originals = walked(source) if source else Originals()
    found = listed(folder)
    look = Look(plan.profile, originals.paths, choices.get("pixels", True))
    looked = _looked(look, found, jobs)
    report = AuditReport(
        out=folder.name or str(folder),
        profile=tuple(names_of(plan.profile.options)),
        files=Counter(one.kind for one in looked if found[one.file].path.is_file()),
        instances=sum(len(one.seen) for one in looked),
        unreadable=tuple(NotRead(one.name, one.unreadable) for one in looked if one.unreadable),
        in_part=tuple(NotRead(one.name, reason) for one in looked for reason in one.in_part),
        quarantine=_quarantine(folder, look),
        notes=tuple(_notes(folder, plan, originals)),
        shows_before=choices.get("show_before", False),
    )
    if source is None:
        return settled(report, looked, Compared())
    return _compared(report, looked, Work(look, originals, found, plan, jobs, str(key) if key else ""))


def walked(source: Path) -> Originals:
    """The DICOM files of a folder of originals. UsageError if there is none."""
    with quiet():
        found = list(walk([source]))
    files = tuple(one for one in found if isinstance(one, SourceFile))
    if not files:
        raise UsageError("there is no DICOM in what was given as --against")
    return Originals(files, sum(isinstance(one, Aside) and one.failed for one in found))


@dataclass(frozen=True, slots=True)
class Work:
    """What a comparison needs."""

    look: Look
    originals: Originals
    found: Sequence[Listed] = field(repr=False)
    plan: Plan
    jobs: int
    key: str


def _compared(report: AuditReport, looked: list[Looked], work: Work) -> AuditReport:
    """The report with what the originals tell."""
    seen = [one for each in looked for one in each.seen]
    places = [Place(work.found[one.file].path, one.index) for one in seen]
    matching = Matching(work.originals.files, seen)
    new_uid = work.plan.uid if work.key else None
    matching.by_uid(new_uid)
    _by_prints(matching, places, work)
    matching.by_uid(new_uid, shared=True)
    ways = matching.ways()
    if work.key and not ways.keys() & {BY_KEY, BY_UID} and ways:
        raise KeyFileError(work.key, "it gives none of the UIDs that are in OUT, which was made with another key")
    compare = Compare(work.look.profile, work.look.originals, report.shows_before)
    files, of_patient = work.originals.files, work.originals.of_patient()
    pairs = [
        PairOfFiles(files[one.original].path, places[one.seen], one.seen, of_patient[patient_of(files[one.original])])
        for one in matching.pairs
    ]
    results = _worked(compare, _batches(pairs), work.jobs)
    compared = merged([one for one in results if isinstance(one, Compared)])
    lost, extra = matching.rest()
    suspects = suspects_in(work.look.originals, work.look.profile)
    names = {one.file: one.name for one in looked}
    comparison = Comparison(
        originals=len(files),
        patients=len(of_patient),
        matched=ways,
        missing=len(lost),
        missing_paths=tuple(shown(files[one].path) for one in lost) if report.shows_before else (),
        extra=tuple(_place_of(names[seen[one].file], seen[one].index) for one in extra),
        attributes=tuple(compared.tallies[key] for key in sorted(compared.tallies)),
        searched=suspects.counts(),
        too_short=suspects.too_short(),
    )
    return settled(replace(report, comparison=comparison), looked, compared)


def _by_prints(matching: Matching, places: list[Place], work: Work) -> None:
    """Match by pixels and numbers what UIDs do not tell, reading only that."""
    originals, seen = matching.rest()
    if not originals or not seen:
        return
    of_originals = [(number, Place(work.originals.files[number].path, -1)) for number in originals]
    prints: list[dict[int, Print]] = []
    for todo in (of_originals, [(number, places[number]) for number in seen]):
        results = _worked(prints_of, _batches(todo), work.jobs)
        prints.append(dict(one for result in results if isinstance(result, list) for one in result))
    matching.by_print(*prints)


def _place_of(name: str, index: int) -> str:
    return name if index < 0 else f"{name}: instance {index}"


def _looked(look: Look, found: Sequence[Listed], jobs: int) -> list[Looked]:
    """What every file came out as, in their order; a batch that ends in an error of ours is unreadable, and said so."""
    numbered = list(enumerate(found))
    alone = [(one,) for one in numbered if one[1].path.suffix.lower() in CONTAINERS]
    batches = [*alone, *_batches([one for one in numbered if one[1].path.suffix.lower() not in CONTAINERS])]
    looked: list[Looked] = []
    for batch, result in zip(batches, _worked(look, batches, jobs), strict=True):
        if isinstance(result, BaseException):
            reason = f"an error of ours ({type(result).__name__}); please report it"
            looked += (Looked(number, f"file {number + 1}", unreadable=reason) for number, _ in batch)
        else:
            looked += result
    return sorted(looked, key=lambda one: one.file)


def _batches(jobs: Sequence[Job]) -> list[tuple[Job, ...]]:
    return [tuple(jobs[start : start + BATCH]) for start in range(0, len(jobs), BATCH)]


def _worked(work: Callable[[Job], Result], todo: Sequence[Job], jobs: int) -> list[Result | BaseException]:
    """The results in the order of the jobs."""
    workers = max(1, min(jobs, len(todo)))
    results: dict[int, Result | BaseException] = {}
    places = {id(job): place for place, job in enumerate(todo)}
    with executor("serial" if workers == 1 else f"processes:{workers}", warm=__name__) as engine:
        interrupted = run_all(engine, work, todo, lambda job, result: results.__setitem__(places[id(job)], result))
    if interrupted:
        raise KeyboardInterrupt
    return [results[place] for place in range(len(todo))]


def _quarantine(folder: Path, look: Look) -> dict[str, int]:
    """The reasons of the manifest for what is not in OUT; one that names somebody is not shown."""
    suspects = suspects_in(look.originals, look.profile)
    found: Counter[str] = Counter()
    try:
        for row in manifest.read(folder) if folder.is_dir() else ():
            if row.get("outcome") in ("refused", "failed"):
                reason = f"{row['outcome']}: {row.get('reason', '')}"
                found["[a reason that is a hit]" if suspects.in_text(reason) else reason] += 1
    except (UsageError, OSError, UnicodeError):
        return {}
    return dict(found.most_common())


def _notes(folder: Path, plan: Plan, originals: Originals) -> Iterable[str]:
    """What whoever reads the report should know."""
    if originals.unreadable:
        yield (
            f"{manifest.counted(originals.unreadable, 'file')} among the originals cannot be read: "
            "what identifies the patient there was not looked for"
        )
    said = _options_of_report(folder / REPORT)
    if said is not None and said != names_of(plan.profile.options):
        yield (
            f"{REPORT} says that it was made with {', '.join(said) or 'no option'}; it was audited with "
            f"{', '.join(names_of(plan.profile.options)) or 'no option'} (--preset, --option, --profile)"
        )


def _options_of_report(path: Path) -> list[str] | None:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["runs"][-1]["settings"]
        return [str(name) for name in settings["options"]]
    except (OSError, ValueError, LookupError, TypeError):
        return None
