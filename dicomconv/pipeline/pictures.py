"""The PNGs of one series: which frames have one, the window of the whole series, slices.csv."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dicomconv.container.pack import Added
from dicomconv.container.reader import open_container
from dicomconv.pipeline.draw import Drawing, Names, Picture, draw, waits
from dicomconv.pipeline.names import remove_empty
from dicomconv.pipeline.slices import NAME as SLICES
from dicomconv.pipeline.slices import SliceIdentity, row, window_cells, write
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat, Window
from dicomconv.render import is_colour, resolve

BATCH = 64  # pictures that are drawn from a container at a time


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame that has, or will have, a PNG."""

    file: str
    identity: SliceIdentity
    frame_number: int
    format: PixelFormat
    attributes: FrameAttributes
    stack: int
    index: int


class Pictures:
    """Collects what is drawn of a series; `range`: the union of all frames' extremes, in modality units."""

    def __init__(self, folder: Path, drawing: Drawing):
        self._folder, self._drawing = folder, drawing
        self.drawn: list[Drawn] = []
        self.range: tuple[float, float] | None = None

    def widen(self, extremes: tuple[float, float] | None) -> None:
        """Take a frame's extremes into the range of the series."""
        if extremes:
            low, high = self.range or extremes
            self.range = min(low, extremes[0]), max(high, extremes[1])

    def note(
        self,
        names: Names,
        identity: SliceIdentity,
        added: Added,
        packed: Iterable[tuple[PixelFormat, FrameAttributes]],
    ) -> None:
        """Note the frames of an instance that was packed."""
        places = [(place.stack, place.first + i) for place in added.places for i in range(place.count)]
        for number, ((layout, attributes), (stack, index)) in enumerate(zip(packed, places, strict=True), 1):
            path = names.path(number, len(places))
            if path:
                self.drawn.append(Drawn(path.name, identity, number, layout, attributes, stack, index))

    def draw_waiting(self, container_path: Path, threads: ThreadPoolExecutor) -> None:
        """The pictures whose window is that of the whole series, drawn from what the container holds."""
        waiting = iter([one for one in self.drawn if waits(one.format, one.attributes, self._drawing.choice)])
        with open_container(container_path) as container:

            def redraw(one: Drawn) -> None:
                raw = container.stacks[one.stack][one.index]
                picture = Picture(raw, one.format, one.attributes, self._folder / one.file)
                draw(picture, self._drawing, self.range)

            while batch := list(islice(waiting, BATCH)):
                list(threads.map(redraw, batch))

    def write_slices(self) -> dict[str, dict[str, object]]:
        """Write slices.csv; the window of each instance's pictures by SOP Instance UID, as the manifest tells it."""
        rows, windows = list[tuple[object, ...]](), dict[str, set[tuple[object, ...]]]()
        for one in self.drawn:
            voi = resolve(self._drawing.choice, one.attributes, one.format, self.range)
            rows.append(row(one.file, one.identity, one.frame_number, one.format, one.attributes, voi))
            if not is_colour(one.format) and isinstance(voi, Window):
                windows.setdefault(one.identity.sop_instance_uid, set()).add(window_cells(voi))
        write(self._folder, rows)
        return {
            uid: {"window": list(next(iter(used))) if len(used) == 1 else "per frame: see slices.csv"}
            for uid, used in windows.items()
        }


def remove_pictures(folder: Path) -> None:
    """Remove the PNGs and slices.csv of an earlier run, and the folder if it holds nothing else."""
    for path in (*folder.glob(f"{folder.name}_*.png"), folder / SLICES):
        path.unlink(missing_ok=True)
    remove_empty(folder, 1)
