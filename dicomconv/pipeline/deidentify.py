"""One series as plain .dcm files: the same bytes that a container gives back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from dicomconv.errors import Malformed
from dicomconv.model import Outcome
from dicomconv.pipeline.encrypt import with_encrypted_attributes
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.instances import Instance, instances, quiet
from dicomconv.pipeline.names import make_folder, remove_empty
from dicomconv.pipeline.pictures import put_files
from dicomconv.pipeline.report import SeriesReport
from dicomconv.temporary import mark
from dicomconv.workers import heartbeat


def deidentify_series(job: SeriesJob, out: Path) -> SeriesReport:
    """De-identify one series into OUT/patient/study/series/<SOP Instance UID>.dcm; all files get their names together."""
    folder = out / job.names.folder
    scratch = folder.with_name(f".{job.names.series}{mark()}")
    try:
        make_folder(scratch)
        with quiet():
            outcomes = tuple(_written(job, folder, scratch))
        put_files(scratch, folder)
    except OSError as error:
        reason = f"cannot be written ({(error.strerror or 'input or output').lower()})"
        return SeriesReport(tuple(Outcome(file.row, "failed", reason) for file in job.files))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        remove_empty(folder.parent, 2)
    return SeriesReport(outcomes)


def _written(job: SeriesJob, folder: Path, scratch: Path) -> Iterator[Outcome]:
    for found in instances(job):
        yield found if isinstance(found, Outcome) else _outcome(job, found, folder, scratch)
    heartbeat.at(0)


def _outcome(job: SeriesJob, instance: Instance, folder: Path, scratch: Path) -> Outcome:
    one, certificates = instance.deidentified, job.plan.certificates
    name = f"{one.sop_instance_uid}.dcm"
    facts: dict[str, object] = {
        "file": (job.names.folder / name).as_posix(),
        "sop_instance_uid": one.sop_instance_uid,
        **instance.facts,
    }
    if (folder / name).exists() and job.plan.existing == "skip":
        return Outcome(instance.row, "converted", "", {**facts, "existing": True})
    try:
        written = with_encrypted_attributes(instance.original, one, certificates) if certificates else one
        with (scratch / name).open("wb") as file:
            file.writelines(heartbeat.along(written.chunks()))
    except (OSError, EOFError, Malformed) as error:
        (scratch / name).unlink(missing_ok=True)
        return Outcome(instance.row, "failed", f"cannot be written ({type(error).__name__})")
    return Outcome(instance.row, "converted", instance.reason, facts)
