"""dicomconv render"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, DEPTH, RAW, SIZE, STACK, WINDOW
from dicomconv.manifest import counted
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.redraw_level import render_level
from dicomconv.pipeline.undrawn import undrawn
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
@click.option(
    "--level", type=click.IntRange(min=0), metavar="N",
    help="Of whole slides: this level, 0 being the largest, as one PNG of up to 64 megapixels, else its tiles.",
)
@CONFIG
def command(containers: tuple[Path, ...], out: Path, depth: str, level: int | None, **drawing: Any) -> None:
    """Draw PNG slices again from CONTAINERS (files, or folders of them), with other windows or another depth.

    All pictures go into one folder, or one for each window, under the names that `convert` gives, with a slices.csv.
    Whole slides are drawn with --level alone, with a tiles.csv that says where each picture lies.
    """
    how = drawing_of(**drawing, depth=16 if depth == "16" else 8)
    if level is not None:
        report = render_level(containers, out, level, how)
        _tell(report.pictures, out, report.notes)
        return
    redrawn = render_again(containers, out, how)
    _tell(redrawn.pngs, out, undrawn(containers))
    for reason, count in redrawn.not_drawn.items():
        click.echo(f"  {count} not drawn: {reason}")


def _tell(pngs: int, out: Path, notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(f"warning: {note}", err=True)
    click.echo(f"{counted(pngs, 'PNG')} in {out}")
