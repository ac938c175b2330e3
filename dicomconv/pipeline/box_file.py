"""Files about burned-in text: boxes that somebody reviewed, and region rules of one's own."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dicomconv.deid.burned_in.rules import RegionRules, our_rules, read_rules
from dicomconv.errors import UsageError
from dicomconv.model import Box

EDGES = ("left", "top", "right", "bottom")
REVIEWED = "reviewed"


def read_boxes(path: Path) -> dict[str, tuple[Box, ...]]:
    """Boxes by new SOP Instance UID, from JSON Lines: a manifest will do, or rows of `sop_instance_uid` and `boxes`.

    A row without boxes says nothing; one with an empty list says that there is nothing to blank. UsageError names the
    line of what cannot be understood.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--boxes {path}: cannot be read ({type(error).__name__})") from None
    found: dict[str, tuple[Box, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            found |= _of_row(_Place(path, number), line)
    if not found:
        raise UsageError(f"--boxes {path}: no line has both sop_instance_uid and boxes")
    return found


class _Place:
    """A line of a file, for what is wrong with it."""

    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number

    def fault(self, what: str) -> UsageError:
        return UsageError(f"--boxes {self._path}, line {self._number}: {what}")


def _of_row(place: _Place, line: str) -> dict[str, tuple[Box, ...]]:
    try:
        row = json.loads(line)
    except ValueError:
        raise place.fault("this is not JSON") from None
    if not isinstance(row, dict):
        raise place.fault("a line is an object with sop_instance_uid and boxes")
    uid, boxes = row.get("sop_instance_uid"), row.get("boxes")
    if boxes is None or not uid:
        return {}
    if not isinstance(uid, str) or not isinstance(boxes, list):
        raise place.fault("sop_instance_uid is a text, and boxes a list")
    return {uid: tuple(_box(place, box) for box in boxes)}


def _box(place: _Place, said: Any) -> Box:
    edges = [said.get(edge) for edge in EDGES] if isinstance(said, dict) else said
    if not isinstance(edges, list) or len(edges) != 4 or any(type(edge) is not int for edge in edges):
        raise place.fault("a box has left, top, right and bottom, in whole pixels")
    left, top, right, bottom = edges
    if not (0 <= left < right and 0 <= top < bottom):
        raise place.fault("a box begins within the image, and its right and bottom are beyond its left and top")
    return Box(left, top, right, bottom, REVIEWED)


def read_region_rules(path: Path) -> RegionRules:
    """The rules of a TOML file in front of ours, or instead of them if it says `ours = false`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--region-rules {path}: this is not TOML: {error}") from None
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--region-rules {path}: cannot be read ({type(error).__name__})") from None
    try:
        rules = tuple(_rules(content))
    except UsageError as error:
        raise UsageError(f"--region-rules {path}, {error}") from None
    return RegionRules(rules if content.get("ours") is False else (*rules, *our_rules().rules))


def _rules(content: dict[str, Any]) -> Iterator[Any]:
    unknown = next((key for key in content if key not in ("ours", "rule")), None)
    if unknown is not None or type(content.get("ours", True)) is not bool:
        raise UsageError("there are only `ours`, true or false, and [[rule]] tables")
    return read_rules(content)
