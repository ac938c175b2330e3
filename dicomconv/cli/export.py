"""dicomconv export"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from dicomconv.cli import usual_endings
from dicomconv.cli.options import CONFIG, CONTAINERS, JOBS, OUT
from dicomconv.execute import job_count
from dicomconv.export.check import check, check_ready
from dicomconv.export.label_table import LabelTable, read_label_table, translated
from dicomconv.export.layout import Choices
from dicomconv.export.layouts import MODULES, layout_of
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from dicomconv.manifest import counted
from dicomconv.pipeline.found import find_containers
from dicomconv.pipeline.original_keys import translator
from dicomconv.render import parse_window
from dicomconv.workers.memory import keep_freed_memory
from dicomconv.workers.zygote import prepared

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("export")
@click.argument("layout", type=click.Choice(list(MODULES)), metavar="LAYOUT")
@CONTAINERS
@OUT
@click.option("--labels", type=FILE, metavar="CSV", help="A table of labels: key columns such as patient_id, and labels.")
@click.option("--label-key", type=FILE, metavar="KEY", help="The table names originals: the key file that the run had.")
@click.option("--label-issuer", default="", metavar="ISSUER", help="Their Issuer of Patient ID.")
@click.option("--patient-map", type=FILE, metavar="CSV", help="As of the run, if it had one.")
@click.option("--split", metavar="70/10/20", help="Parts of the patients for train, val and test; kept beside the containers.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the split.")
@click.option("--stratify", default="", metavar="COLUMN", help="A label by which the parts of the split are alike.")
@click.option("--annotations", default="", metavar="SET", help="The annotation set that goes along.")
@click.option("--window", metavar="WINDOW", help="As of render.")
@click.option("--size", type=click.IntRange(1, 8192), metavar="N", help="Pictures of N x N pixels, aspect kept.")
@click.option("--level", type=click.IntRange(0), metavar="N", help="Tiles of this level of slides, 0 being the largest.")
@click.option("--name", default="", metavar="NAME", help="The name of the data set.")
@click.option("--compress", is_flag=True, help="Compressed volumes.")
@click.option("--check", "checks", is_flag=True, help="Read it with the loader of its community, where that is installed.")
@click.option("--existing", type=click.Choice(["error", "overwrite"]), default="error", show_default=True,
              help="What to do where an export is already.")  # fmt: skip
@JOBS
@CONFIG
def command(layout: str, containers: tuple[Path, ...], out: Path, *, checks: bool, **options: Any) -> None:
    """Write CONTAINERS (files, or folders of them) in a LAYOUT that others read.

    The layouts, and who reads them: docs/datasets.md. OUT is made, or filled if it is there, when everything is written; its
    export.json says what it holds, what was lost, and which lines of the table are of no image.
    """
    asked, choices = _asked(**options), _choices(**options)
    layout_of(layout)  # loaded before it is copied for each worker
    if checks:
        check_ready(layout)
    keep_freed_memory()
    with prepared() if choices.jobs > 1 else nullcontext():
        done = export(layout, find_containers(containers), out, choices, asked)
    click.echo(f"{counted(done.counts['images'], 'image')} of {counted(done.counts['patients'], 'patient')} in {out}")
    for sentence in done.left_out:
        click.echo(f"left out: {sentence}", err=True)
    if done.unmatched:
        click.echo(f"lines of the table without an image: {', '.join(map(str, done.unmatched))}", err=True)
    if checks:
        with usual_endings():
            told = check(layout, out)
        click.echo(f"read with its own loader: {told}")
    click.get_current_context().exit(3 if done.left_out or done.unmatched else 0)


def _choices(
    *, window: str | None, size: int | None, name: str, annotations: str, compress: bool, level: int | None, jobs: str, **_: Any
) -> Choices:
    return Choices(parse_window(window) if window else None, size or 0, name, annotations, compress, job_count(jobs), level)


def _asked(*, labels: Path | None, split: str | None, seed: int, stratify: str, existing: Any, **options: Any) -> Asked:
    table = _table(labels, **options) if labels else None
    return Asked(table, parse_ratio(split) if split else None, seed, stratify, existing)


def _table(path: Path, *, label_key: Path | None, label_issuer: str, patient_map: Path | None, **_: Any) -> LabelTable:
    table = read_label_table(path)
    if label_key is None:
        return table
    return translated(table, translator(label_key, issuer=label_issuer, patient_map=patient_map))
