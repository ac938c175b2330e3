"""What a run writes into: a folder, or objects below a URL by way of a folder; with the journal of earlier runs."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dicomconv import manifest
from dicomconv.bucket import Bucket
from dicomconv.errors import UsageError
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.leftovers import remove_leftovers
from dicomconv.pipeline.place import Folder, Objects, Place
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.records import NAME as REPORT
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.resume import Resume, ResumeChoices, resumable
from dicomconv.pipeline.state import check_state, made, state_folder
from dicomconv.pipeline.upload import Uploading
from dicomconv.remote import Source, Url

SPOOL = "spool"
RECORDS = (manifest.NAME, REPORT)
DEPTH = {"convert": 3, "deidentify": 4}  # how deep below OUT files are written
Work = Callable[[SeriesJob, Path], SeriesReport]


@dataclass(frozen=True, slots=True)
class Into:
    """`folder`: where series are written; `bucket`: where they are uploaded to, if they are; `resume`: None without a key."""

    folder: Path
    resume: Resume | None = None
    bucket: Bucket | None = None

    def work(self, work: Work) -> Work:
        """The work on one series, with what comes behind it."""
        return Uploading(work, self.bucket) if self.bucket else work

    def fetch_records(self) -> None:
        """Have manifest and report of earlier runs in the folder."""
        for name in RECORDS if self.bucket else ():
            try:
                content = self.bucket.read(name) if self.bucket else None
            except OSError as error:
                raise UsageError(f"{name} of OUT cannot be read ({error.strerror})") from None
            if content is not None:
                (self.folder / name).write_bytes(content)

    def publish_records(self) -> None:
        """Have manifest and report where the results are."""
        if self.bucket:
            try:
                self.bucket.put({name: self.folder / name for name in RECORDS})
            except OSError as error:
                raise UsageError(
                    f"the manifest cannot be uploaded ({error.strerror}); what was converted is there: run the same command again"
                ) from None


def folder_of(out: Source, state: Path | None) -> Path:
    """Where series are written: OUT, or, where that is no folder, one in the state folder."""
    return out if isinstance(out, Path) else (state or Path()) / SPOOL


def prepare(out: Source, sources: Iterable[Source], state: Path | None, *, has_key: bool) -> Path:
    """The same, with what has to be there before. UsageError for what does not go together."""
    folder = folder_of(out, state)
    if isinstance(out, Url) and not (state and has_key):
        raise UsageError(f"-o {out} needs --key and --state DIR, a folder on a local disk for what is not uploaded yet")
    if has_key:
        place = state_folder(folder, state)
        if isinstance(out, Url):
            check_state(place, Path(SPOOL), sources)
            made(place)
        else:
            check_state(place, out, sources)
    return folder


@contextmanager
def opened(
    kind: str, out: Source, plan: Plan, *, key: str, state: Path | None, choices: ResumeChoices
) -> Iterator[Into]:
    """OUT, held for this run, without what killed runs left there. UsageError and KeyFileError say what is wrong."""
    folder = folder_of(out, state)
    if not key:
        if state or choices.retry_failed:
            raise UsageError(f"--{'state' if state else 'retry-failed'} needs --key: else no run knows another's files")
        yield Into(folder)
        return
    bucket = Bucket(out.text) if isinstance(out, Url) else None
    place: Place = Objects(bucket) if bucket else Folder(folder)
    with resumable(kind, place, plan, state_folder(folder, state), choices, key) as resume:
        if bucket:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        remove_leftovers(folder, DEPTH[kind])
        yield Into(folder, resume, bucket)
