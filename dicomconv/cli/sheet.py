"""dicomconv sheet"""

from pathlib import Path

import click

from dicomconv.cli.exit_codes import exit_code_of_run
from dicomconv.cli.options import BURNED_IN_SHOWN, CONFIG, PATHS
from dicomconv.manifest import counts, summary
from dicomconv.pipeline.look.layout import MOST, Choice
from dicomconv.pipeline.look.sheet import COLUMNS, TILE, sheet


@click.command("sheet")
@PATHS
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path),
    help="The PNG to write; a name without .png is a folder, with a PNG for each series.",
)  # fmt: skip
@click.option("--columns", type=click.IntRange(1, 100), default=COLUMNS, show_default=True, help="Images in a row.")
@click.option(
    "--tile", type=click.IntRange(48, 1024), default=TILE, show_default=True, metavar="PIXELS", help="Side of a tile."
)
@click.option("--every", type=click.IntRange(1), default=1, metavar="N", help="Every N-th image of a series only.")
@click.option(
    "--most", type=click.IntRange(1), metavar="N",
    help=f"No more than N images of a series, evenly spaced. Without --every and --most: {MOST}.",
)  # fmt: skip
@click.option(
    "--window", default="file", show_default=True, metavar="file|file:N|lut|auto|full|labels|C,W|PRESET",
    help="As for convert, but one only.",
)  # fmt: skip
@BURNED_IN_SHOWN
@CONFIG
def command(
    paths: tuple[Path, ...],
    out: Path,
    columns: int,
    tile: int,
    every: int,
    most: int | None,
    window: str,
    burned_in: str,
) -> None:
    """Draw a contact sheet of each series in PATHS: containers, folders of them, or DICOM files.

    DICOM files are shown as they are, not de-identified: who sees such a sheet sees the patient's images. Nothing else
    of the patient is in it.
    """
    done = sheet(
        paths, out, columns=columns, tile=tile, window=window, choice=Choice(every, most),
        burned_in="keep" if burned_in == "keep" else "refuse",
    )  # fmt: skip
    click.echo("\n".join(summary(done.outcomes, "shown", most=len(done.outcomes))))
    if done.paths:
        click.echo(f"{done.series} series in {out}")
    else:
        click.echo("no DICOM was found to show; name containers, or files or folders that hold some", err=True)
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
    reasons = [outcome.reason for outcome in done.outcomes]
    click.get_current_context().exit(exit_code_of_run(counts(done.outcomes), reasons, interrupted=False, strict=False))
