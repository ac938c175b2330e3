"""One frame as the picture that goes into a PNG: which window was asked for, and what it makes of the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable, UsageError
from dicomconv.pixels.attributes import FrameAttributes, LookupTable, Palette, PixelFormat, Voi, Window
from dicomconv.pixels.grey import full_range, grey, modality_range
from dicomconv.pixels.photometric import colour, from_palette, with_colours
from dicomconv.pixels.window import window_of_range

PRESETS = {
    "soft-tissue": Window(40, 400),
    "lung": Window(-600, 1500),
    "liver": Window(90, 150),
    "bone": Window(480, 2500),
    "brain": Window(40, 80),
}
MOST_WINDOWS = 9999
WHOLE_SERIES = 0.0, 1.0  # of a series that holds nothing but padding


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """Which window was asked for. `name`: as it names a sub-folder; `window`: set if `kind` is fixed.

    `number`: for `file:N` that of the window in the file, 1-based; 0 for `file`, which takes what there is.
    """

    kind: Literal["file", "lut", "auto", "full", "labels", "fixed"]
    name: str
    window: Window | None = None
    number: int = 0


def parse_window(text: str) -> WindowChoice:
    """`file`, `file:N`, `lut`, `auto`, `full`, `labels`, a preset's name, or `C,W`; UsageError for anything else."""
    name = text.strip().lower()
    if name in ("file", "lut", "auto", "full", "labels"):
        return WindowChoice(name, name)  # type: ignore[arg-type]  # mypy does not narrow by a tuple of literals
    if name.startswith("file:"):
        number = _number_of_window(name.removeprefix("file:"))
        return WindowChoice("file", f"file-{number}", number=number)
    if name in PRESETS:
        return WindowChoice("fixed", name, PRESETS[name])
    window = _center_and_width(name)
    return WindowChoice("fixed", f"{_in_a_name(window.center)}_{_in_a_name(window.width)}", window)


def _number_of_window(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WINDOWS):
        raise UsageError(f"--window file:N: N is the number of a window in the file, 1 or more, not {text!r}")
    return int(text)


def _center_and_width(text: str) -> Window:
    try:
        center, width = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"--window takes file, file:N, lut, auto, full, labels, C,W or one of {', '.join(PRESETS)}, not {text!r}"
        ) from None
    if not (1 <= width < float("inf") and abs(center) < float("inf")):
        raise UsageError("--window C,W: the width has to be at least 1, and both have to be finite")
    return Window(center, width)


def _in_a_name(value: float) -> str:
    """A number as a part of a file name: another one for each, and no sign that a shell would take for an option."""
    value += 0.0  # of two zeros one
    return repr(value).removesuffix(".0").replace("e+", "e").replace("-", "minus", value < 0)


def is_colour(format: PixelFormat) -> bool:
    """Whether the frames are drawn in colour, where windows mean nothing."""
    return format.samples_per_pixel > 1 or format.photometric_interpretation == "PALETTE COLOR"


def needs_range(choice: WindowChoice, attributes: FrameAttributes) -> bool:
    """Whether the window depends on the range of the series: asked for, or no window and no VOI LUT in the file."""
    if choice.kind == "labels" and attributes.labels:
        return False
    if choice.kind in ("file", "labels") and not choice.number:
        return not attributes.windows and attributes.voi_lut is None
    return choice.kind == "auto"


def missing(choice: WindowChoice, attributes: FrameAttributes) -> str:
    """Why a grey frame is not drawn: it lacks the very window that was asked for. Empty if it has it."""
    if choice.number > len(attributes.windows):
        return f"there is no window {choice.number} in the file"
    return "there is no VOI LUT in the file" if choice.kind == "lut" and attributes.voi_lut is None else ""


def value_range(raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes) -> tuple[float, float] | None:
    """The lowest and the highest modality value of a frame, padding and what is no number left out; None for colour."""
    return None if is_colour(format) else modality_range(raw, format, attributes)


def resolve(
    choice: WindowChoice,
    attributes: FrameAttributes,
    format: PixelFormat,
    series_range: tuple[float, float] | None,
) -> Voi:
    """The window, VOI LUT, or colours of segments that a frame is drawn with.

    Undecodable if it is `missing`: never another one instead.

    `series_range`: the union of `value_range` over the whole series, one for all of its slices; never a slice's own.
    """
    if reason := missing(choice, attributes):
        raise Undecodable(reason)
    if choice.window is not None:
        return choice.window
    if choice.number:
        return attributes.windows[choice.number - 1]
    if choice.kind == "lut" and attributes.voi_lut:
        return attributes.voi_lut
    if choice.kind == "labels" and attributes.labels:
        return attributes.labels
    if choice.kind in ("file", "labels") and (attributes.windows or attributes.voi_lut):
        return attributes.windows[0] if attributes.windows else attributes.voi_lut  # type: ignore[return-value]
    if choice.kind == "full" and not format.float_kind:
        return window_of_range(*full_range(format, attributes))
    return window_of_range(*(series_range or WHOLE_SERIES))


def render(
    raw: NDArray[Any],
    format: PixelFormat,
    attributes: FrameAttributes,
    voi: Voi | None,
    *,
    depth: Literal[8, 16] = 8,
) -> NDArray[Any]:
    """A frame as `frames` gives it, with its `stored_format`, as the picture for a PNG.

    (rows, columns) grey or (rows, columns, 3) RGB, of uint8 or uint16 by `depth`. Colour needs no window and ignores one.
    """
    if format.photometric_interpretation == "PALETTE COLOR" and format.samples_per_pixel == 1:
        return from_palette(raw, format, attributes.palette, depth)
    if format.samples_per_pixel > 1:
        return colour(raw, format, depth)
    if voi is None:
        raise Undecodable("there is no window to draw grey pixels with")
    if isinstance(voi, Palette):
        return from_palette(raw, format, voi, depth)
    return with_colours(grey(raw, format, attributes, voi, depth=depth), raw, format, attributes, depth)


def render_stack(
    raw: NDArray[Any],
    format: PixelFormat,
    attributes: FrameAttributes,
    vois: Sequence[Window | LookupTable],
    *,
    depth: Literal[8, 16] = 8,
) -> NDArray[Any]:
    """A grey frame as RGB, (rows, columns, 3): drawn once with each of two or three windows; of two, blue is 0."""
    picture = np.zeros((*raw.shape, 3), np.uint8 if depth == 8 else np.uint16)
    for channel, voi in enumerate(vois):
        picture[..., channel] = grey(raw, format, attributes, voi, depth=depth)
    return picture
