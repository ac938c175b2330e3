"""dicomconv strip"""

from pathlib import Path

import click

from dicomconv.cli.options import CONTAINERS
from dicomconv.manifest import counted
from dicomconv.pipeline.seals import strip


@click.command("strip")
@CONTAINERS
def command(containers: tuple[Path, ...]) -> None:
    """Remove the seals from CONTAINERS (files, or folders of them): what is left holds no originals.

    It is, byte for byte, what `convert` writes without --seal-to. A container is verified first; one that is damaged
    keeps its seal, and the exit code is 5.
    """
    reports = strip(containers)
    damaged = [report for report in reports if report.fault]
    done = [report for report in reports if not report.fault and not report.lacks]
    click.echo(f"{counted(len(done), 'seal')} removed, {sum(bool(r.lacks) for r in reports)} without a seal")
    for report in damaged:
        click.echo(f"{report.path}: {report.fault}; its seal was left in it", err=True)
    click.get_current_context().exit(5 if damaged else 0)
