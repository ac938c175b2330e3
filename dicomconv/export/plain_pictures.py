"""PNG, JPEG and TIFF: a picture of each frame, under the names that `convert` gives, with images.csv beside them."""

from functools import partial
from typing import Literal

from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss, WayBack
from dicomconv.export.picture_losses import picture_losses
from dicomconv.export.pictures import Kind, Look, Shot, Taken, reasons, take
from dicomconv.render import parse_window

SUFFIX: dict[Kind, str] = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif"}
Depth = Literal[8, 16]
KINDS: dict[str, tuple[Kind, Depth]] = {
    "png": ("png", 8),
    "jpeg": ("jpeg", 8),
    "tiff": ("tiff", 8),
    "tiff-16": ("tiff", 16),
}


def write(export: Export, kind: Kind, depth: Depth) -> Written:
    """A folder for each series, a picture for each frame."""
    look = Look(export.choices.window or parse_window("file"), kind, export.choices.size, depth)
    shots = [Shot(row, f"{row.name.partition('_')[0]}/{row.name}{SUFFIX[kind]}") for row in export.rows]
    taken = take(shots, look, export.folder, export.choices.jobs)
    drawn = [one for one in taken if not one.reason]
    write_images(export.folder, drawn, look)
    return Written(tuple(one.shot.row for one in drawn), _losses(drawn, look), FOUND_AGAIN, tuple(reasons(taken)))


FOUND_AGAIN = WayBack(FROM_CONTAINERS.is_exact, FROM_CONTAINERS.how + "; what is drawn on them comes back by images.csv")


def _losses(drawn: list[Taken], look: Look) -> tuple[Loss, ...]:
    losses = picture_losses(drawn, look)
    if look.kind == "jpeg":
        error = max((one.largest_error for one in drawn), default=0)
        losses.append(Loss("bits", f"JPEG of quality {look.quality}: samples differ by {error} at most", len(drawn)))
    return tuple(losses)


TAKES: frozenset[Option] = frozenset({"window", "size", "labels", "split"})
LAYOUTS = {
    name: Layout(name, f"{kind.upper()} of {depth} bits, a folder for each series", partial(write, kind=kind, depth=depth), TAKES)
    for name, (kind, depth) in KINDS.items()
}
