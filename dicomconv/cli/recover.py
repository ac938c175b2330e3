"""dicomconv recover"""

import json
from pathlib import Path

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, EXISTING, JOBS, JSON
from dicomconv.execute import job_count
from dicomconv.manifest import counted
from dicomconv.pipeline.containers import recover


@click.command("recover")
@CONTAINERS
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@EXISTING
@JOBS
@JSON
@CONFIG
def command(containers: tuple[Path, ...], out: Path, existing: str, jobs: str, as_json: bool) -> None:
    """Bring the de-identified .dcm files back out of CONTAINERS (files, or folders of them), byte for byte.

    Writes OUT/<patient>/<study>/<series>/<SOP Instance UID>.dcm. Every file is compared with its digest first; a
    container that does not verify gives no file, and exit code 5.
    """
    reports = recover(containers, out, existing=existing, jobs=job_count(jobs))  # type: ignore[arg-type]  # click checked
    if as_json:
        rows = [{"container": str(r.path), "files": r.count, "skipped": r.skipped, "faults": r.faults} for r in reports]
        click.echo(json.dumps(rows))
    else:
        skipped = sum(report.skipped for report in reports)
        click.echo(
            f"{counted(sum(r.count for r in reports), 'file')} recovered to {out}"
            + (f", {skipped} there already" * bool(skipped))
        )
    for report in reports:
        for fault in report.faults:
            click.echo(f"{report.path}: {fault}; no file was recovered from it", err=True)
    click.get_current_context().exit(5 if any(report.faults for report in reports) else 0)
