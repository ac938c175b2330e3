"""dicomconv reidentify"""

import json
from pathlib import Path

import click

from dicomconv import manifest
from dicomconv.cli.exit_codes import exit_code_of_run
from dicomconv.cli.options import CONFIG, EXISTING, JSON, OUT
from dicomconv.cli.seal_options import identity_from
from dicomconv.errors import UsageError
from dicomconv.pipeline.derived.back import reidentify_objects
from dicomconv.pipeline.pem_files import read_identity
from dicomconv.pipeline.plan import Existing
from dicomconv.pipeline.reidentify import ReidentifyReport, reidentify
from dicomconv.stored import shown

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("reidentify")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@OUT
@click.option("--identity", required=True, type=FILE, metavar="KEY", help="The private key (PEM).")
@click.option("--certificate", type=FILE, metavar="CERT", help="Its certificate: open only what is encrypted for that.")
@click.option("--passphrase-file", type=FILE, metavar="FILE", help="A file that holds the private key's passphrase.")
@click.option(
    "--from", "containers", multiple=True, type=click.Path(path_type=Path), metavar="CONTAINER",
    help="Sealed containers, or folders of them, that SOURCES were made on; --identity is then the key of their seals.",
)  # fmt: skip
@EXISTING
@JSON
@CONFIG
def command(
    sources: tuple[Path, ...],
    out: Path,
    *,
    identity: Path,
    certificate: Path | None,
    passphrase_file: Path | None,
    containers: tuple[Path, ...],
    existing: Existing,
    as_json: bool,
) -> None:
    """Put the original attributes back into de-identified .dcm files (SOURCES: files, or folders of them) that carry
    them encrypted, as `deidentify --encrypted-attributes` or other software wrote them.

    Writes OUT/<name in its folder>.dcm. These files name the patient again. Not everything comes back: File Meta, the
    preamble, and pixels that were changed stay as they are. Exit code 7 if the key opens none of them.

    With --from, for a segmentation, structure set or report that anybody made on our de-identified files: every UID,
    patient, study and date in it becomes that of the originals, by the seals of the containers, so that it opens on the
    hospital's own study. A reference that is in none of the containers is an error that names the UID.
    """
    if containers and certificate:
        raise UsageError(
            "--certificate is for encrypted attributes; the seals of --from are opened by --identity alone"
        )
    if containers:
        report = reidentify_objects(
            sources, out, identity_from(identity, passphrase_file), containers, existing=existing
        )
    else:
        report = reidentify(sources, out, read_identity(identity, passphrase_file, certificate), existing=existing)
    _tell(report, as_json)
    counts = manifest.counts(report.outcomes)
    if report.wrong_key and not counts["converted"]:
        click.get_current_context().exit(7)
    click.get_current_context().exit(exit_code_of_run(counts, [], interrupted=report.interrupted, strict=False))


def _tell(report: ReidentifyReport, as_json: bool) -> None:
    """Rows or counts on standard output; what went wrong on standard error, with paths."""
    if as_json:
        rows = [json.loads(manifest.as_json(outcome)) for outcome in report.outcomes]
        click.echo(json.dumps({"counts": manifest.counts(report.outcomes), "rows": rows}))
    else:
        click.echo("\n".join(manifest.summary(report.outcomes, "re-identified")))
    for outcome in report.outcomes:
        if outcome.status == "failed" and not as_json:
            click.echo(f"{outcome.status}: {shown(report.paths[outcome.row])}: {outcome.reason}", err=True)
    if report.interrupted:
        click.echo("dicomconv: interrupted; what was finished is whole, nothing half-written is left", err=True)
