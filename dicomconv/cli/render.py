"""dicomconv render"""

from pathlib import Path

import click

from dicomconv.cli.options import CONFIG, DEPTH, WINDOW
from dicomconv.pipeline.containers import find_containers, render_again
from dicomconv.render import parse_window


@click.command("render")
@click.argument("container", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@WINDOW
@DEPTH
@CONFIG
def command(container: Path, out: Path, window: str, depth: str) -> None:
    """Draw PNG slices again from a CONTAINER, with another window or depth; names and sizes stay what they were."""
    [path] = find_containers([container])[:1]
    count = render_again(path, out, parse_window(window), 16 if depth == "16" else 8)
    click.echo(f"{count} PNGs in {out}")
