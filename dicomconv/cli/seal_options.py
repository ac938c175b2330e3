"""What commands that open seals share: the private key, and how its passphrase is given."""

import getpass
import warnings
from pathlib import Path

import click

from dicomconv.errors import KeyFileError
from dicomconv.pipeline.seal_keys import read_identity, read_passphrase
from dicomconv.seal.keys import Identity

PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The passphrase is the first line of this file; otherwise it is asked for.",
)


def identity_from(path: Path, passphrase_file: Path | None) -> Identity:
    """The private key of a file, its passphrase read or asked for."""

    def passphrase() -> bytes:
        return read_passphrase(passphrase_file) if passphrase_file else asked(path)

    return read_identity(path, passphrase)


def asked(path: Path, *, confirm: bool = False) -> bytes:
    """The passphrase that is typed in. KeyFileError where nobody is there to type."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # there is no terminal that could hide it
            text: str = click.prompt(f"passphrase of {path}", hide_input=True, confirmation_prompt=confirm, err=True)
    except (click.Abort, getpass.GetPassWarning):
        raise KeyFileError(str(path), "no passphrase was given; --passphrase-file reads it from a file") from None
    return text.encode("utf-8", "surrogateescape")
