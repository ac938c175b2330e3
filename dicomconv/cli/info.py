"""dicomconv info"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from dicomconv.cli.options import JSON
from dicomconv.cli.terminal import visible
from dicomconv.pipeline.info import info


@click.command("info")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@JSON
def command(path: Path, as_json: bool) -> None:
    """Show what is in a container, in a folder of containers, or in a folder of DICOM; of originals nothing that
    identifies."""
    found = info(path)
    if as_json:
        click.echo(json.dumps(found))
        return
    for part in found:
        title, *lines = _lines(part)
        click.echo("\n  ".join(visible(line) for line in [title, *lines]))


def _lines(facts: Mapping[str, object]) -> Iterator[str]:
    """A line for each fact; of facts that are lists of facts, a line for each of those."""
    for key, value in facts.items():
        if isinstance(value, list):
            yield from (f"{key}: {'; '.join(f'{name} {_told(one)}' for name, one in inner.items())}" for inner in value)
        else:
            yield f"{key}: {value}"


def _told(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items()) or "none"
    return ", ".join(value) if isinstance(value, list) else str(value) or "unknown"
