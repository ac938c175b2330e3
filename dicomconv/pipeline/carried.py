"""The annotation sets of a container that is about to be replaced: carried over, or the reason why it stays."""

from pathlib import Path

from dicomconv.container.annotations import carry_sets
from dicomconv.container.reader import open_container
from dicomconv.errors import DicomconvError, NotAContainer, VerificationFailed


class Annotated(DicomconvError):
    """A container that is not replaced: what was drawn on it would be lost."""

    def __init__(self, sets: tuple[str, ...], why: str):
        super().__init__(sets, why)
        self.sets, self.why = sets, why

    def __str__(self) -> str:
        return (
            f"the container that is there has annotations ({', '.join(self.sets)}), and {self.why}; it stays as it is: move "
            "it away, convert into another OUT, or leave it with --existing skip"
        )


def carry_over(there: Path, new: Path, root_sha256: bytes) -> None:
    """Copy the annotation sets of a container that is there, if there is one, into the new one.

    Annotated if they are of another state of the series, or damaged: then the old one may not be replaced.
    """
    try:
        with open_container(there) as container:
            sets, is_same = tuple(container.annotations), container.root_sha256 == root_sha256
    except (NotAContainer, VerificationFailed):
        return  # there is none, or nothing can be read of it
    if not sets:
        return
    if not is_same:
        raise Annotated(sets, "the series would be another one now")
    try:
        carry_sets(there, new)
    except (NotAContainer, VerificationFailed):
        raise Annotated(sets, "they are damaged (see dicomconv verify)") from None
