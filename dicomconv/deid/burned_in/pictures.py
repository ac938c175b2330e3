"""Frames as pictures in which text can be read: 8 bits, stretched, and several frames of a cine in one."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dicomconv.model import Span
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.modality import is_padding, stored_values
from dicomconv.pixels.photometric import colour, from_palette
from dicomconv.pixels.read import ImageAttributes

GROUP = 8  # frames that are looked at together
SAMPLED = 9  # frames of an object of a kind that seldom shows text
FAINTEST, BRIGHTEST = 0.5, 99.5  # percentiles that a stretched picture shows as black and white
BRIGHT = 0.6  # of the brightest: what is darker is black in the picture of the bright part
SIMILAR = 1.5  # the whole range is no other picture if it is less than this times wider

Picture = NDArray[np.uint8]
ENLARGED = 1.5  # text of 8 pixels in little contrast is found in the larger picture: measured, docs/burned_in.md
BRIGHT_ENLARGED = 1.25


class Look(NamedTuple):
    """A picture, (rows, columns) or (rows, columns, 3), and how many times larger it is to be looked at."""

    picture: Picture
    enlarged: float = 1.0


def pictures(value: Span, attributes: ImageAttributes, *, sampled: bool, closely: bool) -> Iterator[list[Look]]:
    """Pictures in which every text of the frames can be read. Those of one list show the same pixels in several ways.

    `sampled`: of some frames only. `closely`: the frames at the ends enlarged, too. They are the first and the last
    frame; and of every eight that follow each other the brightest and the darkest of each pixel, and the one in the
    middle: text of any brightness that stands still shows through what moves, and text of a single frame shows if it is
    brighter or darker than what is there in the others.
    """
    format = attributes.format
    found = frames(format, value)
    shown = _sample(found, format.number_of_frames) if sampled else enumerate(found)
    samples = (_samples(raw, attributes, index) for index, raw in shown)
    last = None
    while group := list(islice(samples, GROUP)):
        if last is None:
            yield _of_frame(group[0], closely)
        yield from _of_group(group)
        last = group[-1] if len(group) > 1 or last is not None else None
    if last is not None:
        yield _of_frame(last, closely)


def _sample(found: Iterable[NDArray[Any]], count: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Evenly spaced frames with their indices, the first and the last among them."""
    wanted = set(np.linspace(0, count - 1, min(count, SAMPLED)).round().astype(int).tolist())
    return ((index, raw) for index, raw in enumerate(found) if index in wanted)


def _samples(raw: NDArray[Any], attributes: ImageAttributes, index: int) -> NDArray[Any]:
    """Stored values of grey frames, RGB of colour ones; padding as the lowest value that is none."""
    format = attributes.format
    stored = stored_format(format)
    frame = attributes.frame(index + 1)
    if format.photometric_interpretation == "PALETTE COLOR" and format.samples_per_pixel == 1:
        return from_palette(raw, stored, frame.palette, 8)
    if format.samples_per_pixel > 1:
        return colour(raw, stored, 8)
    values: NDArray[Any] = stored_values(raw, stored)
    if format.float_kind:
        return np.asarray(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    padding = is_padding(values, frame.padding)
    if not padding.any() or padding.all():
        return values
    values = values.copy()
    values[padding] = values[~padding].min()
    return values


def _of_group(samples: list[NDArray[Any]]) -> Iterator[list[Look]]:
    if len(samples) > 1:
        stack = np.stack(samples)
        yield _of_frame(stack.max(axis=0), closely=False)
        yield [Look(picture) for picture in _stretched(stack.min(axis=0))]
        yield [Look(picture) for picture in _stretched(samples[len(samples) // 2])]


def _of_frame(samples: NDArray[Any], closely: bool) -> list[Look]:
    """The picture, and one of its brightest part: white letters over speckle stand alone there."""
    looks = [Look(picture, ENLARGED if closely else 1) for picture in _stretched(samples)]
    for picture, _ in looks[:1]:
        grey = picture.max(axis=2) if picture.ndim == 3 else picture
        highest = float(grey.max())
        if highest > 0:
            bright = _scaled(grey.astype(np.float64), BRIGHT * highest, highest)
            looks += [Look(bright), *[Look(bright, BRIGHT_ENLARGED)] * closely]
    return looks


def _stretched(samples: NDArray[Any]) -> Iterator[Picture]:
    """A picture from black to white; of more than 8 bits one of the middle of its range too, if few pixels are beyond."""
    if samples.ndim == 3:
        yield samples
        return
    values = samples.astype(np.float64)
    lowest, highest = float(values.min()), float(values.max())
    faintest, brightest = np.percentile(values, [FAINTEST, BRIGHTEST])
    if highest == lowest:
        return
    yield _scaled(values, lowest, highest)
    if samples.dtype.itemsize > 1 and brightest > faintest and highest - lowest > SIMILAR * (brightest - faintest):
        yield _scaled(values, float(faintest), float(brightest))


def _scaled(values: NDArray[np.float64], black: float, white: float) -> Picture:
    return np.clip(255 * (values - black) / (white - black) + 0.5, 0, 255).astype(np.uint8)
