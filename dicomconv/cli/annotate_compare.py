"""dicomconv annotate compare"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from dicomconv.cli.options import JSON
from dicomconv.cli.terminal import visible
from dicomconv.pipeline.comparing import Agreement, Compared, Comparison, compare

HEADINGS = ("label", "slice", "pixels A", "pixels B", "Dice", "IoU", "Hausdorff mm", "95 % mm", "mean mm")
NONE = "-"


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option(
    "--in", "containers", required=True, multiple=True, type=click.Path(path_type=Path), metavar="OUT|CONTAINER",
    help="A container with both sets, or a folder of containers.",
)  # fmt: skip
@JSON
@click.option("--csv", "as_csv", is_flag=True, help="Results as CSV on standard output, a row a label and slice.")
def command(a: str, b: str, containers: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Compare the annotation sets A and B, label by label, on each slice and over the volume.

    Dice, IoU, and the distances between boundaries in mm: the largest (Hausdorff), the 95th percentile, the mean. Only
    slices that both annotators have seen count. Where neither has a label, nothing is compared: there is no figure.
    """
    if as_json and as_csv:
        raise click.UsageError("--json or --csv, not both")
    found = compare(containers, a, b)
    if as_json:
        click.echo(json.dumps([_plain(one, a, b) for one in found.comparisons]))
    elif as_csv:
        click.echo(_csv(found), nl=False)
    else:
        for one in found.comparisons:
            click.echo("\n".join(map(visible, _table(one, a, b))))
    if found.lacking:
        names = ", ".join(path.name for path in found.lacking[:5]) + (", …" if found.lacking[5:] else "")
        click.echo(f"{len(found.lacking)} containers do not have both sets: {names}", err=True)


def _facts(one: Agreement) -> dict[str, object]:
    """One row by names; what is not defined is None."""
    distances = asdict(one.distances) if one.distances else dict.fromkeys(DISTANCES)
    return {
        "label": one.label,
        "level": "volume" if one.frame is None else "slice",
        "stack": one.stack,
        "frame": one.frame,
        "sop_instance_uid": one.sop_instance_uid,
        "frame_number": one.frame_number,
        "pixels_a": one.overlap.a,
        "pixels_b": one.overlap.b,
        "pixels_both": one.overlap.both,
        "dice": one.overlap.dice,
        "iou": one.overlap.iou,
        **distances,
        "distances": one.measured,
    }


DISTANCES = ("hausdorff_mm", "hausdorff95_mm", "mean_surface_mm")


def _plain(one: Comparison, a: str, b: str) -> dict[str, object]:
    return {
        "container": str(one.path),
        "container_uuid": one.container_uuid,
        "a": a,
        "b": b,
        "frames_compared": one.frames,
        "frames_only_a": one.only_a,
        "frames_only_b": one.only_b,
        "volumes": [_facts(row) for row in one.volumes],
        "slices": [_facts(row) for row in one.slices],
    }


def _csv(found: Compared) -> str:
    text = io.StringIO()
    rows = [
        {"container": str(one.path), "container_uuid": one.container_uuid, **_facts(row)}
        for one in found.comparisons
        for row in (*one.volumes, *one.slices)
    ]
    names = list(rows[0]) if rows else ["container", "container_uuid"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(one: Comparison, a: str, b: str) -> Iterator[str]:
    yield f"{one.path}: A {a}, B {b}: {one.frames} slices that both have seen, {one.only_a} A alone, {one.only_b} B alone"
    rows = [HEADINGS, *(_cells(row) for row in (*one.volumes, *one.slices))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False)]
        yield "  ".join(["", *left, *(cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))])


def _cells(one: Agreement) -> tuple[str, ...]:
    stack = f"stack {one.stack} " if one.stack else ""
    place = f"{stack}all" if one.frame is None else f"{stack}{one.frame + 1}"  # as PNGs of single frames are numbered
    facts = _facts(one)
    shares = [NONE if value is None else f"{value:.4f}" for value in (one.overlap.dice, one.overlap.iou)]
    lengths = [NONE if facts[name] is None else f"{facts[name]:.2f}" for name in DISTANCES]
    return (one.label, place, str(one.overlap.a), str(one.overlap.b), *shares, *lengths)
