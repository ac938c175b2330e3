"""dicomconv hist"""

import json
import sys
from pathlib import Path
from typing import Any, Literal

import click

from dicomconv.cli.bars import BLOCKS, lines_of
from dicomconv.cli.exit_codes import exit_code_of_run
from dicomconv.cli.options import CONFIG, JSON, PATHS
from dicomconv.manifest import counts, summary
from dicomconv.pipeline.look.hist import BINS, Histogram, hist
from dicomconv.pipeline.look.hist_picture import write_picture

WIDEST = 110


@click.command("hist")
@PATHS
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="A PNG of the histograms.")
@click.option(
    "--bins", type=click.IntRange(1, 65536), default=BINS, show_default=True, metavar="N",
    help="How many bins there are at most; bins are whole steps of the values wide.",
)  # fmt: skip
@click.option(
    "--scale", type=click.Choice(["log", "linear"]), default="log", show_default=True,
    help="Of the bars' height: air and background would hide everything else on a linear one.",
)  # fmt: skip
@JSON
@CONFIG
def command(
    paths: tuple[Path, ...], out: Path | None, bins: int, scale: Literal["log", "linear"], as_json: bool
) -> None:
    """Count the pixels of each series in PATHS by value: containers, folders of them, or DICOM files.

    In modality units (HU for CT), every pixel counted, padding left out. Colour has no such values. Nothing is told
    that identifies a patient.
    """
    done = hist(paths, bins=bins)
    if out and done.histograms:
        write_picture(out, done.histograms, scale)
    if as_json:
        click.echo(json.dumps([as_facts(one) for one in done.histograms]))
    else:
        width = min(WIDEST, _terminal_width())
        for one in done.histograms:
            click.echo("\n".join(lines_of(one, scale, width, has_blocks=_knows(BLOCKS))) + "\n")
        click.echo("\n".join(summary(done.outcomes, "counted", most=len(done.outcomes))))
    if not done.outcomes:
        click.echo("no DICOM was found; name containers, or files or folders that hold some", err=True)
    reasons = [outcome.reason for outcome in done.outcomes]
    click.get_current_context().exit(exit_code_of_run(counts(done.outcomes), reasons, interrupted=False, strict=False))


def as_facts(one: Histogram) -> dict[str, Any]:
    """A histogram as what --json shows."""
    names = ("name", "modality", "unit", "images", "pixels", "padding", "not_finite", "minimum", "maximum", "mean")
    facts = {name: getattr(one, name) for name in names}
    return {**facts, "percentiles": one.percentiles, "tissues": one.tissues, "edges": one.edges, "counts": one.counts}


def _terminal_width() -> int:
    from rich.console import Console

    return Console().width


def _knows(letters: str) -> bool:
    """Whether standard output can write these letters."""
    try:
        letters.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True
