"""A series converted on the local disk, uploaded, and marked as complete: what has no marker is done again."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dicomconv.bucket import Bucket
from dicomconv.model import Outcome
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.markers import Marker, decoded, marker_for, marker_of
from dicomconv.pipeline.report import SeriesReport
from dicomconv.seal.keys import shown
from dicomconv.temporary import mark

OTHER_LENGTH = "an object has not the length that was sent"
GREW = (
    "the container in OUT is longer than it was uploaded, as by annotations; it stays as it is: move it away, convert into "
    "another OUT, or leave it with --existing skip"
)


@dataclass(frozen=True, slots=True)
class Uploading:
    """Does `work` in a folder and uploads what comes of it; picklable, for worker processes."""

    work: Callable[[SeriesJob, Path], SeriesReport]
    bucket: Bucket

    def __call__(self, job: SeriesJob, out: Path) -> SeriesReport:
        """One series. What cannot be uploaded fails with its series; nothing of it stays on the local disk.

        It is written to a folder of this process in `out`, or where temporary files go if this machine has no `out`: two
        attempts at one series may run at a time.
        """
        base = out if out.is_dir() else Path(tempfile.gettempdir())
        spool = base / f"dicomconv{mark()}"
        try:
            if job.plan.existing == "skip" and (marker := decoded(self.bucket.read(marker_of(job.names)))):
                return SeriesReport(tuple(_existing(job, marker)))
            spool.mkdir(mode=0o700, exist_ok=True)
            report = self.work(job, spool)
            files = dict(_files(spool, job))
            if files:
                self._upload(job, files, report)
            return report
        except OSError as error:
            reason = f"its series could not be written: {error.strerror or 'input or output error'}"
            return SeriesReport(tuple(Outcome(file.row, "failed", reason) for file in job.files))
        finally:
            shutil.rmtree(spool, ignore_errors=True)

    def _upload(self, job: SeriesJob, files: dict[str, Path], report: SeriesReport) -> None:
        """Take the old marker away, put the files, compare their lengths, remove what was there, write the marker."""
        name = marker_of(job.names)
        before, study = decoded(self.bucket.read(name)), job.names.container.parent.as_posix()
        if before and self._grew(before, job.names.container.as_posix(), study):
            raise OSError(0, GREW)
        self.bucket.remove([name] if before else [])
        marker = marker_for(files, report.outcomes, [shown(one.key_id) for one in job.plan.seal_to])
        self.bucket.put(files)
        there = self.bucket.listed(study)
        if any(there[one.removeprefix(f"{study}/")].size != size for one, size, _ in marker.objects):
            raise OSError(0, OTHER_LENGTH)
        self.bucket.remove(sorted(before.names - marker.names) if before else [])
        self.bucket.write(name, marker.encoded())

    def _grew(self, before: Marker, container: str, study: str) -> bool:
        """Whether somebody has put more into the container: what was drawn on it is not to be lost."""
        known = next((size for name, size, _ in before.objects if name == container), None)
        there = self.bucket.listed(study).get(container.removeprefix(f"{study}/")) if known is not None else None
        return known is not None and there is not None and there.size > known


def _files(out: Path, job: SeriesJob) -> Iterator[tuple[str, Path]]:
    """What a series was written to, by names below OUT."""
    container, folder = out / job.names.container, out / job.names.folder
    beside = sorted(container.parent.glob(f"{job.names.series}.*")) if container.parent.is_dir() else []
    for path in (*beside, *sorted(folder.rglob("*"))):
        if path.is_file():
            yield path.relative_to(out).as_posix(), path


def _existing(job: SeriesJob, marker: Marker) -> Iterator[Outcome]:
    """What is there stays; a file that its series lacks is said, never dropped."""
    missing = "its series is in OUT without it; give all files of the series and --existing overwrite"
    held = set(marker.instances)
    if not {shown(one.key_id) for one in job.plan.seal_to} <= set(marker.sealed_to):
        held, missing = set(), "its series is in OUT without a seal for this key; --existing overwrite seals it"
    for file in job.files:
        uid = job.uid_of(file)
        facts: dict[str, object] = {"sop_instance_uid": uid, "existing": True}
        yield Outcome(file.row, "converted", "", facts) if uid in held else Outcome(file.row, "failed", missing)
