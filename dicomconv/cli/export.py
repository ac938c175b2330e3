"""dicomconv export"""

from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import CONFIG, EXISTING
from dicomconv.export.nifti import export_nifti
from dicomconv.manifest import counted
from dicomconv.pipeline.containers import find_containers

LAYOUTS = {"nifti": export_nifti}


@click.command("export")
@click.argument("layout", type=click.Choice(list(LAYOUTS)))
@click.argument("containers", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@click.option(
    "--annotations", default="", metavar="SET", help="The label map of this annotation set, beside the volume."
)
@click.option("--compress", is_flag=True, help="Compressed files (.nii.gz).")
@EXISTING
@CONFIG
def command(layout: str, containers: tuple[Path, ...], out: Path, **choices: Any) -> None:
    """Write CONTAINERS (files, or folders of them) in a layout of others. LAYOUT: nifti.

    NIfTI-1: a volume of each series, in HU where it is a CT, as <series>.nii in OUT. Only what is evenly spaced and at
    right angles has one; the rest is named with the reason, and makes exit code 3.
    """
    done = LAYOUTS[layout](find_containers(containers), out, **choices)
    there = f", {len(done.there)} there already" * bool(done.there)
    click.echo(f"{counted(len(done.written), 'file')} in {out}{there}")
    for sentence in (*done.notes, *done.refused):
        click.echo(sentence, err=True)
    is_done = done.written or done.there
    click.get_current_context().exit(0 if not done.refused else 3 if is_done else 1)
