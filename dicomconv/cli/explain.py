"""dicomconv explain"""

import json

import click

from dicomconv.cli.options import JSON
from dicomconv.pipeline.explain import explain


@click.command("explain")
@click.option("--tag", "attribute", metavar="T", help="One attribute: a keyword, or a tag such as 0010,0010.")
@click.option(
    "--sop-class", default="", metavar="UID", help="Decide compound codes for this SOP class, or an IOD's short name."
)
@click.option("--path", default="", metavar="SEQ.SEQ", help="The keywords of the sequences the attribute stands in.")
@JSON
def command(attribute: str | None, sop_class: str, path: str, as_json: bool) -> None:
    """Show what is done to which attribute, and which rule of the standard says so.

    Codes (PS3.15 Table E.1-1a): K keep, X remove, Z empty, D dummy, U new UID, R new UID unless registered.
    """
    rows = explain(attribute, sop_class, path)
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows]))
        return
    for row in rows:
        click.echo(f"{row.tag} {row.vr:<2} {row.code:<2} {row.keyword:<56} {row.rule}")
