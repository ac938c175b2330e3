"""One source file at a time: read, checked, de-identified, or an Outcome that says why not."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from dicomconv.declared import as_declared
from dicomconv.deid.burned_in.treat import BurnedIn
from dicomconv.deid.deidentify import Deidentifier
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.errors import DicomconvError, Refused
from dicomconv.inspected import check_identity
from dicomconv.model import Deidentified, Outcome
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.cleaning import Cleaning
from dicomconv.pipeline.context import Context, context_of
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.residual import leaks_of_instance
from dicomconv.source import Original, SourceFile
from dicomconv.stored import stamp_of
from dicomconv.workers import heartbeat

NEW_UID = "has a SOP Instance UID of its own, as another row has the same and other content"
QUARANTINED = "quarantined: something that identifies the patient was still there,"
NO_MEMORY = "it takes more memory than there is"
REMEDY = "`--profile` can remove or empty an attribute that holds it"


@dataclass(frozen=True, slots=True)
class Instance:
    """A de-identified instance with its row; `facts` and `reason` are what its row of the manifest has in any case.

    `stamp`: that of the original's file before it was read.
    """

    row: int
    deidentified: Deidentified
    facts: dict[str, object]
    original: Parts = field(repr=False)
    stamp: tuple[int, int] = field(repr=False)
    reason: str = ""


def instances(job: SeriesJob, pseudonyms: Pseudonyms | None = None) -> Iterator[Instance | Outcome]:
    """Every file of a job in slice order, de-identified, or why it is not. `pseudonyms`: the plan's, if not given."""
    context = context_of(job.patient_files, job.plan.profile, job.patient)
    deidentifier = Deidentifier(pseudonyms or job.plan.pseudonyms, job.patient, job.plan.profile, context.scrubber)
    cleaning = Cleaning(job)
    before: Parts | None = None
    for file in job.files:
        if file.row in job.care.left_out:
            yield Outcome(file.row, "failed", job.care.left_out[file.row])
            continue
        heartbeat.at(file.row)
        attempt = _attempt(cleaning, file, before, deidentifier, context)
        before = attempt.original if isinstance(attempt, Instance) else None
        yield attempt


def _attempt(
    cleaning: Cleaning, file: SourceFile, before: Parts | None, deidentifier: Deidentifier, context: Context
) -> Instance | Outcome:
    """One file, whatever is in it: the one place where an unforeseen error becomes a row instead of ending the run."""
    try:
        instance = _instance(cleaning, file, before, context.headers.get(file.spelt), deidentifier)
        if leaks := leaks_of_instance(instance.deidentified, context.search):
            raise Refused(f"{QUARANTINED} in {', '.join(leaks[:5])}; {REMEDY}")
        return instance
    except Refused as error:
        return Outcome(file.row, "refused", str(error))
    except DicomconvError as error:
        return Outcome(file.row, "failed", str(error))
    except EOFError:
        return Outcome(file.row, "failed", "the file became shorter while it was read")
    except OSError as error:
        return Outcome(file.row, "failed", f"cannot be read ({(error.strerror or type(error).__name__).lower()})")
    except MemoryError:
        return Outcome(file.row, "failed", NO_MEMORY)
    except Exception as error:  # noqa: BLE001 - its text might quote a value: the class alone is named
        return Outcome(file.row, "failed", f"an error of ours ({type(error).__name__}); please report it")


def _instance(
    cleaning: Cleaning, file: SourceFile, before: Parts | None, known: Parts | None, deidentifier: Deidentifier
) -> Instance:
    job, path = cleaning.job, file.path
    stamp = stamp_of(path)
    original = split(path, before, known)
    parts = as_declared(original)
    header = parts.header()
    uids = check_identity(header, parts.meta)
    burned_in = cleaning.of(file, parts, header, uids["SOPClassUID"])
    deidentified = deidentifier(Original(file.row, path, parts), job.new_uids.get(file.row, ""), burned_in)
    facts = _facts(burned_in, deidentified)
    return Instance(file.row, deidentified, facts, original, stamp, NEW_UID if file.row in job.new_uids else "")


def _facts(burned_in: BurnedIn, deidentified: Deidentified) -> dict[str, object]:
    """What the row of an instance says of text in its pixels."""
    if burned_in.kept:
        return {"burned_in": "kept: the pixels were not cleaned"}
    if deidentified.blanked is None:
        return {}
    return {"boxes": [asdict(box) for box in deidentified.blanked]}


@contextmanager
def quiet() -> Iterator[None]:
    """pydicom's warnings and log lines quote values: none of them is let out."""
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
