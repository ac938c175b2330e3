"""The `dicomconv` command: parses, calls one library function, prints, exits. Commands are loaded when called."""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

import click

from dicomconv.cli.exit_codes import exit_code_of_error
from dicomconv.cli.lazy import LazyGroup
from dicomconv.errors import DicomconvError

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's library for matrices would start threads that nobody needs

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers
ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
GENERATIONS = 50_000, 20, 50  # new objects before a collection: modules make many that stay, and hardly a cycle of them
COMMANDS = {
    "convert": "De-identify, render PNG slices, pack one HDF5 container per series.",
    "deidentify": "De-identify to plain .dcm files, nothing else.",
    "recover": "Bring the de-identified .dcm files, or with a private key the originals, back out of containers.",
    "verify": "Check every digest, shape and recipe of containers.",
    "audit": "Search a folder that is to be shared, by whatever tool it was made, for what should not be in it.",
    "info": "Show what is in a container, or in a folder of DICOM.",
    "render": "Draw PNG slices again from a container, with another window.",
    "sheet": "Draw a contact sheet of each series: look before you read.",
    "hist": "Count the pixels of each series by value: histogram, percentiles, tissues of a CT.",
    "annotate": "Bring what was drawn on PNGs back onto the slices, and out as DICOM.",
    "export": "Write containers in the layouts that others train on, NIfTI, COCO and MedMNIST among them.",
    "reidentify": "Put encrypted original attributes back into de-identified .dcm files.",
    "explain": "Show what is done to which attribute, and which rule says so.",
    "keygen": "Make the secret that makes pseudonyms repeatable, or a pair of keys for seals.",
    "rewrap": "Change who can open the seals of containers.",
    "strip": "Remove the seals from containers.",
}


class Commands(LazyGroup):
    """All commands; turns errors of dicomconv into exit codes."""

    prefix = "dicomconv.cli."
    offered = COMMANDS

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line, without looking for cycles among all that is only just loaded."""
        gc.set_threshold(*GENERATIONS)
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors become one sentence and an exit code."""
        try:
            with endings_as_interrupts():
                return super().invoke(ctx)
        except DicomconvError as error:
            click.echo(f"dicomconv: {error}", err=True)
            ctx.exit(exit_code_of_error(error))
        except KeyboardInterrupt:
            click.echo("dicomconv: interrupted; what was finished is whole, nothing half-written is left", err=True)
            ctx.exit(130)


def endings_as_interrupts() -> AbstractContextManager[None]:
    """Being told to end (SIGTERM), or a terminal that closes (SIGHUP), is Ctrl-C: what is half-written is removed.

    A signal that was ignored before, as by nohup, stays so.
    """
    return _handled(signal.SIG_DFL, _interrupt)


def usual_endings() -> AbstractContextManager[None]:
    """They end this process at once again: while the code of others runs, whose processes inherit what these signals do.

    One of them that is told to end while it starts would lose the interrupt, ignore all that follow, and never end.
    """
    return _handled(_interrupt, signal.SIG_DFL)


@contextmanager
def _handled(old: Handler, new: Handler) -> Iterator[None]:
    """Have endings that are handled in one way handled in another; only the main thread can."""
    found = []
    if threading.current_thread() is threading.main_thread():
        found = [one for one in ENDINGS if signal.getsignal(one) == old]
    for one in found:
        signal.signal(one, new)
    try:
        yield
    finally:
        for one in found:
            signal.signal(one, old)


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the second would end the cleaning up
    raise KeyboardInterrupt


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="dicomconv", message="dicomconv %(version)s")
def main() -> None:
    """De-identify DICOM series (PS3.15 Annex E), render windowed PNG slices, pack one HDF5 container per series, and
    get the same DICOM back byte for byte."""
