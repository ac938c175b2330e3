"""dicomconv deidentify"""

from typing import Any

import click

from dicomconv.cli.options import run_options
from dicomconv.cli.runs import carry_out


@click.command("deidentify")
@run_options
def command(**options: Any) -> None:
    """De-identify SOURCES to OUT/<patient>/<study>/<series>/<SOP Instance UID>.dcm, and write nothing else.

    These are the files that `recover` brings back out of containers made with the same key, byte for byte.
    """
    click.get_current_context().exit(carry_out("deidentify", options))
