"""Whole slides out of containers: one level of each as pictures, and tiles.csv, which says where each lies."""

import csv
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dicomconv.container.levels import Level
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import Undecodable, UsageError
from dicomconv.pipeline.found import PathLike, as_paths, find_containers
from dicomconv.pipeline.level_pictures import DrawnTile, LevelPictures
from dicomconv.pipeline.views import Drawing, View
from dicomconv.temporary import mark

NAME = "tiles.csv"
COLUMNS = (
    "file", "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid", "frame_number", "level",
    "level_rows", "level_columns", "row_position", "column_position", "rows", "columns",
    "row_spacing_mm", "column_spacing_mm", "container_uuid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LevelReport:
    """How many PNGs were made, and what there is to say about them."""

    pictures: int
    notes: tuple[str, ...]


def render_level(paths: PathLike | Iterable[PathLike], folder: Path, level: int, drawing: Drawing) -> LevelReport:
    """Draw a level, 0 being the largest, of every slide in the containers into a folder, with a tiles.csv.

    One PNG of up to 64 megapixels, else one for each tile. UsageError if there is no slide, or none has this level.
    """
    view, found = _only_view(drawing), list(find_containers(as_paths(paths)))
    _check(found, level)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None
    notes, count, path = list[str](), 0, folder / NAME
    temporary = path.with_name(f".{NAME}{mark()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for one in found:
                for row in _drawn(one, folder, level, view, notes):
                    writer.writerow(row)
                    count += 1
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return LevelReport(count, tuple(dict.fromkeys(notes)))


def _only_view(drawing: Drawing) -> View:
    """UsageError if more is asked for than one window."""
    view, *others = drawing.views
    if others or len(view.windows) != 1 or view.size:
        raise UsageError("--level draws one --window; several of them, --stack, --raw and --size do not go with it")
    return view


def _check(paths: list[Path], number: int) -> None:
    """UsageError if no container has this level: it lists those that there are."""
    listed = dict[str, None]()
    for path in paths:
        with open_container(path) as container:
            levels = container.levels
        if number < len(levels):
            return
        listed |= dict.fromkeys([listing(levels)] * bool(levels))
    if not listed:
        raise UsageError("there is no whole slide in these containers: --level draws nothing else; leave it out")
    raise UsageError(f"there is no level {number}; there are {'; or '.join(listed)}")


def listing(levels: Iterable[Level]) -> str:
    """Levels in words: number, columns x rows, tiles."""
    return ", ".join(f"{one.number} ({described(one)})" for one in levels)


def described(level: Level) -> str:
    """A level in words, without its number."""
    kind = "" if level.kind == "VOLUME" else f"{level.kind.lower()}, "
    tiles = f"{level.tile_count} tile{'s' * (level.tile_count != 1)} of {level.tile_columns} x {level.tile_rows}"
    return f"{kind}{level.columns} x {level.rows}, {tiles}"


def _drawn(path: Path, folder: Path, number: int, view: View, notes: list[str]) -> Iterator[tuple[object, ...]]:
    """The rows of tiles.csv of one container, each drawn."""
    with open_container(path) as container, ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        levels = container.levels
        if number >= len(levels):
            notes += [f"{path.name}: there is no level {number}; there are {listing(levels)}"] * bool(levels)
            return
        level = levels[number]
        try:
            uids = [instance.sop_instance_uid for instance in container.instances]
            pictures = LevelPictures(level, view, threads, container.container_uuid, uids)
            notes += level.notes
            for tile in pictures.draw(folder, f"{container.folder.name or 'slide'}_level_{number}"):
                yield _row(container, level, tile)
        except Undecodable as error:
            notes.append(f"{path.name}: level {number} cannot be drawn: {error}")
            return
        if pictures.damaged:
            notes.append(f"{path.name}: {pictures.damaged} of the tiles cannot be decoded, their places are left blank")


def _row(container: Container, level: Level, tile: DrawnTile) -> tuple[object, ...]:
    """One row, in the order of COLUMNS; positions from 1, as in DICOM."""
    header, place = level.frames[level.instances[0]].header, tile.place
    uid = container.instances[place.instance if place else level.instances[0]].sop_instance_uid
    return (
        tile.file,
        header.text("PatientID"),
        header.text("StudyInstanceUID"),
        header.text("SeriesInstanceUID"),
        uid,
        place.frame + 1 if place else "",
        level.number,
        level.rows,
        level.columns,
        tile.row + 1,
        tile.column + 1,
        tile.rows,
        tile.columns,
        *(level.attributes.pixel_spacing or ("", "")),
        container.container_uuid,
    )
