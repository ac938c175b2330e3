"""dicomconv info"""

import json
from pathlib import Path

import click

from dicomconv.cli.options import JSON
from dicomconv.pipeline.info import info


@click.command("info")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@JSON
def command(path: Path, as_json: bool) -> None:
    """Show what is in a container, in a folder of containers, or in a folder of DICOM; of originals nothing that
    identifies."""
    found = info(path)
    if as_json:
        click.echo(json.dumps(found))
        return
    for part in found:
        title, *lines = (f"{key}: {value}" for key, value in part.items())
        click.echo("\n  ".join([title, *lines]))
