"""dicomconv deidentify"""

from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import run_options
from dicomconv.cli.runs import carry_out


@click.command("deidentify")
@run_options
@click.option(
    "--encrypted-attributes",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="CERT.pem",
    help="Put what is changed into the files too, encrypted for the holder of this RSA certificate (PS3.15 E.1.1).",
)
def command(**options: Any) -> None:
    """De-identify SOURCES (as of convert) to OUT/<patient>/<study>/<series>/<SOP Instance UID>.dcm, and write nothing else.

    These are the files that `recover` brings back out of containers made with the same key, byte for byte.
    """
    click.get_current_context().exit(carry_out("deidentify", options))
