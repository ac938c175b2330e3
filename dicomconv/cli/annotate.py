"""dicomconv annotate: a group; each of its commands is in a module of its own, `annotate_<name>.py`."""

import click

from dicomconv.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "import": "Bring what was drawn in any tool onto the slices it was drawn on.",
    "export": "Write what an annotation tool wants to load: tasks, pictures, labels.",
    "compare": "Compare two annotation sets: Dice, IoU, distances between boundaries in mm.",
    "dicom": "Write annotation sets as DICOM: segmentations, structure sets, measurement reports.",
}


class Annotate(LazyGroup):
    """The commands about what was drawn on the PNGs."""

    prefix = "dicomconv.cli.annotate_"
    offered = COMMANDS


@click.group("annotate", cls=Annotate)
def command() -> None:
    """What is drawn on the PNGs in any tool, back onto the patient's own slices."""
