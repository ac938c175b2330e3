"""Whole slides: the DICOM files of each pyramid, byte for byte, in a folder for each slide below one for each patient."""

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath

from dicomconv.container.levels import Level
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import Undecodable, UsageError
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss, WayBack
from dicomconv.export.rows import Row
from dicomconv.export.slides import slide_rows
from dicomconv.export.wsi_check import check
from dicomconv.export.wsi_tiles import write_tiles
from dicomconv.manifest import counted
from dicomconv.render import parse_window

TAKES: frozenset[Option] = frozenset({"size", "level", "window", "labels", "split"})
SHOW_LABELS = ("LABEL", "OVERVIEW")  # what has the label of the slide in it
NAME = "slides.csv"
COLUMNS = (
    "file", "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid", "level", "rows", "columns",
    "tile_rows", "tile_columns", "tiles", "row_spacing_mm", "column_spacing_mm", "sha256", "split",
)  # fmt: skip
EXACT = WayBack(True, "the DICOM files are those of the containers, byte for byte")


def write(export: Export) -> Written:
    """`<patient>/<slide>/<slide>_level_<n>.dcm` and slides.csv; with a level, its tiles in `<slide>_level_<n>_tiles` too."""
    choices = export.choices
    if choices.level is None and (choices.size or choices.window):
        raise UsageError("wsi takes --size and --window for tiles: say by --level of which level")
    kept = [row for row in export.rows if row.view not in SHOW_LABELS]
    left_out = [_sentence(len(export.rows) - len(kept))] * (len(kept) < len(export.rows))
    tiles = 0
    with (export.folder / NAME).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*COLUMNS, *export.label_names))
        for path, group in groupby(kept, key=lambda row: row.container):
            with open_container(path) as container:
                rows = list(group)
                folder = slide_folder(container)
                table.writerows(_written(export, container, folder, rows))
                if choices.level is not None:
                    tiles += _tiles(export, container, folder, rows, left_out)
    if choices.level is not None and kept and not tiles:
        raise UsageError(f"no slide here has a level {choices.level} with tiles; `dicomconv info` lists levels")
    facts = {"tiles": tiles} if choices.level is not None else {}
    return Written(tuple(kept), _losses(len(kept), tiles), EXACT, tuple(left_out), facts)


def _sentence(count: int) -> str:
    return f"{counted(count, 'image')}: labels and overviews of slides, which may show who the patient is"


def slide_folder(container: Container) -> PurePosixPath:
    """`<patient>/<slide>`, as `convert` names them."""
    parts = container.folder.parts
    return PurePosixPath(parts[0], parts[-1]) if len(parts) > 1 else PurePosixPath(*(parts or ("slide",)))


def _written(export: Export, container: Container, folder: PurePosixPath, rows: list[Row]) -> Iterator[tuple[object, ...]]:
    """Write the files of a slide; gives the row of each. VerificationFailed if one is not what was packed."""
    by_instance = {row.frame: row for row in rows}
    levels = {index: level for level in container.levels for index in level.instances}
    (export.folder / folder).mkdir(parents=True, exist_ok=True)
    for one in container.recover():
        row = by_instance.get(one.instance.index)
        if row is None:
            continue
        file, level = folder / f"{row.name}.dcm", levels[row.frame]
        with (export.folder / file).open("wb") as out:
            for chunk in one.chunks():
                out.write(chunk)
        yield (
            file.as_posix(), row.subject.patient_id, row.study_instance_uid, row.series_instance_uid, row.sop_instance_uid,
            level.number, row.rows, row.columns, level.tile_rows, level.tile_columns, level.tile_count,
            *(row.pixel_spacing or ("", "")), one.instance.sha256.hex(), row.split, *map(row.label, export.label_names),
        )  # fmt: skip


def _tiles(export: Export, container: Container, folder: PurePosixPath, rows: list[Row], left_out: list[str]) -> int:
    """Write the tiles of the level that was asked for; how many there are."""
    number = export.choices.level
    level: Level | None = next((one for one in container.levels if one.number == number and one.kind not in SHOW_LABELS), None)
    if level is None:
        left_out.append(f"1 slide has no level {number} to cut into tiles")
        return 0
    row = next(row for row in rows if row.frame == level.instances[0])
    target = export.folder / Path(folder, f"{row.name}_tiles")
    try:
        return write_tiles(target, level, row, export.choices.size, export.choices.window or parse_window("file"))
    except Undecodable as error:
        left_out.append(f"1 slide has no tiles of level {number}: {error}")
        return 0


def _losses(files: int, tiles: int) -> tuple[Loss, ...]:
    losses = [Loss("headers", "files have the headers of the containers: what the profile removed is not there", files)]
    if tiles:
        losses.append(Loss("resolution", f"{tiles} tiles are of one level only", files))
    return tuple(losses)


LAYOUTS = {
    "wsi": Layout(
        "wsi", "whole slides in DICOM, a folder for each, and tiles of a level", write, TAKES, check,
        ("openslide-python", "openslide-bin", "wsidicom"), slide_rows,
    )
}  # fmt: skip
