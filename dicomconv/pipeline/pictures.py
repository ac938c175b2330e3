"""The PNGs of one series: which frames have one, the window of the whole series, slices.csv, rows of the manifest."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dicomconv.container.pack import Added
from dicomconv.container.reader import open_container
from dicomconv.pipeline.draw import Names, Picture, draw, shown
from dicomconv.pipeline.names import remove_empty
from dicomconv.pipeline.picture_key import Origin
from dicomconv.pipeline.shown import Shown, window_cells
from dicomconv.pipeline.slices import NAME as SLICES
from dicomconv.pipeline.slices import SliceIdentity, is_slices, row, write
from dicomconv.pipeline.views import Drawing, View
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat, Window
from dicomconv.sync import sync_files, sync_folder

BATCH = 64  # pictures that are drawn from a container at a time
Facts = dict[str, object]
Noted = tuple[PixelFormat, FrameAttributes, tuple[View, ...]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame that has, or will have, a PNG in each of these views."""

    file: str
    views: tuple[View, ...]
    identity: SliceIdentity
    frame_number: int
    format: PixelFormat
    attributes: FrameAttributes
    stack: int
    index: int


class Pictures:
    """Collects what is drawn of a series.

    `range`: the union of all frames' extremes, in modality units. `digests`: of the pixels of each picture.
    """

    def __init__(self, folder: Path, drawing: Drawing):
        self.folder, self._drawing = folder, drawing
        self.drawn: list[Drawn] = []
        self.digests: dict[tuple[str, str], str] = {}
        self.range: tuple[float, float] | None = None

    def widen(self, extremes: tuple[float, float] | None) -> None:
        """Take a frame's extremes into the range of the series."""
        if extremes:
            low, high = self.range or extremes
            self.range = min(low, extremes[0]), max(high, extremes[1])

    def make_folders(self) -> None:
        """Make the folder of the series, and those of its views."""
        self.folder.mkdir(exist_ok=True)
        for view in self._drawing.views:
            (self.folder / view.folder).mkdir(exist_ok=True)

    def note(
        self,
        names: Names,
        identity: SliceIdentity,
        added: Added,
        packed: Iterable[Noted],
    ) -> int:
        """Note the frames of an instance that was packed; how many PNGs it has."""
        places = [(place.stack, place.first + i) for place in added.places for i in range(place.count)]
        count = 0
        for number, ((layout, attributes, views), (stack, index)) in enumerate(zip(packed, places, strict=True), 1):
            if views:
                name = names.path(number, len(places)).name
                self.drawn.append(Drawn(name, views, identity, number, layout, attributes, stack, index))
            count += len(views)
        return count

    def note_unpacked(self, names: Names, identity: SliceIdentity, frames: list[Noted], count: int) -> int:
        """Note frames that were drawn, of `count` claimed, none of which a stack holds: a video's. How many PNGs."""
        for number, (layout, attributes, views) in enumerate(frames, 1):
            name = names.path(number, count).name
            self.drawn.append(Drawn(name, views, identity, number, layout, attributes, -1, -1))
        return sum(len(views) for _, _, views in frames)

    def draw_waiting(self, container_path: Path, threads: Executor) -> None:
        """The pictures whose window is that of the whole series, drawn from what the container holds."""
        waiting = ((one, tuple(v for v in one.views if v.waits(one.format, one.attributes))) for one in self.drawn)
        todo = iter([(one, views) for one, views in waiting if views])
        with open_container(container_path) as container:

            def redraw(one: Drawn, views: tuple[View, ...]) -> None:
                raw = container.stacks[one.stack][one.index]
                origin = Origin(one.identity.container_uuid, one.identity.sop_instance_uid, self.digests)
                path = self.folder / one.file
                picture = Picture(raw, one.format, one.attributes, path, views, origin, one.frame_number)
                for view in views:
                    draw(picture, view, self.range)

            while batch := list(islice(todo, BATCH)):
                list(threads.map(redraw, *zip(*batch, strict=True)))

    def write_slices(self) -> dict[str, Facts]:
        """Write slices.csv of each view; what the manifest tells of each instance's pictures, by SOP Instance UID."""
        seen: dict[str, Looks] = {}
        for view in self._drawing.views:
            rows = list[tuple[object, ...]]()
            for one in self.drawn:
                if view in one.views:
                    look = shown(one.format, one.attributes, view, self.range)
                    cells = one.file, one.identity, one.frame_number, one.format, one.attributes, look
                    rows.append(row(*cells, pixel_sha256=self.digests[view.name, one.file]))
                    seen.setdefault(one.identity.sop_instance_uid, Looks()).add(look)
            if rows:
                write(self.folder / view.folder, rows)
        return {uid: looks.facts(self._drawing) for uid, looks in seen.items()}


