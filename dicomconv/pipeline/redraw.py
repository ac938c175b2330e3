"""Pictures again, from containers: another window, another depth, the same names and sizes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from dicomconv.container.reader import Container, open_container
from dicomconv.errors import Undecodable, UsageError
from dicomconv.pipeline.containers import PathLike, as_paths, find_containers
from dicomconv.pipeline.draw import Drawing, Picture, draw
from dicomconv.pipeline.slices import SliceIdentity, row, write
from dicomconv.render import WindowChoice, is_colour


def render_again(
    paths: PathLike | Iterable[PathLike], folder: Path, choice: WindowChoice, depth: Literal[8, 16]
) -> int:
    """Draw every frame of the containers into a folder, with a slices.csv; how many there are.

    One window for a whole series where a window depends on values, from the extremes that were noted at packing.
    """
    drawing, rows = Drawing(choice, depth), list[tuple[object, ...]]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None
    for path in find_containers(as_paths(paths)):
        with open_container(path) as container:
            rows += _redrawn(container, folder, drawing)
    write(folder, sorted(rows, key=lambda cells: str(cells[0])))
    return len(rows)


def _redrawn(container: Container, folder: Path, drawing: Drawing) -> Iterator[tuple[object, ...]]:
    """The rows of slices.csv of a container's frames, each drawn."""
    series_range, names = _series_range(container), _png_names(container)
    for index, stack in enumerate(container.stacks):
        table = container.frame_table(index)
        for position in range(len(stack)):
            name, attributes = names[index, position], stack.attributes(position)
            try:
                voi = draw(Picture(stack[position], stack.format, attributes, folder / name), drawing, series_range)
            except Undecodable:
                continue  # what convert could not draw either: its row of the manifest says why
            identity = _identity(container, int(table["instance"][position]))
            number = int(table["frame_number"][position])
            yield row(name, identity, number, stack.format, attributes, voi)


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


def _series_range(container: Container) -> tuple[float, float] | None:
    """The least and greatest modality value of all grey frames."""
    lows, highs = list[float](), list[float]()
    for index, stack in enumerate(container.stacks):
        if not is_colour(stack.format):
            table = container.frame_table(index)
            lows += [float(value) for value in table["minimum"] if value == value]
            highs += [float(value) for value in table["maximum"] if value == value]
    return (min(lows), max(highs)) if lows else None


def _png_names(container: Container) -> dict[tuple[int, int], str]:
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
