"""What a run is to be warned of before anybody shares what it made: two patients in one, and faces."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from dicomconv.deid.options import MODIFIED_DATES, UIDS
from dicomconv.deid.pseudonym import PatientIdentity, identity_of
from dicomconv.manifest import counted
from dicomconv.model import Outcome
from dicomconv.pipeline.plan import Plan
from dicomconv.source import SourceFile

HEAD = frozenset({"HEAD", "BRAIN", "SKULL", "FACE", "HEADNECK", "NECK", "ORBIT", "SINUS", "JAW", "WHOLEBODY"})

OF_PIXELS = {
    "cut": "had bytes behind the last pixel, which were cut off",
    "masked": "had something in bits of pixels that are not stored, which were emptied",
    "unsearched": "hold compressed frames that could not be followed to their end; what stands in them beside the picture "
    "is kept",
}


def patient_of(file: SourceFile) -> PatientIdentity:
    """Who the patient of a file is to the source."""
    return identity_of(file.issuer, file.patient_id, file.study_instance_uid)


def warnings_about(series: Iterable[list[SourceFile]], plan: Plan) -> Iterator[str]:
    """All warnings, in pseudonyms."""
    series = list(series)
    found = {(patient_of(file), file.study_instance_uid) for files in series for file in files}
    yield from _mixed_patients(found, plan)
    yield from _unused_map({identity for identity, _ in found}, plan)
    if {UIDS, MODIFIED_DATES} <= plan.profile.options:
        yield "retained UIDs may hold the date of the study, which gives away by how much the dates were shifted"
    heads = sum(any(_shows_a_head(file) for file in files) for files in series)
    if heads:
        yield f"CT or MR that may show a head (series: {heads}): a face can be rebuilt from such slices"


def _shows_a_head(file: SourceFile) -> bool:
    return file.modality in ("CT", "MR") and _names_a_head(f"{file.body_part} {file.series_description}")


@lru_cache(maxsize=16)
def _names_a_head(text: str) -> bool:
    words = "".join(c if c.isalnum() else " " for c in text.upper()).split()
    return not HEAD.isdisjoint(words)


def _mixed_patients(found: set[tuple[PatientIdentity, str]], plan: Plan) -> Iterator[str]:
    """Two patients in one study, or one ID under several issuers: said, not guessed at."""
    patients: dict[str, set[PatientIdentity]] = defaultdict(set)
    issuers: dict[str, set[str]] = defaultdict(set)
    for identity, study in found:
        patients[study].add(identity)
        if identity.patient_id:
            issuers[identity.patient_id].add(identity.issuer)
    for study, several in patients.items():
        if len(several) > 1:
            new = plan.uid(study)
            yield f"study {new} holds {len(several)} Patient IDs; each became a patient of its own"
    for patient_id, names in issuers.items():
        if len(names) > 1:
            who = " and ".join(sorted(plan.pseudonyms.patient(PatientIdentity(name, patient_id)) for name in names))
            yield f"one Patient ID stands under {len(names)} issuers; the patients {who} may be one person"


def _unused_map(identities: set[PatientIdentity], plan: Plan) -> Iterator[str]:
    """A patient map that leaves patients out, or names ones that are not there, may be the wrong file."""
    if not plan.patient_map:
        return
    mapped = sum(identity.patient_id in plan.patient_map for identity in identities)
    if mapped < len(identities):
        yield f"--patient-map names {mapped} of the {len(identities)} patients; the others have keyed pseudonyms"


def warnings_of_earlier_runs(known: int) -> Iterator[str]:
    """What was written earlier was searched for less: these files may tell more of so many patients (decisions 4)."""
    if known:
        yield (
            f"OUT has output of earlier runs (patients: {known}): it was not searched for what new files tell of these "
            "patients; `dicomconv audit OUT --against SOURCE` does"
        )


def warnings_of_outcomes(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """What the rows tell that nobody should overlook."""
    outcomes = list(outcomes)
    kept = sum("burned_in" in outcome.facts for outcome in outcomes)
    if kept:
        yield f"{counted(kept, 'file')} may show text in pixels that were not cleaned (--burned-in keep)"
    renamed = sorted(outcome.row for outcome in outcomes if outcome.status == "converted" and outcome.reason)
    if renamed:
        rows = ", ".join(map(str, renamed[:10])) + (" …" if len(renamed) > 10 else "")
        yield f"{counted(len(renamed), 'file')} with a SOP Instance UID of their own (--duplicates keep-both): rows {rows}"
    for action, said in OF_PIXELS.items():
        count = sum(
            action in changes for outcome in outcomes if isinstance(changes := outcome.facts.get("changes"), dict)
        )
        if count:
            yield f"{counted(count, 'file')} {said}"
    left_out = [outcome for outcome in outcomes if outcome.reason.startswith("left out")]
    if left_out and all(outcome.status == "skipped" for outcome in outcomes):
        yield "--include and --exclude leave out every DICOM file"
