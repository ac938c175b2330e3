"""What a run is to be warned of before anybody shares what it made: two patients in one, and faces."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dicomconv.deid.pseudonym import PatientIdentity
from dicomconv.pipeline.plan import Plan
from dicomconv.source import SourceFile

SeriesKey = tuple[PatientIdentity, str, str]  # patient, Study Instance UID, Series Instance UID
HEAD = frozenset({"HEAD", "BRAIN", "SKULL", "FACE", "HEADNECK", "NECK", "ORBIT", "SINUS", "JAW", "WHOLEBODY"})


def warnings_about(by_series: Mapping[SeriesKey, list[SourceFile]], plan: Plan) -> Iterator[str]:
    """All warnings, in pseudonyms."""
    yield from _mixed_patients(by_series, plan)
    heads = sum(any(_shows_a_head(file) for file in files) for files in by_series.values())
    if heads:
        yield f"{heads} series are CT or MR that may show a head: a face can be rebuilt from such slices"


def _shows_a_head(file: SourceFile) -> bool:
    words = "".join(c if c.isalnum() else " " for c in f"{file.body_part} {file.series_description}".upper()).split()
    return file.modality in ("CT", "MR") and not HEAD.isdisjoint(words)


def _mixed_patients(by_series: Mapping[SeriesKey, list[SourceFile]], plan: Plan) -> Iterator[str]:
    """Two patients in one study, or one ID under several issuers: said, not guessed at."""
    patients: dict[str, set[PatientIdentity]] = defaultdict(set)
    issuers: dict[str, set[str]] = defaultdict(set)
    for identity, study, _ in by_series:
        patients[study].add(identity)
        if identity.patient_id:
            issuers[identity.patient_id].add(identity.issuer)
    for study, found in patients.items():
        if len(found) > 1:
            yield f"study {plan.pseudonyms.uid(study)} holds {len(found)} Patient IDs; each became a patient of its own"
    for patient_id, names in issuers.items():
        if len(names) > 1:
            who = " and ".join(sorted(plan.pseudonyms.patient(PatientIdentity(name, patient_id)) for name in names))
            yield f"one Patient ID stands under {len(names)} issuers; the patients {who} may be one person"
