"""Contact sheets: the images of series side by side, drawn from the top down, a row of tiles in memory at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dicomconv.container.inplace import complete_file
from dicomconv.errors import UsageError
from dicomconv.model import Outcome
from dicomconv.pipeline.found import PathLike, as_paths, make_folder
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.look.find import BurnedIn, look
from dicomconv.pipeline.look.ink import (
    BACKGROUND,
    BLACK,
    BRIGHT,
    FAINT,
    LINE,
    MARGIN,
    PANEL,
    TEXT,
    WARNING,
    width_of,
    write_line,
)
from dicomconv.pipeline.look.layout import (
    ABOVE,
    GAP,
    HEADING,
    NOTICE,
    NUMBER,
    Choice,
    Layout,
    Shown,
    shown,
)
from dicomconv.pipeline.look.series import Fault, Picture, Series, attempt
from dicomconv.pipeline.look.tiles import thumbnail
from dicomconv.pixels.png_bands import BandedPng
from dicomconv.render import WindowChoice, is_colour, missing, needs_range, parse_window, value_range

if TYPE_CHECKING:
    from PIL.Image import Image

ValueRange = tuple[float, float] | None

COLUMNS, TILE = 10, 160
SUFFIX = ".png"
NOT_DEIDENTIFIED = "Not de-identified: pixels of original files. Keep this sheet where they are."
WARNED = "not de-identified: the sheet shows the pixels of original files; keep it where they are"
PRIVATE, SHARED = 0o600, 0o666
HIGHEST = 32767  # pixels; many programs show no picture that is higher


@dataclass(frozen=True, slots=True)
class Sheets:
    """What was drawn: the files written, how many series are on them, what became of each DICOM file, and warnings."""

    paths: tuple[Path, ...]
    series: int
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Drawer:
    """Draws series into sheets and notes what could not be drawn of which file."""

    window: WindowChoice
    outcomes: list[Outcome] = field(default_factory=list)

    def bands(self, layout: Layout) -> Iterator["Image"]:
        """The sheet from the top down: headings, and rows of tiles."""
        if layout.notice:
            yield _notice(layout)
        for number, one in enumerate(layout.shown):
            yield _heading(layout, one, is_first=number == 0)
            yield from self._rows(layout, one)
        yield _blank(layout.width, MARGIN)

    def _rows(self, layout: Layout, one: Shown) -> Iterator["Image"]:
        faults: dict[int, Fault] = {}
        series_range = cache(partial(range_of, one.series))
        pictures = one.series.pictures(one.indices)
        for row in layout.rows(one.indices):
            band = _blank(layout.width, layout.row_height)
            for column, index in enumerate(row):
                tile: Image | Fault | Picture = next(pictures)
                if isinstance(tile, Picture):
                    tile = attempt(self._tile, tile, series_range, layout.tile)
                place = one.series.places[index]
                if isinstance(tile, Fault):
                    faults.setdefault(place.file, tile)
                _place(band, MARGIN + column * (layout.tile + GAP), layout.tile, tile, place.label)
            yield band
        self._note(one, faults)

    def _tile(self, picture: Picture, series_range: Callable[[], ValueRange], side: int) -> "Image | Fault":
        """A picture as a tile. The range of the series is looked for where a window depends on it, and only then."""
        is_grey = not is_colour(picture.format)
        if is_grey and (reason := missing(self.window, picture.attributes)):
            return Fault("no such window", "skipped", f"left out: {reason}")
        waits = is_grey and needs_range(self.window, picture.attributes)
        return thumbnail(picture, self.window, series_range() if waits else None, side)

    def _note(self, one: Shown, faults: dict[int, Fault]) -> None:
        """What became of each file of a series; those that were not chosen count with the faults known before."""
        for place in one.series.places:
            if place.fault:
                faults.setdefault(place.file, place.fault)
        for file in dict.fromkeys(place.file for place in one.series.places):
            fault = faults.get(file)
            self.outcomes.append(Outcome(0, fault.status, fault.reason) if fault else Outcome(0, "converted"))


def sheet(
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    columns: int = COLUMNS,
    tile: int = TILE,
    window: str = "file",
    choice: Choice | None = None,
    burned_in: BurnedIn = "refuse",
) -> Sheets:
    """Draw contact sheets of the series in containers or DICOM files.

    One PNG with all series if `out` ends in .png, else a folder with a PNG for each. `tile`: side of a tile in pixels.
    DICOM files are shown as they are: their sheets are as confidential as they, readable by the user alone.
    """
    sources, out, window_choice = as_paths(paths), Path(out), parse_window(window)
    _check(out, sources)
    with quiet():
        found = look(sources, burned_in)
        on_sheet = shown(found.series, choice or Choice())
        drawer, notice = _Drawer(window_choice), NOT_DEIDENTIFIED if found.originals else ""
        layouts = {
            path: Layout(some, tile, columns, notice)
            for path, some in (_files(out, on_sheet) if on_sheet else {}).items()
        }
        for path, layout in layouts.items():
            _write(path, layout, drawer)
    warnings = [WARNED] * bool(notice and on_sheet)
    warnings += [f"{path} is {one.height} pixels high, more than some programs show; -o FOLDER gives each series a file"
                for path, one in layouts.items() if one.height > HIGHEST]  # fmt: skip
    return Sheets(tuple(layouts), len(on_sheet), (*found.outcomes, *drawer.outcomes), tuple(warnings))


def _check(out: Path, sources: list[Path]) -> None:
    if out.suffix.lower() == SUFFIX and out.resolve() in [source.resolve() for source in sources]:
        raise UsageError(f"{out} is what is to be looked at; choose another name for the sheet")
    make_folder(out.parent if _is_one_file(out) else out)


def _is_one_file(out: Path) -> bool:
    return out.suffix.lower() == SUFFIX and not out.is_dir()


def _files(out: Path, on_sheet: tuple[Shown, ...]) -> dict[Path, tuple[Shown, ...]]:
    """What goes into which file."""
    if _is_one_file(out):
        return {out: on_sheet}
    files: dict[Path, tuple[Shown, ...]] = {}
    for one in on_sheet:
        name = one.series.name.replace(" ", "_")
        endings = chain([""], (f"-{number}" for number in count(2)))
        files[next(path for end in endings if (path := out / f"{name}{end}{SUFFIX}") not in files)] = (one,)
    return files


def _write(path: Path, layout: Layout, drawer: _Drawer) -> None:
    with complete_file(path, mode=PRIVATE if layout.notice else SHARED) as file:
        png = BandedPng(file, layout.height, layout.width)
        for band in drawer.bands(layout):
            png.add(np.asarray(band))
        png.finish()


def range_of(series: Series) -> ValueRange:
    """The lowest and the highest modality value of all images of a series; None if there is none."""
    found = [
        extremes
        for picture in series.pictures(range(len(series.places)))
        if isinstance(picture, Picture)
        and isinstance(extremes := attempt(value_range, picture.raw, picture.format, picture.attributes), tuple)
    ]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _blank(width: int, height: int) -> "Image":
    from PIL import Image

    return Image.new("RGB", (width, height), BACKGROUND)


def _notice(layout: Layout) -> "Image":
    from PIL import ImageDraw

    band = _blank(layout.width, layout.notice_height)
    write_line(ImageDraw.Draw(band), MARGIN, MARGIN, NOTICE, (layout.notice, WARNING))
    return band


def _heading(layout: Layout, one: Shown, *, is_first: bool) -> "Image":
    from PIL import ImageDraw

    band = _blank(layout.width, layout.heading_height)
    draw = ImageDraw.Draw(band)
    if not is_first:
        draw.line((MARGIN, ABOVE // 3, layout.width - MARGIN, ABOVE // 3), LINE)
    write_line(draw, MARGIN, ABOVE, HEADING, (f"{one.series.name}   ", BRIGHT), (one.facts, TEXT))
    return band


def _place(band: "Image", left: int, side: int, tile: "Image | Fault", label: str) -> None:
    """Put a tile, or the word for what is none, into a row, and its number below it."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(band)
    box = (left, 0, left + side - 1, side - 1)
    if isinstance(tile, Fault):
        draw.rectangle(box, PANEL, LINE)
        lines = tile.word.split() if width_of(tile.word, NUMBER) > side - GAP else [tile.word]
        size = next(size for size in range(NUMBER, 1, -1) if max(width_of(line, size) for line in lines) < side)
        top = (side - size * len(lines)) // 2
        for number, line in enumerate(lines):
            middle = left + (side - width_of(line, size)) // 2
            write_line(draw, middle, top + number * (size + 1), size, (line, FAINT))
    else:
        draw.rectangle(box, BLACK)
        band.paste(tile, (left + (side - tile.width) // 2, (side - tile.height) // 2))
    write_line(draw, left + (side - width_of(label, NUMBER)) // 2, side + 1, NUMBER, (label, TEXT))
