"""The series of a container, to be looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dicomconv.container.instance_frames import InstanceFrames
from dicomconv.container.reader import Container
from dicomconv.header import Header
from dicomconv.pipeline.look.series import (
    NO_PICTURE,
    TILES,
    WHOLE_SLIDE,
    Fault,
    Picture,
    Place,
    attempt,
    modality_of,
    picture_of,
    places_of,
    undecodable,
)
from dicomconv.pixels.read import ImageAttributes

NO_FRAMES = undecodable("its frames were not decoded when it was converted")


@dataclass(frozen=True, slots=True)
class PackedSeries:
    """What a container holds, opened while its pictures are read. `frames`: stack and index of each place with a frame."""

    container: Container = field(repr=False)
    name: str
    modality: str
    places: tuple[Place, ...]
    sizes: frozenset[tuple[int, int]]
    frames: dict[tuple[int, int], tuple[int, int]] = field(repr=False)

    def pictures(self, indices: Sequence[int]) -> Iterator[Picture | Fault]:
        """The images at these places, each read when it is asked for."""
        known = _Known(self.container)
        with self.container:
            for place in (self.places[index] for index in indices):
                yield place.fault if place.fault else attempt(self._picture, place, known)

    def _picture(self, place: Place, known: "_Known") -> Picture:
        if (place.file, place.frame_number) not in self.frames:
            return _kept_picture(self.container.frames_of(place.file), place.frame_number)
        index, position = self.frames[place.file, place.frame_number]
        stack = self.container.stacks[index]
        header, attributes = known.of(place.file, index)
        return picture_of(stack[position], stack.format, attributes.frame(place.frame_number), header)


class _Known:
    """The header of the instance that was looked at last: that of a multi-frame one is read once for all frames."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._last: tuple[tuple[int, int], Header, ImageAttributes] | None = None

    def of(self, instance: int, stack: int) -> tuple[Header, ImageAttributes]:
        """Header and attributes of an instance whose frames lie in a stack."""
        if self._last is None or self._last[0] != (instance, stack):
            header = self._container.header(instance)
            self._last = (instance, stack), header, ImageAttributes(header, self._container.stacks[stack].format)
        return self._last[1:]


def packed_series(container: Container) -> PackedSeries:
    """The series of a container; its images are numbered as in the names of PNGs."""
    frames: dict[tuple[int, int], tuple[int, int]] = {}
    for index in range(len(container.stacks)):
        table = container.frame_table(index)
        pairs = zip(table["instance"].tolist(), table["frame_number"].tolist(), strict=True)
        frames |= {pair: (index, position) for position, pair in enumerate(pairs)}
    places = [place for file in range(len(container)) for place in _places(container, file)]
    shapes = {(stack.format.rows, stack.format.columns) for stack in container.stacks}
    name = container.folder.name or container.path.stem
    modality = modality_of(container.header(0)) if len(container) else ""
    return PackedSeries(container, name, modality, tuple(places), frozenset(shapes), frames)


def _places(container: Container, file: int) -> list[Place]:
    """The places of an instance. A compressed slide has no frames in a stack: if it is no more than one, that is drawn."""
    instance = container.instances[file]
    if not instance.pixel_keyword:
        return places_of(file, file + 1, 1, NO_PICTURE)
    if instance.sop_class_uid == WHOLE_SLIDE:
        count = attempt(len, container.frames_of(file))
        return places_of(file, file + 1, 1, count if isinstance(count, Fault) else TILES if count > 1 else None)
    return places_of(file, file + 1, instance.frame_count, None if instance.frame_count else NO_FRAMES)


def _kept_picture(frames: InstanceFrames, number: int) -> Picture:
    """A frame that is in no stack, decoded from the bytes that are kept."""
    attributes = ImageAttributes(frames.header, frames.encoded_format).frame(number)
    return picture_of(frames[number - 1], frames.format, attributes, frames.header)
