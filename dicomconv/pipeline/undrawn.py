"""What `render` leaves out of a container, in sentences."""

from collections.abc import Iterable, Iterator

from dicomconv.container.reader import open_container
from dicomconv.pipeline.found import PathLike, as_paths, find_containers
from dicomconv.pipeline.redraw_level import listing
from dicomconv.pipeline.video_pictures import reason_not_to_draw_video
from dicomconv.pixels.decode import is_video


def undrawn(paths: PathLike | Iterable[PathLike]) -> Iterator[str]:
    """Of each container, what is not drawn as slices, and what draws it."""
    for path in find_containers(as_paths(paths)):
        with open_container(path) as container:
            if container.levels:
                yield f"{path.name}: of a whole slide, --level N draws a level: {listing(container.levels)}"
            if any(is_video(one.transfer_syntax_uid) for one in container.instances):
                reason = reason_not_to_draw_video()
                yield from [f"{path.name}: {reason}"] * bool(reason)
