"""dicomconv recover"""

import json
from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import CONFIG, CONTAINERS, EXISTING, JOBS, JSON
from dicomconv.cli.seal_options import PASSPHRASE_FILE, identity_from
from dicomconv.cli.terminal import visible
from dicomconv.errors import UsageError
from dicomconv.execute import job_count
from dicomconv.manifest import counted
from dicomconv.pipeline.containers import ContainerReport, recover
from dicomconv.pipeline.derived.recovered import recover_annotations
from dicomconv.pipeline.derived.write import Written
from dicomconv.pipeline.originals import recover_originals, rows_in_no_seal
from dicomconv.pipeline.plan import Existing
from dicomconv.seal.keys import Identity

LACKS = {
    "seal": "there is no seal in it, nor a .seal file beside it, so that there are no originals to recover",
    "key": "its seal is not for this key; `dicomconv info` says for which it is",
}


@click.command("recover")
@CONTAINERS
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@click.option("--original", is_flag=True, help="The original files out of the seals, not the de-identified ones.")
@click.option(
    "--identity", type=click.Path(path_type=Path, dir_okay=False), metavar="NAME.pem",
    help="The private key that opens the seals.",
)  # fmt: skip
@PASSPHRASE_FILE
@click.option("--no-annotations", is_flag=True, help="The files alone, not what was drawn on them.")
@EXISTING
@JOBS
@JSON
@CONFIG
def command(
    containers: tuple[Path, ...],
    out: Path,
    *,
    jobs: str,
    as_json: bool,
    no_annotations: bool,
    existing: Existing,
    **options: Any,
) -> None:
    """Bring the de-identified .dcm files back out of CONTAINERS (files, or folders of them), byte for byte.

    Writes OUT/<patient>/<study>/<series>/<SOP Instance UID>.dcm. Every file is compared with its digest first; a
    container that does not verify gives no file, and exit code 5. With --original and --identity the original files,
    under the names they had, out of sealed containers; a key that does not open them is exit code 7.

    Annotation sets come along as DICOM, in OUT/<patient>/<study>/<series>_<set>_<seg or sr>, with --original as
    annotations of the originals in OUT/annotations. Where they cannot be written, as without dicomconv[seg], the files
    are there all the same, and the exit code is 3.
    """
    identity = _identity(options)
    reports = _recovered(containers, out, identity, jobs=job_count(jobs), existing=existing)
    sound = [report.path for report in reports if not report.faults and not report.lacks]
    drawn = [] if no_annotations else recover_annotations(sound, out, identity=identity, existing=existing)
    if as_json:
        click.echo(json.dumps([_as_row(report, drawn) for report in reports]))
    else:
        _count(reports, drawn, out)
    for report in reports:
        _tell(report)
    for one in drawn:
        if one.is_missing:
            click.echo(f"{one.path}: annotation set {one.set_name}: {one.reason}", err=True)
    if options["original"] and not as_json:
        for reason, count in rows_in_no_seal(containers).items():
            click.echo(f"not in any seal: {counted(count, 'file')} of the manifest, {reason}", err=True)
    click.get_current_context().exit(_exit_code(reports, drawn))


def _identity(options: dict[str, Any]) -> Identity | None:
    """The private key, where originals are asked for."""
    path: Path | None = options["identity"]
    if options["original"] != (path is not None):
        raise UsageError("originals are asked for with both, --original and --identity NAME.pem")
    return identity_from(path, options["passphrase_file"]) if path else None


def _recovered(
    containers: tuple[Path, ...], out: Path, identity: Identity | None, **options: Any
) -> list[ContainerReport]:
    if identity is None:
        return recover(containers, out, **options)
    return recover_originals(containers, out, identity, **options)


def _count(reports: list[ContainerReport], drawn: list[Written], out: Path) -> None:
    skipped = sum(one.skipped for one in reports) + sum(one.skipped for one in drawn)
    annotations = sum(one.count for one in drawn)
    click.echo(
        f"{counted(sum(r.count for r in reports), 'file')} recovered to {out}"
        + f", and {counted(annotations, 'file')} of annotations" * bool(annotations)
        + f", {skipped} there already" * bool(skipped)
    )


def _as_row(report: ContainerReport, drawn: list[Written]) -> dict[str, object]:
    row = {"container": str(report.path), "files": report.count, "skipped": report.skipped, "faults": report.faults}
    originals = {"not_in_there": len(report.left_out), "lacks": report.lacks}
    annotations = {"annotations": sum(one.count for one in drawn if one.path == report.path)}
    return row | {name: value for name, value in (originals | annotations).items() if value}


def _tell(report: ContainerReport) -> None:
    for fault in report.faults:
        click.echo(f"{report.path}: {fault}; no file was recovered from it", err=True)
    if report.lacks:
        click.echo(f"{report.path}: {LACKS[report.lacks]}", err=True)
    for file in report.left_out:
        click.echo(f"{report.path}: not in there: {visible(file)}", err=True)


def _exit_code(reports: list[ContainerReport], drawn: list[Written]) -> int:
    """5 before 7 before 2, which is for nothing to open at all, before 3."""
    if any(report.faults for report in reports) or any(one.is_fault for one in drawn):
        return 5
    lacks = [report.lacks for report in reports]
    if "key" in lacks:
        return 7
    if "seal" in lacks and "" not in lacks:
        return 2
    return 3 if "seal" in lacks or any(one.is_missing for one in drawn) else 0
