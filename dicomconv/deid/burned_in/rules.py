"""Region rules: where machines of a kind write, by manufacturer, model, size and SOP class; a table in TOML."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dicomconv.deid.profile import iod_of
from dicomconv.errors import UsageError
from dicomconv.header import Header
from dicomconv.model import Box
from dicomconv.pixels.attributes import PixelFormat

OURS = "region_rules.toml"
TEXTS = {"manufacturer": "Manufacturer", "model": "ManufacturerModelName", "modality": "Modality",
         "image_type": "ImageType", "series_description": "SeriesDescription"}  # fmt: skip
SIZES = ("rows", "columns")


@dataclass(frozen=True, slots=True)
class RegionRule:
    """Which images a rule is for, and what of them it blanks.

    A text holds if the attribute contains it, whatever the case; `rows` and `columns` hold if equal, 0 for any;
    `sop_class`: a SOP Class UID, or the name of an IOD as `explain` has it. `blank`: left, top, right, bottom, counted
    from the right and the bottom where negative, 0 as right or bottom for the edge. `ultrasound_regions`: also blank
    all but the regions that the image declares.
    """

    name: str
    manufacturer: str = ""
    model: str = ""
    modality: str = ""
    image_type: str = ""
    series_description: str = ""
    sop_class: str = ""
    rows: int = 0
    columns: int = 0
    blank: tuple[tuple[int, int, int, int], ...] = ()
    ultrasound_regions: bool = False

    def holds(self, header: Header, sop_class_uid: str, format: PixelFormat) -> bool:
        """Whether an image is of the kind that this rule is for."""
        if self.sop_class and self.sop_class not in (sop_class_uid, iod_of(sop_class_uid)):
            return False
        if self.rows not in (0, format.rows) or self.columns not in (0, format.columns):
            return False
        said = ((getattr(self, field), keyword) for field, keyword in TEXTS.items())
        return all(text.casefold() in header.text(keyword).casefold() for text, keyword in said if text)

    def boxes(self, format: PixelFormat) -> Iterator[Box]:
        """What it blanks in an image of this size."""
        for left, top, right, bottom in self.blank:
            box = Box(
                _within(left, format.columns), _within(top, format.rows),
                _within(right, format.columns) or format.columns, _within(bottom, format.rows) or format.rows,
                f"rule {self.name}",
            )  # fmt: skip
            if box.left < box.right and box.top < box.bottom:
                yield box


def _within(edge: int, length: int) -> int:
    return min(length, max(0, edge + length if edge < 0 else edge))


@dataclass(frozen=True, slots=True)
class RegionRules:
    """All rules of a run."""

    rules: tuple[RegionRule, ...]

    def of(self, header: Header, sop_class_uid: str, format: PixelFormat) -> list[RegionRule]:
        """The rules that are for an image."""
        return [rule for rule in self.rules if rule.holds(header, sop_class_uid, format)]


@lru_cache(maxsize=1)
def our_rules() -> RegionRules:
    """The rules that come with the package."""
    text = files(__package__).joinpath(OURS).read_text(encoding="utf-8")
    return RegionRules(tuple(read_rules(tomllib.loads(text))))


def read_rules(content: dict[str, Any]) -> Iterator[RegionRule]:
    """The rules of a table that was read from TOML. UsageError names the rule that is none."""
    known = {field.name: field.type for field in fields(RegionRule)}
    listed = content.get("rule", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UsageError("rules are tables that begin with [[rule]]")
    for number, said in enumerate(listed, 1):
        name = str(said.get("name", "")).strip()
        where = f"rule {number}" + (f" ({name})" if name else "")
        unknown = next((key for key in said if key not in known), None)
        if unknown is not None:
            raise UsageError(f"{where}: nothing is called {unknown} here; there are {', '.join(known)}")
        if not name:
            raise UsageError(f"{where}: it needs a name")
        yield RegionRule(**{key: _checked(where, key, value) for key, value in said.items()})


def _checked(where: str, key: str, value: Any) -> Any:
    """A value of a rule, of its type."""
    if key == "blank":
        return tuple(_corners(where, value))
    kind = "true or false" if key == "ultrasound_regions" else "a whole number" if key in SIZES else "a text"
    if type(value) is not {"true or false": bool, "a whole number": int, "a text": str}[kind]:
        raise UsageError(f"{where}: {key} is {kind}")
    return value


def _corners(where: str, value: Any) -> Iterable[tuple[int, int, int, int]]:
    for corners in value if isinstance(value, list) else [None]:
        if not isinstance(corners, list) or len(corners) != 4 or any(type(edge) is not int for edge in corners):
            raise UsageError(f"{where}: blank is a list of boxes, each [left, top, right, bottom] in whole pixels")
        yield corners[0], corners[1], corners[2], corners[3]
