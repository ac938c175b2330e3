"""One series as plain .dcm files: the same bytes that a container gives back."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dicomconv.errors import Malformed
from dicomconv.model import Outcome
from dicomconv.pipeline.encrypt import with_encrypted_attributes
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.instances import Instance, instances, quiet
from dicomconv.pipeline.names import remove_empty
from dicomconv.pipeline.report import SeriesReport
from dicomconv.temporary import mark


def deidentify_series(job: SeriesJob, out: Path) -> SeriesReport:
    """De-identify one series into OUT/patient/study/series/<SOP Instance UID>.dcm."""
    folder = out / job.names.folder
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        outcomes = tuple(_written(job, folder))
    remove_empty(folder, 3)
    return SeriesReport(outcomes)


def _written(job: SeriesJob, folder: Path) -> Iterator[Outcome]:
    for found in instances(job):
        yield found if isinstance(found, Outcome) else _outcome(job, found, folder)


def _outcome(job: SeriesJob, instance: Instance, folder: Path) -> Outcome:
    one, certificates = instance.deidentified, job.plan.certificates
    path = folder / f"{one.sop_instance_uid}.dcm"
    facts: dict[str, object] = {
        "file": (job.names.folder / path.name).as_posix(),
        "sop_instance_uid": one.sop_instance_uid,
        **instance.facts,
    }
    if path.exists() and job.plan.existing == "skip":
        return Outcome(instance.row, "converted", "", {**facts, "existing": True})
    try:
        written = with_encrypted_attributes(instance.original, one, certificates) if certificates else one
        write_file(path, written.chunks())
    except (OSError, EOFError, Malformed) as error:
        return Outcome(instance.row, "failed", f"cannot be written ({type(error).__name__})")
    return Outcome(instance.row, "converted", instance.reason, facts)


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file under a temporary name, then give it its own: it is whole or it is not there."""
    temporary = path.with_name(f".{path.name}{mark()}")
    try:
        with temporary.open("wb") as file:
            file.writelines(chunks)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
