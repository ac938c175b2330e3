"""Histograms in modality units: every pixel of every image of a series counted, padding left out and counted too."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dicomconv.errors import Undecodable
from dicomconv.model import Outcome
from dicomconv.pipeline.found import PathLike, as_paths
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.look.find import look
from dicomconv.pipeline.look.series import COLOUR, Fault, Picture, Series, attempt
from dicomconv.pipeline.look.tissues import TISSUES
from dicomconv.pixels.counts import BinCounter, PixelCounter, ValueCounts
from dicomconv.render import is_colour

BINS = 256
PERCENTILES = (1, 50, 99)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often values occur in a series: `pixels` = those counted + `padding` + `not_finite`.

    `edges` (B + 1,) in `unit` (empty if it is not known), `counts` (B,). `values` are all that `counts` are made of;
    `is_exact`: each stands alone, not for one of 65536 narrow bins. `tissues`: pixels by name, for CT in HU only.
    """

    name: str
    modality: str
    unit: str
    images: int
    pixels: int
    padding: int
    not_finite: int
    minimum: float
    maximum: float
    mean: float
    percentiles: dict[int, float]
    edges: tuple[float, ...] = field(repr=False)
    counts: tuple[int, ...] = field(repr=False)
    tissues: dict[str, int]
    values: ValueCounts = field(repr=False)
    is_exact: bool = True

    @property
    def counted(self) -> int:
        """How many pixels have a value that counts."""
        return self.pixels - self.padding - self.not_finite


@dataclass(frozen=True, slots=True)
class Histograms:
    """The histograms of the series that have values, and what became of each DICOM file."""

    histograms: tuple[Histogram, ...]
    outcomes: tuple[Outcome, ...]


def hist(paths: PathLike | Iterable[PathLike], *, bins: int = BINS) -> Histograms:
    """Count the pixels of each series in containers or DICOM files, in at most `bins` bins.

    Nothing of an original's header but its modality and unit is told. Kinds that carry text in their pixels are counted
    too: a histogram shows none of it.
    """
    histograms, outcomes = list[Histogram](), list[Outcome]()
    with quiet():
        found = look(as_paths(paths), "keep")
        for series in found.series:
            reading = _Reading(series)
            one = attempt(histogram_of, reading, bins)
            histograms += [one] if isinstance(one, Histogram) else []
            outcomes += reading.outcomes(one if isinstance(one, Fault) else None)
    return Histograms(tuple(histograms), (*found.outcomes, *outcomes))


class _Reading:
    """The grey pictures of a series, as often as they are wanted; what could not be read is noted once."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self._faults: dict[int, Fault] = {}

    def __iter__(self) -> Iterator[Picture]:
        places = self.series.places
        for place, picture in zip(places, self.series.pictures(range(len(places))), strict=True):
            if isinstance(picture, Picture) and is_colour(picture.format):
                picture = COLOUR
            if isinstance(picture, Fault):
                self._faults.setdefault(place.file, picture)
            else:
                yield picture

    def outcomes(self, of_all: Fault | None) -> Iterator[Outcome]:
        """What became of each file; `of_all`: what keeps the whole series from being counted."""
        for file in dict.fromkeys(place.file for place in self.series.places):
            fault = self._faults.get(file, of_all)
            yield Outcome(0, fault.status, fault.reason) if fault else Outcome(0, "converted")


def histogram_of(reading: _Reading, bins: int) -> Histogram | None:
    """The histogram of a series; None if no pixel of it counts. Two passes where values are too many to stand alone."""
    counter, units, images = PixelCounter(), Counter[str](), 0
    for picture in reading:
        counter.add(picture.raw, picture.format, picture.attributes)
        units[picture.unit] += 1
        images += 1
    values = exact = counter.finish()
    if counter.lowest > counter.highest:
        return None
    if not math.isfinite(counter.highest - counter.lowest):
        raise Undecodable("its values are too far apart for a histogram")
    if values is None:
        values = _second_pass(reading, counter, bins)
    edges = values.edges(bins)
    unit = next(iter(units)) if len(units) == 1 else ""
    name, modality = reading.series.name, reading.series.modality
    quantiles = values.quantiles([part / 100 for part in PERCENTILES])
    return Histogram(
        name=name,
        modality=modality,
        unit=unit,
        images=images,
        pixels=counter.pixels,
        padding=counter.padding,
        not_finite=counter.not_finite,
        minimum=float(counter.lowest),
        maximum=float(counter.highest),
        mean=values.mean(),
        percentiles=dict(zip(PERCENTILES, quantiles, strict=True)),
        edges=tuple(edges.tolist()),
        counts=tuple(values.histogram(edges).tolist()),
        tissues=_tissues(values) if (modality, unit) == ("CT", "HU") else {},
        values=values,
        is_exact=exact is not None,
    )


def _second_pass(reading: _Reading, counter: PixelCounter, bins: int) -> ValueCounts:
    fine = BinCounter(counter.lowest, counter.highest, bins)
    for picture in reading:
        attempt(fine.add, picture.raw, picture.format, picture.attributes)
    return fine.finish()


def _tissues(values: ValueCounts) -> dict[str, int]:
    return {tissue.name: values.between(*tissue.range) for tissue in TISSUES}
