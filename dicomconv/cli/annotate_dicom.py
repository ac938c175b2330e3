"""dicomconv annotate dicom"""

import json
from pathlib import Path

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, EXISTING, JSON, OUT
from dicomconv.manifest import counted
from dicomconv.pipeline.derived.write import FORMS, Form, Written, write_annotations
from dicomconv.pipeline.plan import Existing


@click.command("dicom")
@CONTAINERS
@OUT
@click.option("--set", "set_name", metavar="NAME", help="One annotation set; without it all of them.")
@click.option(
    "--as", "form", type=click.Choice(FORMS),
    help="DICOM segmentation, RT Structure Set or measurement report. Without it masks as seg, what has no area as sr.",
)  # fmt: skip
@EXISTING
@JSON
@CONFIG
def command(
    containers: tuple[Path, ...],
    out: Path,
    *,
    set_name: str | None,
    form: Form | None,
    existing: Existing,
    as_json: bool,
) -> None:
    """Write what was drawn on CONTAINERS (files, or folders of them) as DICOM that refers to the de-identified files.

    Writes OUT/<patient>/<study>/<series>_<set>_<form>/<SOP Instance UID>.dcm, each read back and held against the masks
    before it has its name. The same sets give the same bytes. seg and sr take dicomconv[seg].
    """
    reports = write_annotations(containers, out, set_name=set_name, form=form, existing=existing)
    if as_json:
        click.echo(json.dumps([_as_row(one) for one in reports]))
    else:
        skipped = sum(one.skipped for one in reports)
        click.echo(f"{counted(sum(r.count for r in reports), 'file')} written to {out}" + _there(skipped))
    for one in reports:
        if one.reason:
            click.echo(f"{one.path}: set {one.set_name}: {one.reason}", err=True)
    click.get_current_context().exit(exit_code(reports))


def _there(skipped: int) -> str:
    return f", {skipped} there already" * bool(skipped)


def _as_row(one: Written) -> dict[str, object]:
    row = {"container": str(one.path), "set": one.set_name, "files": one.count, "skipped": one.skipped}
    return row | ({"reason": one.reason} if one.reason else {})


def exit_code(reports: list[Written]) -> int:
    """5 for what is damaged, 3 if some sets could not be written in this form, 1 if none could."""
    if any(one.is_fault for one in reports):
        return 5
    failed = sum(one.is_missing for one in reports)
    return 0 if not failed else 3 if failed < len(reports) else 1
