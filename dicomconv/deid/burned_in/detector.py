"""Lines of text in a picture, found and read by RapidOCR (the extra `ocr`); its weights are in its wheel.

Nothing is fetched from anywhere: a model that is not where the wheel has it is an error.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import UsageError
from dicomconv.model import Box

MODELS = {"Det.model_path": "*_det_*.onnx", "Rec.model_path": "*_rec_*.onnx"}  # in the folder `models` of the wheel
SMALLEST_ENLARGED, LARGEST_ENLARGED = 480, 1280  # a smaller picture is enlarged by the detector
TILE, OVERLAP = 1600, 192  # a larger picture is looked at in tiles, as the detector would shrink it
MARGIN, LOW = 2, 24  # pixels around a box that is lower than that, else half of it: the detector's own margin grows
HIGHEST_LINE, HIGHEST_SHARE = 96, 0.2  # in pixels and of the picture's shorter side: what is higher is no line
HUGE_SHARE = 0.4  # of that side: no line, whatever it is read as
UPRIGHT = 1.5  # times its width: a higher box is turned text
READABLE, SURE, SEVERAL = 0.5, 0.8, 3  # how well a line is read; how well, and with how many signs, one so high
LEGIBLE = 40  # pixels: letters so high are read, if they are letters
MISSING = 'text in pixels cannot be looked for: install it with pip install "dicomconv[ocr]"'

Picture = NDArray[np.uint8]
Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: where it is, with a margin; what it was read as, which is never shown, and how sure that is."""

    box: Box
    text: str = field(repr=False)
    score: float


def check_installed() -> None:
    """UsageError, with what to install, where there is no text detection on this machine."""
    from importlib.metadata import PackageNotFoundError, version  # most runs do without it, and without Pillow

    try:
        version("rapidocr")
        version("onnxruntime")
    except PackageNotFoundError:
        raise UsageError(MISSING) from None


def detector_name() -> str:
    """Name and version of what detects text."""
    from importlib.metadata import version

    return f"rapidocr {version('rapidocr')}"


class TextDetector:
    """Finds text in pictures; made once for a process. `threads`: how many it may use."""

    def __init__(self, threads: int = 1) -> None:
        self._ocr = _rapidocr(threads)
        self.name = detector_name()

    def lines(self, picture: NDArray[np.uint8], enlarged: float = 1.0) -> list[Line]:
        """Every line of text in a picture, (rows, columns) grey or (rows, columns, 3) RGB, upright or turned.

        `enlarged`: how many times larger it is looked at, unless it is so small or so large that this changes nothing.
        """
        colour: Picture = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
        size = colour.shape[:2]
        if enlarged > 1 and min(size) >= SMALLEST_ENLARGED and max(size) <= LARGEST_ENLARGED:
            found = [_shrunk(line, enlarged) for line in self._found(_enlarged(colour, enlarged))]
        else:
            found = list(self._found(colour))
        return [replace(line, box=_wider(line.box, size)) for line in found]

    def _found(self, picture: Picture) -> Iterator[Line]:
        for tile in _tiles(*picture.shape[:2]):
            yield from self._in_tile(picture, tile)

    def _in_tile(self, picture: Picture, tile: Box) -> Iterator[Line]:
        part = picture[tile.top : tile.bottom, tile.left : tile.right]
        for corners in self._detected(part):
            box, (text, score) = _around(corners, part.shape), self._read(part, corners)
            if is_shape(box, text, score, part.shape):
                yield from self._within(part, box, tile)
            else:
                yield self._line(_moved(box, tile), text, score)

    def _within(self, part: Picture, outer: Box, tile: Box) -> Iterator[Line]:
        """Lines of text within what is no line itself: a block of several lines, or anatomy that looks like a sign."""
        inner = part[outer.top : outer.bottom, outer.left : outer.right]
        for corners in self._detected(inner):
            box, (text, score) = _around(corners, inner.shape), self._read(inner, corners)
            if not is_shape(box, text, score, part.shape) and signs(text) > 1 and score > READABLE:
                yield self._line(_moved(_moved(box, outer), tile), text, score)

    def _line(self, box: Box, text: str, score: float) -> Line:
        return Line(replace(box, by=self.name), text, score)

    def _detected(self, part: Picture) -> list[Corners]:
        """Where the detector sees text in a picture: four corners each, clockwise from where the line begins."""
        found = self._ocr(np.ascontiguousarray(part[..., ::-1]), use_det=True, use_cls=False, use_rec=False).boxes
        return [] if found is None else list(found)

    def _read(self, part: Picture, corners: Corners) -> tuple[str, float]:
        """What a line says, and how sure that is; one that is higher than wide is read upwards and downwards."""
        straight = _straightened(part, corners)
        turns = (1, 3) if straight.shape[0] > UPRIGHT * straight.shape[1] else (0,)
        pictures = [np.ascontiguousarray(np.rot90(straight[..., ::-1], turn)) for turn in turns]
        read = [self._ocr(picture, use_det=False, use_cls=False, use_rec=True) for picture in pictures]
        said = [(str(one.txts[0]), float(one.scores[0])) for one in read if getattr(one, "txts", None)]
        return max(said, key=lambda one: (signs(one[0]) > 1, one[1]), default=("", 0.0))


