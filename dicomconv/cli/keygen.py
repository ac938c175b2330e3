"""dicomconv keygen"""

from pathlib import Path

import click

from dicomconv.cli.seal_options import PASSPHRASE_FILE, asked
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.errors import UsageError
from dicomconv.pipeline.key_file import new_key, write_key
from dicomconv.pipeline.seal_keys import make_pair, read_passphrase


@click.command("keygen")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The key file to make.")
@click.option(
    "--seal", type=click.Path(path_type=Path, dir_okay=False), metavar="NAME",
    help="Make a pair of keys for seals instead: NAME.pub seals, NAME.pem opens.",
)  # fmt: skip
@click.option(
    "--post-quantum", is_flag=True, help="A pair that a quantum computer does not break: X25519 and ML-KEM-768."
)
@click.option("--no-passphrase", is_flag=True, help="Leave NAME.pem without a passphrase.")
@PASSPHRASE_FILE
def command(
    out: Path | None, seal: Path | None, post_quantum: bool, no_passphrase: bool, passphrase_file: Path | None
) -> None:
    """Make a key: 256 random bits in a file that only you can read. Or, with --seal, a pair of keys for seals.

    Whoever has a key can tell which pseudonym belongs to an original they know; without it, a later run gives the same
    patient another pseudonym. Whoever has NAME.pem gets the originals back out of what was sealed to NAME.pub; without
    it nobody does. Keep them, and keep them away from what you share.
    """
    if (out is None) == (seal is None):
        raise UsageError("give -o FILE for a key, or --seal NAME for a pair of keys for seals")
    if no_passphrase and passphrase_file:
        raise UsageError("--no-passphrase and --passphrase-file contradict each other")
    if seal is not None:
        passphrase = b"" if no_passphrase else _passphrase(Path(f"{seal}.pem"), passphrase_file)
        key_id = make_pair(seal, passphrase, post_quantum=post_quantum)
        click.echo(f"{seal}.pub and {seal}.pem: key {key_id}")
    elif out is not None:
        key = new_key()
        write_key(out, key)
        click.echo(f"{out}: key {Pseudonyms(key).key_id}")


def _passphrase(path: Path, file: Path | None) -> bytes:
    return read_passphrase(file) if file else asked(path, confirm=True)
