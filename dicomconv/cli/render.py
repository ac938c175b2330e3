"""dicomconv render"""

from pathlib import Path

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, DEPTH, WINDOW
from dicomconv.manifest import counted
from dicomconv.pipeline.redraw import render_again
from dicomconv.render import parse_window


@click.command("render")
@CONTAINERS
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@WINDOW
@DEPTH
@CONFIG
def command(containers: tuple[Path, ...], out: Path, window: str, depth: str) -> None:
    """Draw PNG slices again from CONTAINERS (files, or folders of them), with another window or depth.

    Sizes stay what they are; all pictures go into one folder, under the names that `convert` gives, with a slices.csv.
    """
    count = render_again(containers, out, parse_window(window), 16 if depth == "16" else 8)
    click.echo(f"{counted(count, 'PNG')} in {out}")