def _straightened(picture: Picture, corners: Corners) -> Picture:
    """What lies between four corners, laid straight."""
    from PIL import Image

    width, height = (max(1, round(float(np.hypot(*(corners[end] - corners[0]))))) for end in (1, 3))
    quad = tuple(float(edge) for corner in (0, 3, 2, 1) for edge in corners[corner])  # Pillow goes counter-clockwise
    bicubic = Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).transform((width, height), Image.Transform.QUAD, quad, bicubic))


def signs(text: str) -> int:
    """How many letters and digits a text has."""
    return sum(character.isalnum() for character in text)


def is_shape(box: Box, text: str, score: float, shape: tuple[int, ...]) -> bool:
    """Whether a box is no line of text: too high or upright and not read as one, or large and not read at all."""
    height, width = box.bottom - box.top, box.right - box.left
    short = min(height, width)
    is_odd = short > min(HIGHEST_LINE, HIGHEST_SHARE * min(shape[:2])) or height > UPRIGHT * width
    if short > HUGE_SHARE * min(shape[:2]):
        return True
    if short > HIGHEST_LINE and (signs(text) < SEVERAL or score < SURE):
        return True
    is_unread = signs(text) < 2 or score < READABLE
    return (is_odd and is_unread) or (short > LEGIBLE and (not signs(text) or score < READABLE))


def _enlarged(picture: Picture, times: float) -> Picture:
    size = round(times * picture.shape[1]), round(times * picture.shape[0])
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _shrunk(line: Line, times: float) -> Line:
    """A line of an enlarged picture where it is in the picture."""
    box = line.box
    left, top = int(box.left / times), int(box.top / times)
    return replace(
        line, box=replace(box, left=left, top=top, right=ceil(box.right / times), bottom=ceil(box.bottom / times))
    )


def _tiles(rows: int, columns: int) -> Iterator[Box]:
    for top in _starts(rows):
        for left in _starts(columns):
            yield Box(left, top, min(left + TILE, columns), min(top + TILE, rows))


def _starts(length: int) -> list[int]:
    """Where tiles begin: as many as it takes, each overlapping the one before."""
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [round(index * (length - TILE) / (count - 1)) for index in range(count)]


def _around(corners: NDArray[Any], shape: tuple[int, ...]) -> Box:
    """The upright rectangle around four corners, within the picture."""
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    return Box(max(0, int(left)), max(0, int(top)), min(int(right), shape[1]), min(int(bottom), shape[0]))


def _moved(box: Box, outer: Box) -> Box:
    """A box of a part as a box of the whole."""
    return Box(box.left + outer.left, box.top + outer.top, box.right + outer.left, box.bottom + outer.top)


def _wider(box: Box, size: tuple[int, ...]) -> Box:
    """With the margin around a line, within the picture of so many rows and columns."""
    margin = MARGIN if min(box.bottom - box.top, box.right - box.left) < LOW else MARGIN // 2
    return Box(
        max(0, box.left - margin), max(0, box.top - margin),
        min(size[1], box.right + margin), min(size[0], box.bottom + margin), box.by,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _rapidocr(threads: int) -> Any:
    """The engine, told where its models are."""
    check_installed()
    import rapidocr

    folder = Path(str(rapidocr.__file__)).parent / "models"
    models = {name: next(iter(sorted(folder.glob(pattern))), None) for name, pattern in MODELS.items()}
    if None in models.values():
        raise UsageError(f"{detector_name()} has no models in its wheel; {MISSING}")
    logging.getLogger("RapidOCR").disabled = True  # it would say which picture has no text
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": 2 * TILE,
            **{name: str(path) for name, path in models.items()},
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
