"""dicomconv verify"""

import json
from pathlib import Path

import click

from dicomconv.cli.options import CONTAINERS, JOBS, JSON
from dicomconv.execute import job_count
from dicomconv.pipeline.containers import verify_all


@click.command("verify")
@CONTAINERS
@JOBS
@JSON
def command(containers: tuple[Path, ...], jobs: str, as_json: bool) -> None:
    """Check every digest, shape and recipe of CONTAINERS (files, or folders of them), and say what is wrong and where.

    Digests show damage, not forgery. Exit code 5 if anything is wrong.
    """
    reports = verify_all(containers, jobs=job_count(jobs))
    damaged = [report for report in reports if report.faults]
    if as_json:
        click.echo(json.dumps([{"container": str(r.path), "instances": r.count, "faults": r.faults} for r in reports]))
    else:
        sound = len(reports) - len(damaged)
        click.echo(f"{sound} of {len(reports)} containers are sound, {sum(r.count for r in reports)} instances")
    for report in damaged:
        for fault in report.faults:
            click.echo(f"{report.path}: {fault}", err=True)
    if damaged:
        click.echo("convert these series again from their sources, or copy the containers again", err=True)
    click.get_current_context().exit(5 if damaged else 0)
