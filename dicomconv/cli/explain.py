"""dicomconv explain"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from dicomconv.cli.options import JSON, PROFILE
from dicomconv.pipeline.conformance import statement
from dicomconv.pipeline.explain import explain, explain_concept, explain_private, lines
from dicomconv.pipeline.library import profile_of

Function = TypeVar("Function", bound=Callable[..., None])


def _profile_options(function: Function) -> Function:
    for option in reversed(PROFILE):
        function = option(function)
    return function


@click.command("explain")
@click.option("--tag", "attribute", metavar="T",
              help="One attribute: a keyword, a tag such as 0010,0010, or a private one as 0019,xx0C,CREATOR.")  # fmt: skip
@click.option(
    "--sop-class", default="", metavar="UID", help="Decide compound codes for this SOP class, or an IOD's short name."
)
@click.option("--path", default="", metavar="SEQ.SEQ", help="The keywords of the sequences the attribute stands in.")
@click.option("--private", is_flag=True, help="The private elements that may stay, by creator.")
@click.option("--concept", metavar="CODE,SCHEME", help="The content items of a concept, as in 121022,DCM.")
@click.option(
    "--conformance", is_flag=True, help="A conformance statement (PS3.15 E.1.3) for this profile, as Markdown."
)
@_profile_options
@JSON
def command(
    attribute: str | None,
    *,
    sop_class: str,
    path: str,
    private: bool,
    concept: str | None,
    conformance: bool,
    preset: str | None,
    option: tuple[str, ...],
    profile: Path | None,
    as_json: bool,
) -> None:
    """Show what is done to which attribute, and which rule of the standard or of a profile file says so.

    Codes of PS3.15 Table E.1-1a: K keep, X remove, Z empty, D dummy, U new UID, C clean text. Of this tool: R new UID
    unless registered, T text of technique without unknown words, S shift the date, P pseudonym, I content items by
    concept, G drawings without writing, V a value of your own.
    """
    chosen = profile_of(preset=preset, option=option, profile=profile)  # type: ignore[arg-type]  # click checked
    if conformance:
        click.echo(statement(chosen))
        return
    if concept:
        rows = explain_concept(concept, chosen)
    elif private:
        rows = explain_private(chosen)
    else:
        rows = explain(attribute, chosen, sop_class=sop_class, path=path)
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows]))
    else:
        click.echo("\n".join(lines(rows)))
