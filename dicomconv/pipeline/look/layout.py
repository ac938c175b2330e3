"""Which images of a series are on its sheet, and where everything on a sheet lies, before anything is drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicomconv.manifest import counted
from dicomconv.pipeline.look.ink import MARGIN, width_of
from dicomconv.pipeline.look.series import Series

MOST = 40
GAP = 6
HEADING, NOTICE, NUMBER = 17, 13, 12  # sizes of letters
ABOVE, BELOW = 18, 10  # a heading
CAPTION = NUMBER + 8


@dataclass(frozen=True, slots=True)
class Choice:
    """Which images are shown: every n-th, and of those no more than `most`, evenly spaced."""

    every: int = 1
    most: int | None = None

    def of(self, count: int) -> list[int]:
        """The places of the images shown, of `count`; the first and the last are among the evenly spaced ones."""
        chosen = range(0, count, self.every)
        most = self.most or (MOST if self.every == 1 else len(chosen))
        if len(chosen) <= most:
            return list(chosen)
        if most == 1:
            return [chosen[len(chosen) // 2]]
        return [chosen[number * (len(chosen) - 1) // (most - 1)] for number in range(most)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A series with the places of its images that are shown."""

    series: Series
    indices: tuple[int, ...]

    @property
    def facts(self) -> str:
        """What its heading says beside its name: modality, how many images, their size."""
        count, shown = len(self.series.places), len(self.indices)
        images = counted(count, "image") if count == shown else f"{shown} of {count} images"
        sizes = sorted(self.series.sizes)
        size = f"{sizes[0][0]} x {sizes[0][1]}" if len(sizes) == 1 else "several sizes" if sizes else ""
        return "   ".join(filter(None, (self.series.modality or "unknown modality", images, size)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels of a sheet of some series. `tile`: side of a tile; `columns`: tiles in a row."""

    shown: tuple[Shown, ...]
    tile: int
    columns: int
    notice: str = ""

    @property
    def width(self) -> int:
        """As wide as its rows and headings need."""
        columns = min(self.columns, max((len(one.indices) for one in self.shown), default=1))
        headings = [width_of(f"{one.series.name}   {one.facts}", HEADING) for one in self.shown]
        return 2 * MARGIN + max(columns * (self.tile + GAP) - GAP, width_of(self.notice, NOTICE), *headings)

    @property
    def heading_height(self) -> int:
        """Of the line above a series, with the space around it."""
        return ABOVE + HEADING + BELOW

    @property
    def row_height(self) -> int:
        """Of a row of tiles with the numbers below them."""
        return self.tile + CAPTION

    @property
    def notice_height(self) -> int:
        """Of the line at the top of a sheet that is not de-identified."""
        return MARGIN + NOTICE + 5 if self.notice else 0

    @property
    def height(self) -> int:
        """Of the whole sheet."""
        rows = sum(len(self.rows(one.indices)) for one in self.shown)
        return self.notice_height + len(self.shown) * self.heading_height + rows * self.row_height + MARGIN

    def rows(self, indices: Sequence[int]) -> list[Sequence[int]]:
        """The places of a series row by row."""
        return [indices[start : start + self.columns] for start in range(0, len(indices), self.columns)]


def shown(series: Iterable[Series], choice: Choice) -> tuple[Shown, ...]:
    """The series with the places that are shown of each."""
    return tuple(Shown(one, tuple(choice.of(len(one.places)))) for one in series)
