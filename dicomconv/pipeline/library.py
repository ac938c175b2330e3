"""What the command line and Python programs call: convert, deidentify, recover, verify, each a whole run."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, Unpack, get_args

from dicomconv import manifest
from dicomconv.deid.burned_in.detector import check_installed
from dicomconv.deid.burned_in.rules import RegionRules, our_rules
from dicomconv.deid.options import names_of, options_of
from dicomconv.deid.own_rules import OwnRules
from dicomconv.deid.profile import Documents, Profile, fault_of_dates
from dicomconv.errors import UsageError
from dicomconv.execute import job_count
from dicomconv.model import Box
from dicomconv.pipeline.box_file import read_boxes, read_region_rules
from dicomconv.pipeline.check import check_series
from dicomconv.pipeline.convert import convert_series
from dicomconv.pipeline.deidentify import deidentify_series
from dicomconv.pipeline.fingerprints import Fingerprint
from dicomconv.pipeline.folders import check_folders
from dicomconv.pipeline.found import PathLike, SourceLike, as_sources
from dicomconv.pipeline.into import Into, folder_of, opened, prepare
from dicomconv.pipeline.key_file import new_key, read_key, read_patient_map
from dicomconv.pipeline.pem_files import read_certificate
from dicomconv.pipeline.plan import BurnedIn, Compression, Duplicates, Existing, Plan
from dicomconv.pipeline.profile_file import ProfileFile, read_profile
from dicomconv.pipeline.records import check_key, mend, next_run, write_manifest
from dicomconv.pipeline.resume import RUNS, ResumeChoices
from dicomconv.pipeline.run import Progress, RunReport, run
from dicomconv.pipeline.seal_keys import read_recipients
from dicomconv.pipeline.select import Selection
from dicomconv.pipeline.views import Drawing, drawing_of
from dicomconv.pipeline.working import Working
from dicomconv.remote import Source
from dicomconv.seal.keys import Recipient, shown

T = TypeVar("T")


class Choices(TypedDict, total=False):
    """What can be chosen for a run; each is a flag of the command line too."""

    key: PathLike | None
    window: str | Iterable[str]
    stack: bool
    raw: bool
    depth: Literal[8, 16]
    size: int | None
    png: bool
    compression: Compression
    burned_in: BurnedIn
    boxes: PathLike | None
    region_rules: PathLike | None
    existing: Existing
    duplicates: Duplicates
    include: Iterable[str]
    exclude: Iterable[str]
    patient_map: PathLike | None
    preset: Literal["basic", "research", "limited-dataset"] | None
    option: Iterable[str]
    profile: PathLike | None
    documents: Documents
    seal_to: Iterable[PathLike]
    detach_seal: bool
    encrypted_attributes: Iterable[PathLike]
    state: PathLike | None
    fingerprint: Fingerprint
    retry_failed: bool


def make_plan(**choices: Unpack[Choices]) -> Plan:
    """The plan for these choices, with a fresh random key if there is none. UsageError and KeyFileError say what is wrong."""
    if unknown := sorted(choices.keys() - Choices.__annotations__.keys()):
        raise UsageError(f"there is no choice {', '.join(unknown)}; there are {', '.join(Choices.__annotations__)}")
    key, patient_map = choices.get("key"), choices.get("patient_map")
    include, exclude = tuple(choices.get("include", ())), tuple(choices.get("exclude", ()))
    Selection(include, exclude)
    return Plan(
        key=read_key(Path(key)) if key else new_key(),
        profile=profile_of(**choices),
        drawing=_drawing(choices),
        png=choices.get("png", True),
        compression=_one_of("compression", choices.get("compression", "fast"), get_args(Compression)),
        **_redaction(choices),
        existing=_one_of("existing", choices.get("existing", "error"), get_args(Existing)),
        duplicates=_one_of("duplicates", choices.get("duplicates", "fail"), get_args(Duplicates)),
        include=include,
        exclude=exclude,
        patient_map=read_patient_map(Path(patient_map)) if patient_map else {},
        seal_to=_recipients(choices),
        detach_seal=choices.get("detach_seal", False),
        certificates=tuple(read_certificate(Path(path)) for path in choices.get("encrypted_attributes", ())),
    )


def _drawing(choices: Choices) -> Drawing:
    return drawing_of(
        choices.get("window", ()),
        stack=choices.get("stack", False),
        raw=choices.get("raw", False),
        depth=choices.get("depth", 8),
        size=choices.get("size"),
    )


class _Redaction(TypedDict):
    """What a plan says of burned-in text."""

    burned_in: BurnedIn
    boxes: Mapping[str, tuple[Box, ...]]
    region_rules: RegionRules


def _redaction(choices: Choices) -> _Redaction:
    """What to do about burned-in text. UsageError for what is missing, or goes with --burned-in redact only."""
    burned_in = _one_of("burned_in", choices.get("burned_in", "refuse"), get_args(BurnedIn))
    boxes, rules = choices.get("boxes"), choices.get("region_rules")
    if (boxes or rules) and burned_in != "redact":
        raise UsageError(f"--{'boxes' if boxes else 'region-rules'} says what to blank; it needs --burned-in redact")
    if burned_in == "redact":
        check_installed()
    if boxes and not choices.get("key"):
        raise UsageError("--boxes names instances by their new UIDs: it needs the --key they were made with")
    return {
        "burned_in": burned_in,
        "boxes": read_boxes(Path(boxes)) if boxes else {},
        "region_rules": read_region_rules(Path(rules)) if rules else our_rules(),
    }


def _recipients(choices: Choices) -> tuple[Recipient, ...]:
    """Whose keys open the seals. UsageError if there is to be a file of its own for a seal that nobody asked for."""
    seal_to = tuple(choices.get("seal_to", ()))
    if choices.get("detach_seal") and not seal_to:
        raise UsageError(
            "--detach-seal says where the seal goes; --seal-to NAME.pub says for whom it is, and is missing"
        )
    return read_recipients(map(Path, seal_to)) if seal_to else ()


def profile_of(**choices: Unpack[Choices]) -> Profile:
    """The Basic Profile with the preset, options and rules that were chosen. UsageError for what cannot be."""
    path = choices.get("profile")
    file = read_profile(Path(path)) if path else ProfileFile()
    options = options_of((*file.options, *choices.get("option", ())), choices.get("preset") or file.preset or "basic")
    documents = _one_of("documents", choices.get("documents", "blank"), get_args(Documents))
    profile = Profile(options, OwnRules(file.rules), documents)
    if fault := fault_of_dates(profile):
        raise UsageError(f"--profile {path}, {fault}")
    return profile


def _one_of(name: str, value: T, allowed: tuple[T, ...]) -> T:
    if value not in allowed:
        raise UsageError(f"{name} is one of {', '.join(map(str, allowed))}")
    return value


def convert(
    sources: SourceLike | Iterable[SourceLike],
    out: SourceLike,
    *,
    jobs: int = 1,
    working: Working | None = None,
    progress: Progress | None = None,
    **choices: Unpack[Choices],
) -> RunReport:
    """De-identify DICOM files and folders into PNG slices and one HDF5 container per series under `out`.

    `jobs`: processors to use; `working`: more about how the work is done, instead. Writes OUT/manifest.jsonl and
    OUT/report.json too. PS3.15 E, PS3.3 C.11.
    """
    plan, paths, working = make_plan(**choices), as_sources(sources), _working(working, jobs, choices)
    with _opened("convert", paths, out, plan, choices) as into:
        folder, resume = into.folder, into.resume
        into.fetch_records()
        notes = tuple(mend(folder, key_is_known=resume is not None and resume.key_is_known))
        check_key(folder, plan, str(choices.get("key")))
        before, number = manifest.rows_so_far(folder), next_run(folder)
        if resume:
            resume.number = number
        work = into.work(convert_series)
        report = run(paths, folder, plan, work=work, working=working, progress=progress, rows_before=before, resume=resume)
        report = replace(report, warnings=(*notes, *report.warnings))
        write_manifest(report, folder, settings_of(plan), number)
        into.publish_records()
    return report


def deidentify(
    sources: SourceLike | Iterable[SourceLike],
    out: SourceLike,
    *,
    jobs: int = 1,
    working: Working | None = None,
    progress: Progress | None = None,
    **choices: Unpack[Choices],
) -> RunReport:
    """De-identify DICOM files and folders into plain .dcm files under `out`, and write nothing else. PS3.15 E."""
    plan, paths, working = make_plan(**choices), as_sources(sources), _working(working, jobs, choices)
    if plan.seal_to:
        raise UsageError("deidentify makes no containers to seal; use convert")
    with _opened("deidentify", paths, out, plan, choices) as into:
        work, resume = into.work(deidentify_series), into.resume
        report = run(paths, into.folder, plan, work=work, working=working, progress=progress, resume=resume)
        if resume:
            resume.journal.note(RUNS, str(resume.number))
    return report


def _resume_choices(choices: Choices) -> ResumeChoices:
    fingerprint = _one_of("fingerprint", choices.get("fingerprint", "stat"), get_args(Fingerprint))
    return ResumeChoices(fingerprint, choices.get("retry_failed", False))


@contextmanager
def _opened(kind: str, sources: list[Source], out: SourceLike, plan: Plan, choices: Choices) -> Iterator[Into]:
    """OUT, checked against the sources, and held for this run."""
    key, state, target = choices.get("key"), choices.get("state"), as_sources(out)[0]
    where = Path(state) if state else None
    folder = prepare(target, sources, where, has_key=bool(key))
    check_folders(sources, folder, has_key=bool(key))
    with opened(kind, target, plan, key=str(key or ""), state=where, choices=_resume_choices(choices)) as into:
        yield into


def dry_run(
    sources: Iterable[SourceLike],
    out: SourceLike,
    *,
    jobs: int = 1,
    working: Working | None = None,
    **choices: Unpack[Choices],
) -> RunReport:
    """Read and de-identify everything in memory and write nothing: what a run would say of each file."""
    plan, paths, target, state = make_plan(**choices), as_sources(sources), as_sources(out)[0], choices.get("state")
    folder = folder_of(target, Path(state) if state else None)
    check_folders(paths, folder, has_key=bool(choices.get("key")), write=False)
    return run(paths, folder, plan, work=check_series, working=_working(working, jobs, choices))


def _working(working: Working | None, jobs: int, choices: Choices) -> Working:
    """How a run is worked through that has these choices."""
    key = choices.get("key")
    return replace(working or Working(jobs), key_file=Path(key) if key else None)


def settings_of(plan: Plan) -> dict[str, object]:
    """The choices of a run as report.json keeps them; the patient map only as a yes or no."""
    return {
        **plan.drawing.settings(),
        "png": plan.png,
        "compression": plan.compression,
        "burned_in": plan.burned_in,
        "boxes": len(plan.boxes),
        "region_rules": len(plan.region_rules.rules),
        "existing": plan.existing,
        "duplicates": plan.duplicates,
        "include": list(plan.include),
        "exclude": list(plan.exclude),
        "patient_map": bool(plan.patient_map),
        "seal_to": [shown(one.key_id) for one in plan.seal_to],
        "detach_seal": plan.detach_seal,
        "options": names_of(plan.profile.options),
        "own_rules": len(plan.profile.own.rules),
        "documents": plan.profile.documents,
        "encrypted_attributes": len(plan.certificates),
    }


__all__ = ["Choices", "check_folders", "convert", "deidentify", "dry_run", "job_count", "make_plan", "settings_of"]
