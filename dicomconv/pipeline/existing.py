"""A series that is in OUT already, and is to stay as it is: what that means for the files of this run."""

from collections.abc import Iterator
from pathlib import Path

from dicomconv.container.reader import open_container
from dicomconv.model import Outcome
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.seals import is_sealed_for


def outcomes_of_existing(job: SeriesJob, target: Path) -> Iterator[Outcome]:
    """What is whole stays; a file that the container of its series lacks is said, never dropped."""
    with open_container(target) as container:
        held = {instance.sop_instance_uid for instance in container.instances}
        is_sealed = is_sealed_for(container, job.plan.seal_to) if job.plan.seal_to else True
    missing = "its series is in OUT without it; give all files of the series and --existing overwrite"
    if not is_sealed:
        held, missing = set(), "its series is in OUT without a seal for this key; --existing overwrite seals it"
    for file in job.files:
        uid = job.uid_of(file)
        facts: dict[str, object] = {
            "container": job.names.container.as_posix(),
            "sop_instance_uid": uid,
            "existing": True,
        }
        yield Outcome(file.row, "converted", "", facts) if uid in held else Outcome(file.row, "failed", missing)
