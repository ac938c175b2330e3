"""Pictures again, from containers: other windows, another depth, the same names."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dicomconv.container.reader import Container, open_container
from dicomconv.errors import UsageError
from dicomconv.frame_image import range_of_series
from dicomconv.pipeline.draw import Picture, draw_or_say, reason_not_to_draw, shown
from dicomconv.pipeline.found import PathLike, as_paths, find_containers
from dicomconv.pipeline.picture_key import Origin
from dicomconv.pipeline.slices import SliceIdentity, row, write
from dicomconv.pipeline.video_pictures import videos_of
from dicomconv.pipeline.views import Drawing, View
from dicomconv.pixels.tiling import is_slide

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What became of it. `not_drawn`: for how many pictures which reason."""

    pngs: int
    not_drawn: dict[str, int]


def render_again(paths: PathLike | Iterable[PathLike], folder: Path, drawing: Drawing) -> Redrawn:
    """Draw every frame of the containers into a folder, with a slices.csv; each view into its own if there are several.

    One window for a whole series where a window depends on values, from the extremes that were noted at packing.
    """
    rows: dict[View, Rows] = {view: [] for view in drawing.views}
    not_drawn: Counter[str] = Counter()
    try:
        for view in drawing.views:
            (folder / view.folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None
    for path in find_containers(as_paths(paths)):
        with open_container(path) as container:
            _redraw(container, folder, drawing, rows, not_drawn)
    for view in drawing.views:
        write(folder / view.folder, sorted(rows[view], key=lambda cells: str(cells[0])))
    return Redrawn(sum(map(len, rows.values())), dict(not_drawn))


def _redraw(
    container: Container, folder: Path, drawing: Drawing, rows: dict[View, Rows], not_drawn: Counter[str]
) -> None:
    """Draw a container's frames, and add the rows of slices.csv of each view."""
    series_range, digests = range_of_series(container), dict[tuple[str, str], str]()
    for picture, sop_class_uid, (identity, number) in _pictures(container, folder, drawing, digests):
        for view in picture.views:
            if reason := reason_not_to_draw(sop_class_uid, view) or draw_or_say(picture, view, series_range):
                not_drawn[reason] += 1
                continue
            look = shown(picture.format, picture.attributes, view, series_range)
            name = picture.path.name
            cells = name, identity, number, picture.format, picture.attributes, look
            rows[view].append(row(*cells, pixel_sha256=digests[view.name, name]))
    for instance, name, number, video in videos_of(container, folder, drawing.views, digests):
        for view in drawing.views:
            look = shown(video.format, video.attributes, view, None)
            identity = _identity(container, instance)
            cells = name, identity, number, video.format, video.attributes, look
            rows[view].append(row(*cells, pixel_sha256=digests[view.name, name]))


def _pictures(
    container: Container, folder: Path, drawing: Drawing, digests: dict[tuple[str, str], str]
) -> Iterator[tuple[Picture, str, tuple[SliceIdentity, int]]]:
    """Each frame of a container, as it is to be drawn; its SOP class; whose it is, and its number."""
    names = png_names(container)
    for index, stack in enumerate(container.stacks):
        table = container.frame_table(index)
        for position in range(len(stack)):
            instance = int(table["instance"][position])
            if is_slide(container.instances[instance].sop_class_uid):
                continue  # tiles: --level draws them
            raw, attributes = stack[position], stack.attributes(position)
            path, number = folder / names[index, position], int(table["frame_number"][position])
            origin = Origin(container.container_uuid, container.instances[instance].sop_instance_uid, digests)
            picture = Picture(raw, stack.format, attributes, path, drawing.views, origin, number)
            yield picture, container.instances[instance].sop_class_uid, (_identity(container, instance), number)


def _identity(container: Container, instance: int) -> SliceIdentity:
    header = container.header(instance)
    return SliceIdentity(
        header.text("PatientID"),
        header.text("StudyInstanceUID"),
        header.text("SeriesInstanceUID"),
        container.instances[instance].sop_instance_uid,
        header.text("Modality"),
        container.container_uuid,
    )


def png_names(container: Container) -> dict[tuple[int, int], str]:
    """The PNG name of each frame by stack and place in it."""
    series = container.folder.name or "frame"
    digits = max(4, len(str(len(container))))
    names: dict[tuple[int, int], str] = {}
    for index in range(len(container.stacks)):
        table = container.frame_table(index)
        for position, (instance, number) in enumerate(zip(table["instance"], table["frame_number"], strict=True)):
            count = container.instances[int(instance)].frame_count
            frame = f"_{int(number):0{max(4, len(str(count)))}d}" if count > 1 else ""
            names[index, position] = f"{series}_{int(instance) + 1:0{digits}d}{frame}.png"
    return names
