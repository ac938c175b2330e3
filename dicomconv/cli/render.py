"""dicomconv render"""

from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, DEPTH, RAW, SIZE, STACK, WINDOW
from dicomconv.manifest import counted
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.views import drawing_of


@click.command("render")
@CONTAINERS
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@WINDOW
@STACK
@RAW
@DEPTH
@SIZE
@CONFIG
def command(containers: tuple[Path, ...], out: Path, depth: str, **drawing: Any) -> None:
    """Draw PNG slices again from CONTAINERS (files, or folders of them), with other windows or another depth.

    All pictures go into one folder, or one for each window, under the names that `convert` gives, with a slices.csv.
    """
    redrawn = render_again(containers, out, drawing_of(**drawing, depth=16 if depth == "16" else 8))
    click.echo(f"{counted(redrawn.pngs, 'PNG')} in {out}")
    for reason, count in redrawn.not_drawn.items():
        click.echo(f"  {count} not drawn: {reason}")
