"""dicomconv annotate import"""

import json
from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import JSON
from dicomconv.manifest import counted
from dicomconv.pipeline.annotate.bring import ALGORITHMS, Choices, Imported, import_annotations
from dicomconv.pipeline.annotate.readers import FORMATS


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), metavar="OUT|CONTAINER",
              help="The folder of convert, or one container.")
@click.option("--set", "name", default="", metavar="NAME",
              help="Name of the set; without it, made of the file's name and the annotator.")
@click.option("--annotator", default="", metavar="PSEUDONYM", help="Who drew: a pseudonym of letters, digits, - and _.")
@click.option("--labels", metavar="TOML|PRESET",
              help="What may be drawn: a file, or a preset; without it, the labels of the set before, or labels.toml beside "
              "the files or in OUT.")
@click.option("--format", type=click.Choice(FORMATS), help="Of the files, where it cannot be told from them.")
@click.option("--pictures", multiple=True, type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR",
              help="Where the annotated pictures lie, if not beside the files: for those that were renamed or saved anew.")
@click.option("--algorithm", type=click.Choice(list(ALGORITHMS)), default="manual", show_default=True,
              help="How it was drawn, as DICOM tells it: by hand, by a program with help, by a program.")
@click.option("--allow-resampled", is_flag=True,
              help="Take pictures that were scaled, and volumes on another grid, by the nearest pixel.")
@click.option("--threshold", type=float, metavar="FRACTION",
              help="Of a FRACTIONAL DICOM SEG: the fraction, up to 1, from which a pixel belongs to its segment.")
@JSON
def command(files: tuple[Path, ...], into: Path, as_json: bool, **choices: Any) -> None:
    """Bring what was drawn in FILES (annotation files of any tool, folders of masks) onto the slices of OUT or CONTAINER.

    A slice is found by the name of its PNG, else by what the PNG says of itself, else by its pixels. What does not fit is
    told with file and place, and then nothing is imported, exit code 1. Names of users, addresses and servers are dropped.
    """
    done = import_annotations(files, into, Choices(**{**choices, "format": choices["format"] or ""}))
    if as_json:
        click.echo(json.dumps(_as_json(done)))
    else:
        _tell(done)
    if done.problem_count:
        click.get_current_context().exit(1)


def _as_json(done: Imported) -> dict[str, object]:
    sets = [
        {"container": str(one.container), "set": one.name, "frames": one.frames, "regions": one.regions,
         "shapes": one.shapes, "tags": one.tags}
        for one in done.sets
    ]  # fmt: skip
    errors = [{"file": one.file, "place": one.place, "reason": one.reason} for one in done.problems]
    return {"sets": sets, "errors": errors, "error_count": done.problem_count}


def _tell(done: Imported) -> None:
    for problem in done.problems:
        click.echo(str(problem), err=True)
    if done.problem_count:
        more = done.problem_count - len(done.problems)
        click.echo(f"{counted(done.problem_count, 'error')}{f', {more} of them not listed' * bool(more)}; "
                   "nothing was imported", err=True)  # fmt: skip
    for one in done.sets:
        said = (counted(one.regions, "region"), counted(one.shapes, "shape"), counted(one.tags, "tag"))
        click.echo(f"{one.container}: set {one.name}: {', '.join(said)} on {counted(one.frames, 'frame')}")
