"""A dry run of one series: everything read and de-identified in memory, nothing written."""

from pathlib import Path

from dicomconv.model import Outcome
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.instances import instances, quiet
from dicomconv.pipeline.report import SeriesReport
from dicomconv.workers import heartbeat


def check_series(job: SeriesJob, out: Path) -> SeriesReport:
    """What `convert` would say of each file; `out` is not touched."""
    facts: dict[str, object] = {"container": job.names.container.as_posix(), "dry_run": True}
    with quiet():
        outcomes = [
            found
            if isinstance(found, Outcome)
            else Outcome(
                found.row,
                "converted",
                found.reason,
                {**facts, "sop_instance_uid": found.deidentified.sop_instance_uid, **found.facts},
            )
            for found in instances(job)
        ]
    heartbeat.at(0)
    return SeriesReport(tuple(outcomes))
