"""Images of containers that have no place in a layout from the start, and why."""

from collections import Counter
from collections.abc import Collection

from dicomconv.container.reader import Container
from dicomconv.container.rebuild import Instance
from dicomconv.pixels.decode import is_video
from dicomconv.pixels.tiling import WHOLE_SLIDE

_SAYS = {
    "slide": "of slides, which have levels instead; see the layout wsi",
    "video": "videos, whose frames are not kept as pixels",
    "undecoded": "nothing decoded their frames when they were converted",
    "other": "not of the kind that the layout is of",
}
_OF_WSI = {"slide": "of slides, but no level: another focal plane or optical path, or its matrix cannot be read"}


def without_row(container: Container, with_row: Collection[str]) -> Counter[str]:
    """How many images of a container, by kind, are not among these, given as SOP Instance UIDs."""
    images = (one for one in container.instances if one.pixel_keyword)
    return Counter(_kind(one) for one in images if one.sop_instance_uid not in with_row)


def _kind(one: Instance) -> str:
    if one.sop_class_uid == WHOLE_SLIDE:
        return "slide"
    if is_video(one.transfer_syntax_uid):
        return "video"
    return "other" if one.frame_count else "undecoded"


def sentences(missing: Counter[str], layout: str) -> list[str]:
    """The same in words."""
    says = _SAYS | (_OF_WSI if layout == "wsi" else {})
    return [f"{count} image{'s' * (count > 1)}: {says[kind]}" for kind, count in sorted(missing.items())]
