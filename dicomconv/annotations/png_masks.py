"""Folders of PNG masks: a PNG for each picture, of the same name; values, colours, or a folder for each label."""

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomconv.annotation import Label
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.colors import hexadecimal
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.files import files

SUFFIX = ".png"
CLASSES, BESIDE = "SegmentationClass", frozenset({"SegmentationObject", "JPEGImages"})  # of Pascal VOC
LABEL_MAP, VOID = "labelmap.txt", 255
LARGEST_MAP = 1 << 20
DEEP_AT, DEEP = 24, 16
Color = tuple[int, int, int]


def read(path: Path, labels: Sequence[Label] = ()) -> Iterator[Drawn | Fault]:
    """What is drawn in PNG masks, a file or a folder of them.

    In a folder that has the name of a label, what is not 0 is that label's. Elsewhere a grey value, or a place in the
    palette, is the value of a label; a colour is the one of the label, or of the line in VOC's labelmap.txt; black, and
    what is transparent, is nothing. In VOC's folders the value 255 of a palette is nobody's.
    """
    colors = _label_map(path)
    for one in files(path, SUFFIX):
        below = one.relative_to(path) if path.is_dir() else Path(one.name)
        folders = [part for part in below.parts[:-1] if part not in BESIDE]
        if len(folders) < len(below.parts) - 1:
            continue
        place = below.as_posix() if path.is_dir() else ""
        try:
            yield from _Mask(one, place, colors, is_voc=CLASSES in folders or path.name == CLASSES).drawn(
                _folder_label([one for one in folders if one != CLASSES], labels)
            )
        except Unreadable as error:
            yield Fault(place, error.reason)


def _folder_label(folders: list[str], labels: Iterable[Label]) -> str | int | None:
    """The label that a folder is named after; None for none. Unreadable if there is such a folder and no such label."""
    if not folders:
        return None
    names = {label.name: label.name for label in labels}
    folded = {label.name.casefold(): label.name for label in labels}
    values = {str(label.value): label.value for label in labels}
    for said in folders[::-1]:
        for known in (names.get(said), folded.get(said.casefold()), values.get(said)):
            if known is not None:
                return known
    raise Unreadable("its folder is not named after a label")


class _Mask:
    """One file. `colors`: names by colour, where the folder says them."""

    def __init__(self, path: Path, place: str, colors: dict[Color, str], *, is_voc: bool) -> None:
        self._path, self._place, self._colors, self._is_voc = path, place, colors, is_voc

    def drawn(self, label: str | int | None) -> Iterator[Drawn]:
        """Each label's mask; a picture on which there is none was seen."""
        values = _pixels(self._path, by_color=bool(self._colors))
        picture = PictureRef(PurePosixPath(self._path.name).name, (values.shape[1], values.shape[0]))
        found = [(label, _is_set(values))] if label is not None else list(self._labelled(values))
        found = [(one, mask) for one, mask in found if mask.any()]
        for one, mask in found:
            yield Drawn(self._place, picture, one, mask=mask)
        if not found:
            yield Drawn(self._place, picture, is_seen_only=True)

    def _labelled(self, values: NDArray[Any]) -> Iterator[tuple[str | int, NDArray[np.bool_]]]:
        """Each label with its pixels."""
        if values.ndim == 2:
            for value in np.unique(values).tolist():
                if value and not (self._is_voc and value == VOID):
                    yield value, values == value
            return
        packed = values.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        for number in np.unique(packed).tolist():
            color = (number >> 16, number >> 8 & 255, number & 255)
            name = self._colors.get(color, hexadecimal(color))
            if number and not _is_background(name) and not (self._is_voc and color == (224, 224, 192)):
                yield name, packed == number


def _is_background(name: str) -> bool:
    return name.casefold() in ("background", "_background_")


def _is_set(values: NDArray[Any]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values != 0 if values.ndim == 2 else (values != 0).any(axis=2)
    return found


def _pixels(path: Path, *, by_color: bool) -> NDArray[Any]:
    """The values of a grey picture or a palette, (rows, columns), or colours, (rows, columns, 3) uint8.

    A colour picture all of whose channels are alike is grey. `by_color`: of a palette, the colours.
    """
    data = path.read_bytes()
    try:
        if data[DEEP_AT : DEEP_AT + 1] == bytes([DEEP]):
            deep = np.asarray(imagecodecs.png_decode(data))
            if deep.ndim == 3 and deep.shape[2] > 2:
                raise Unreadable("a mask in colour has 8 bits a channel")
            return deep if deep.ndim == 2 else np.where(deep[..., 1] > 0, deep[..., 0], 0)
        with Image.open(io.BytesIO(data)) as image:
            if image.mode == "P" and not by_color:
                return np.asarray(image)
            if image.mode in ("1", "L") and not by_color:
                return np.asarray(image.convert("L"))
            rgba = np.asarray(image.convert("RGBA"))
    except (OSError, SyntaxError, RuntimeError, ValueError, struct.error, Image.DecompressionBombError):
        raise Unreadable("it cannot be decoded as a PNG; save it again") from None
    colors = np.where(rgba[..., 3:] > 0, rgba[..., :3], 0)
    is_grey = not by_color and (colors == colors[..., :1]).all()
    return colors[..., 0] if is_grey else colors


def _label_map(path: Path) -> dict[Color, str]:
    """Names of labels by colour, out of the labelmap.txt that CVAT puts beside; none if there is none.

    A line is `name:red,green,blue:parts:actions`.
    """
    if not path.is_dir():
        return {}
    found: dict[Color, str] = {}
    beside = next((one / LABEL_MAP for one in (path, path.parent) if (one / LABEL_MAP).is_file()), None)
    text = beside.open("rb").read(LARGEST_MAP).decode("utf-8", "replace") if beside else ""
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        numbers = rest.partition(":")[0].split(",")
        if not line.startswith("#") and len(numbers) == 3 and all(one.strip().isdecimal() for one in numbers):
            red, green, blue = (min(255, int(one)) for one in numbers)
            found[red, green, blue] = name.strip()
    return found
