"""dicomconv keygen"""

from pathlib import Path

import click

from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.pipeline.key_file import new_key, write_key


@click.command("keygen")
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The key file to make."
)
def command(out: Path) -> None:
    """Make a key: 256 random bits in a file that only you can read.

    Whoever has it can tell which pseudonym belongs to an original they know; without it, a later run gives the same
    patient another pseudonym. Keep it, and keep it away from what you share.
    """
    key = new_key()
    write_key(out, key)
    click.echo(f"{out}: key {Pseudonyms(key).key_id}")
