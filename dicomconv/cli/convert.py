"""dicomconv convert"""

from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import DEPTH, RAW, SIZE, STACK, WINDOW, run_options
from dicomconv.cli.runs import carry_out


@click.command("convert")
@run_options
@WINDOW
@STACK
@RAW
@DEPTH
@SIZE
@click.option("--no-png", is_flag=True, help="Containers only.")
@click.option(
    "--compression", type=click.Choice(["fast", "small"]), default="fast", show_default=True, help="Of the containers."
)
@click.option(
    "--seal-to", multiple=True, type=click.Path(path_type=Path, dir_okay=False), metavar="NAME.pub",
    help="Put the complete originals into the containers, sealed for this public key (of keygen --seal).",
)  # fmt: skip
@click.option("--detach-seal", is_flag=True, help="Write the seal beside the container, as <series>.seal.")
def command(depth: str, no_png: bool, **options: Any) -> None:
    """De-identify SOURCES (files, folders, archives, s3://bucket/prefix, or - for names on standard input), render PNG
    slices, and pack one HDF5 container per series.

    Writes OUT/<patient>/<study>/<series>.h5, PNGs and slices.csv in the folder of the same name, OUT/manifest.jsonl with
    one row per source file, and OUT/report.json. With --seal-to, the containers are pseudonymised, not anonymous:
    whoever has the private key gets the originals back.
    """
    click.get_current_context().exit(carry_out("convert", {**options, "depth": int(depth), "png": not no_png}))
