"""YOLO's text files, one for each picture: boxes and outlines in parts of its width and height, classes as numbers."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from dicomconv.annotations.checked import Unreadable, guarded, number, whole
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.files import files
from dicomconv.annotations.json_text import read_text
from dicomconv.annotations.yolo_names import NAMES, NOT_LABELS, names_of

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_SLACK = 0.01  # of a picture, that rounding may put a point outside


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a text file, or in all of a folder; normalised, as the pictures' sizes are not in it.

    Names of classes come from classes.txt, obj.names or a .yaml beside the files or in a folder above, up to the third; a
    number without a name is a Fault. The picture is the one of the same name beside the file, or in `images` for
    `labels`; where there is none, PNG is assumed. An empty file: the picture was seen.
    """
    names = cache(names_of)
    for one in files(path, ".txt"):
        if one.name.lower() in NOT_LABELS or one.name in NAMES:
            continue
        prefix = f"{one.relative_to(path).as_posix()}, " if one != path else ""
        try:
            yield from _file(one, prefix, names(one.parent))
        except Unreadable as error:
            yield Fault(f"{prefix}{error.place}".rstrip(", "), error.reason)


def _file(path: Path, prefix: str, names: dict[int, str]) -> Iterator[Drawn | Fault]:
    picture = _picture(path)
    lines = [(index, line.split()) for index, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]
    for index, words in lines:
        place = f"{prefix}line {index}"
        yield from guarded(place, _drawn, words, names, Drawn(place, picture, object=index, is_normalised=True))
    if not lines:
        yield Drawn(f"{prefix}line 1", picture, is_seen_only=True)


def _drawn(words: list[str], names: dict[int, str], bare: Drawn) -> list[Drawn]:
    """Center and size of a box, perhaps with a confidence; or the points of an outline."""
    index = whole(words[0], "the number of the class")
    if index not in names:
        raise Unreadable(f"class {index} has no name; put the classes.txt or data.yaml of the project beside the files")
    numbers = [number(word, "a coordinate") for word in words[1:]]
    if len(numbers) not in (4, 5) and (len(numbers) < 6 or len(numbers) % 2):
        raise Unreadable("this is neither a box (4 numbers) nor an outline (pairs of numbers, 3 or more)")
    if not all(-_SLACK <= one <= 1 + _SLACK for one in numbers[: 4 if len(numbers) == 5 else None]):
        raise Unreadable("a coordinate is not between 0 and 1")
    bare = replace(bare, label=names[index])
    if len(numbers) > 5:
        return [replace(bare, kind="polygon", rings=(np.array(numbers).reshape(-1, 2),))]
    center, side = np.array(numbers[:2]), np.array(numbers[2:4])
    if (side <= 0).any():
        raise Unreadable("the box has no width or no height")
    return [replace(bare, kind="box", rings=(np.stack([center - side / 2, center + side / 2]),))]


def _picture(path: Path) -> PictureRef:
    """The picture of a text file, with its size if it is there."""
    folders = [path.parent]
    parts = path.parent.parts
    if "labels" in parts:
        at = len(parts) - 1 - parts[::-1].index("labels")
        folders.append(Path(*parts[:at], "images", *parts[at + 1 :]))
    for folder in folders:
        for suffix in _SUFFIXES:
            found = folder / (path.stem + suffix)
            if found.is_file():
                return PictureRef(found.name, _size(found))
    return PictureRef(path.stem + ".png")


def _size(picture: Path) -> tuple[int, int] | None:
    try:
        with Image.open(picture) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