class Looks:
    """How the pictures of one instance were drawn."""

    def __init__(self) -> None:
        self._windows: dict[str, set[tuple[object, ...]]] = {}
        self._others: Facts = {}

    def add(self, look: Shown) -> None:
        """Take one picture into account. Offset and transform are the same in all pictures of an instance."""
        if look.offset is not None:
            self._others["offset"] = look.offset
        if look.view.size:
            matrix = look.png_to_stored
            self._others["png_to_stored"] = [matrix[:3], matrix[3:6], matrix[6:]]
        for choice, voi in zip(look.view.windows, look.vois, strict=False):
            if isinstance(voi, Window):
                self._windows.setdefault(choice.name, set()).add(window_cells(voi))

    def facts(self, drawing: Drawing) -> Facts:
        """What the row of the manifest says: the window, or where there are several each by its name."""
        told: Facts = {
            name: list(next(iter(used))) if len(used) == 1 else "per frame: see slices.csv"
            for name, used in self._windows.items()
        }
        if not told:
            return self._others
        return {"window": told if drawing.windows[1:] else next(iter(told.values())), **self._others}


def why_not_drawn(reasons: Counter[tuple[str, str]], frames: int, drawing: Drawing) -> str:
    """Why frames have no picture in a view, as a row says it. `reasons`: for how many of them which view and why."""
    return "; ".join(_counted(view, reason, count, frames) for view, reason, count in _in_order(reasons, drawing))


def _in_order(counts: Counter[tuple[str, str]], drawing: Drawing) -> Iterator[tuple[str, str, int]]:
    """Each reason with its count, view by view; views that are alone are not named."""
    for view in drawing.views:
        found = sorted((reason, count) for (name, reason), count in counts.items() if name == view.name)
        yield from ((view.name if drawing.views[1:] else "", reason, count) for reason, count in found)


def _counted(view: str, reason: str, count: int, frames: int) -> str:
    """`lung: 2 of 5 frames: there is …`, short of what goes without saying."""
    some = f"{count} of {frames} frames: " if count < frames else ""
    return f"{view}: {some}{reason}" if view else f"{some}{reason}"


def remove_pictures(folder: Path, placed: Set[Path] = frozenset()) -> None:
    """Remove the PNGs and slices.csv of an earlier run, in whatever views, and the folders that hold nothing else.

    But those that are `placed` by now: another attempt at the same series may be doing the same.
    """
    if not folder.is_dir():
        return
    for path in {*folder.glob(f"{folder.name}_*.png"), folder / SLICES} - placed:
        path.unlink(missing_ok=True)
    for view in [one for one in folder.iterdir() if one.is_dir() and not one.is_symlink()]:
        for path in {*view.glob(f"{folder.name}_*.png"), view / SLICES} - placed:
            if path.name != SLICES or is_slices(path):
                path.unlink(missing_ok=True)
        remove_empty(view, 1)
    remove_empty(folder, 1)


def _is_renamed(source: Path, folder: Path, paths: list[Path]) -> bool:
    """Give a whole folder its name, if it is full of these files and nothing has the name; False if it was not done."""
    within = {path.parent for path in paths}
    if folder.exists() or {Path(one) for one, _, _ in os.walk(source)} - within - {source}:
        return False
    for one in within:
        sync_folder(one)
    try:
        source.rename(folder)
    except OSError:  # something has it by now
        return False
    sync_folder(folder.parent)
    return True


def put_files(source: Path, folder: Path) -> set[Path]:
    """Move all files of a temporary folder to where they belong, once they are on the disk; where that is."""
    paths = sorted(Path(below, name) for below, _, names in os.walk(source) for name in names)
    sync_files(paths)
    if paths and _is_renamed(source, folder, paths):
        return {folder / path.relative_to(source) for path in paths}
    folders, placed = {folder.parent: None}, set()
    for path in paths:
        target = folder / path.relative_to(source)
        if target.parent not in folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            folders |= {target.parent.parent: None, target.parent: None}
        path.replace(target)
        placed.add(target)
    for one in folders:
        sync_folder(one)
    return placed
