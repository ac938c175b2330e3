"""dicomconv rewrap"""

from pathlib import Path

import click

from dicomconv.cli.options import CONTAINERS
from dicomconv.cli.seal_options import PASSPHRASE_FILE, identity_from
from dicomconv.errors import UsageError
from dicomconv.manifest import counted
from dicomconv.pipeline.seal_keys import read_recipients
from dicomconv.pipeline.seals import SealReport, rewrap

KEY = click.Path(path_type=Path, dir_okay=False)


@click.command("rewrap")
@CONTAINERS
@click.option("--identity", required=True, type=KEY, metavar="NAME.pem", help="A private key that opens the seals.")
@click.option("--add", multiple=True, type=KEY, metavar="NAME.pub", help="Whose key opens them from now on, too.")
@click.option("--remove", multiple=True, type=KEY, metavar="NAME.pub", help="Whose key no longer opens them.")
@PASSPHRASE_FILE
def command(
    containers: tuple[Path, ...], identity: Path, add: tuple[Path, ...], remove: tuple[Path, ...],
    passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Change who can open the seals of CONTAINERS (containers, .seal files, or folders of them).

    Nothing else changes. Whoever was removed still opens the copies made before.
    """
    if not add and not remove:
        raise UsageError("give --add NAME.pub or --remove NAME.pub")
    reports = rewrap(
        containers, identity_from(identity, passphrase_file), add=read_recipients(add), remove=read_recipients(remove)
    )
    for report in reports:
        click.echo(_told(report), err=bool(report.fault or report.lacks))
    lacks = {report.lacks for report in reports}
    code = 5 if any(report.fault for report in reports) else 7 if "key" in lacks else 0
    if code == 0 and lacks == {"seal"}:
        raise UsageError("none of the containers has a seal")
    click.get_current_context().exit(code)


def _told(report: SealReport) -> str:
    if report.fault:
        return f"{report.path}: {report.fault}; it was left as it was"
    if report.lacks == "key":
        return f"{report.path}: not sealed for this key but for {', '.join(report.recipients)}; it was left as it was"
    if report.lacks:
        return f"{report.path}: has no seal"
    return f"{report.path}: sealed for {counted(len(report.recipients), 'recipient')}: {', '.join(report.recipients)}"
