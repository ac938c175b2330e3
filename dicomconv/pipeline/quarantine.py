"""What is tried again when a file ended the process that read it: the series without that file, once it is known which.

Several files are on their way at a time, so the first time none is blamed: the series is done again file by file. Then a
file is left out that ended its process while it was alone; three times in a row, if somebody else may have ended it.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.names import remove_empty
from dicomconv.temporary import process_mark
from dicomconv.workers.faults import Fault

TIMES_AT_A_FILE, TIMES_AT_NONE = 3, 5
MOST_ATTEMPTS = 40  # of one series: so many files can be told apart in it, more or less


def followed_up(out: Path, job: SeriesJob, fault: Fault) -> SeriesJob | None:
    """The job to be done instead; None if nothing helps. What the process left half-written is removed."""
    if fault.pid:
        remove_leftovers(out, job, fault.pid)
    care = replace(job.care, attempts=job.care.attempts + 1)
    if fault.kind == "start" or care.attempts >= MOST_ATTEMPTS:
        return None
    if not care.alone:
        return replace(job, care=replace(care, alone=True))
    if fault.may_be_from_outside:
        times = care.times + 1 if fault.place == care.ended_at else 1
        care = replace(care, ended_at=fault.place, times=times)
        if times < (TIMES_AT_A_FILE if fault.place else TIMES_AT_NONE):
            return replace(job, care=care)
    return _without(replace(job, care=care), fault)


def _without(job: SeriesJob, fault: Fault) -> SeriesJob | None:
    """The job without the file that a fault is blamed on; None if it was at none."""
    if not fault.place:
        return None
    row, files = fault.place, job.patient_files
    if row < 0:
        path = files[-row - 1]
        files = tuple(one for one in files if one != path)
        row = next((file.row for file in job.files if file.spelt == path), 0)
    care = replace(job.care, left_out={**job.care.left_out, **({row: f"quarantined: it {fault}"} if row else {})})
    return replace(job, patient_files=files, care=care if row else replace(care, unread=care.unread + 1))


def remove_leftovers(out: Path, job: SeriesJob, pid: int = 0) -> None:
    """Remove what a process of this machine that has ended left of a series; without `pid`, what any process left."""
    mark = process_mark(pid) if pid else ""
    container, folder = out / job.names.container, out / job.names.folder
    found = [*container.parent.glob(f"*{job.names.series}*.tmp-{mark}*"), *folder.glob(f".*.tmp-{mark}*")]
    for spools in (out, Path(tempfile.gettempdir())) if pid else (out,):
        found += spools.glob(f"dicomconv.tmp-{mark}*")
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if found:
        remove_empty(folder, 3)
