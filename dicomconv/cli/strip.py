"""dicomconv strip"""

from pathlib import Path

import click

from dicomconv.cli.options import CONTAINERS
from dicomconv.manifest import counted
from dicomconv.pipeline.seals import strip


@click.command("strip")
@CONTAINERS
def command(containers: tuple[Path, ...]) -> None:
    """Remove the seals in and beside CONTAINERS (files, or folders of them): what is left holds no originals.

    It is, byte for byte, what `convert` writes without --seal-to. A container is verified first; one that is damaged
    keeps its seal, and the exit code is 5, as it is where a seal is found without its container.
    """
    reports = strip(containers)
    damaged = [report for report in reports if report.fault]
    done = [report for report in reports if not report.fault and not report.lacks]
    click.echo(
        f"{counted(sum(r.removed for r in done), 'seal')} removed, {sum(bool(r.lacks) for r in reports)} without a seal"
    )
    for report in damaged:
        click.echo(f"{report.path}: {report.fault}; nothing of it was removed", err=True)
    click.get_current_context().exit(5 if damaged else 0)
