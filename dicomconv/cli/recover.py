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
from dicomconv.pipeline.originals import recover_originals, rows_in_no_seal

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
@EXISTING
@JOBS
@JSON
@CONFIG
def command(containers: tuple[Path, ...], out: Path, jobs: str, as_json: bool, **options: Any) -> None:
    """Bring the de-identified .dcm files back out of CONTAINERS (files, or folders of them), byte for byte.

    Writes OUT/<patient>/<study>/<series>/<SOP Instance UID>.dcm. Every file is compared with its digest first; a
    container that does not verify gives no file, and exit code 5. With --original and --identity the original files,
    under the names they had, out of sealed containers; a key that does not open them is exit code 7.
    """
    reports = _recovered(containers, out, jobs=job_count(jobs), **options)
    if as_json:
        click.echo(json.dumps([_as_row(report) for report in reports]))
    else:
        skipped = sum(report.skipped for report in reports)
        click.echo(
            f"{counted(sum(r.count for r in reports), 'file')} recovered to {out}"
            + (f", {skipped} there already" * bool(skipped))
        )
    for report in reports:
        _tell(report)
    if options["original"] and not as_json:
        for reason, count in rows_in_no_seal(containers).items():
            click.echo(f"not in any seal: {counted(count, 'file')} of the manifest, {reason}", err=True)
    click.get_current_context().exit(_exit_code(reports))


def _recovered(
    containers: tuple[Path, ...], out: Path, *, original: bool, identity: Path | None, passphrase_file: Path | None,
    **options: Any,
) -> list[ContainerReport]:  # fmt: skip
    if original != (identity is not None):
        raise UsageError("originals are asked for with both, --original and --identity NAME.pem")
    if identity is None:
        return recover(containers, out, **options)
    return recover_originals(containers, out, identity_from(identity, passphrase_file), **options)


def _as_row(report: ContainerReport) -> dict[str, object]:
    row = {"container": str(report.path), "files": report.count, "skipped": report.skipped, "faults": report.faults}
    originals = {"not_in_there": len(report.left_out), "lacks": report.lacks}
    return row | {name: value for name, value in originals.items() if value}


def _tell(report: ContainerReport) -> None:
    for fault in report.faults:
        click.echo(f"{report.path}: {fault}; no file was recovered from it", err=True)
    if report.lacks:
        click.echo(f"{report.path}: {LACKS[report.lacks]}", err=True)
    for file in report.left_out:
        click.echo(f"{report.path}: not in there: {visible(file)}", err=True)


def _exit_code(reports: list[ContainerReport]) -> int:
    """5 before 7 before 2, which is for nothing to open at all, before 3."""
    if any(report.faults for report in reports):
        return 5
    lacks = [report.lacks for report in reports]
    if "key" in lacks:
        return 7
    return 0 if "seal" not in lacks else 3 if "" in lacks else 2
