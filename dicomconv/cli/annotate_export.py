"""dicomconv annotate export"""

from pathlib import Path
from typing import Any

import click

from dicomconv.annotations.tools import TOOLS
from dicomconv.manifest import counted
from dicomconv.pipeline.annotate.hand_out import Handing, export_tasks


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--for", "tool", required=True, type=click.Choice(list(TOOLS)), help="The tool.")
@click.option("-o", "--out", "folder", type=click.Path(path_type=Path, file_okay=False), show_default="OUT/annotate-TOOL",
              help="The folder to write to; a new one.")
@click.option("--labels", metavar="TOML|PRESET",
              help="What may be drawn: a file, or a preset; without it, the labels of the set, or of the last one, or "
              "labels.toml in OUT.")
@click.option("--set", "name", default="", metavar="NAME", help="Hand out this annotation set too, to be gone on with.")
@click.option("--window", default="", metavar="NAME", help="Of pictures in several windows, those of this one.")
def command(out: Path, **choices: Any) -> None:
    """Write what an annotation tool wants to load for the PNGs of OUT: tasks, a list of the pictures, the labels.

    Paths are relative to where it is written; nothing in it identifies anybody.
    """
    done = export_tasks(out, Handing(**choices))
    click.echo(f"{counted(done.pictures, 'picture')} and {counted(done.drawn, 'thing')} drawn in {done.folder}")
    if done.left_out:
        click.echo(f"warning: {counted(done.left_out, 'thing')} drawn of kinds that the tool does not show", err=True)
    click.echo(f"next: {done.hint}")
