"""One frame as the picture that goes into a PNG: which window was asked for, and what it makes of the pixels."""

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from dicomconv.errors import UsageError
from dicomconv.pixels.attributes import FrameAttributes, Palette, PixelFormat, Voi, Window
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
WHOLE_SERIES = 0.0, 1.0  # of a series that holds nothing but padding


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """Which window was asked for. `name`: the request as it names a sub-folder; `window`: set if `kind` is fixed."""

    kind: Literal["file", "auto", "full", "labels", "fixed"]
    name: str
    window: Window | None = None


def parse_window(text: str) -> WindowChoice:
    """`file`, `auto`, `full`, `labels`, a preset's name, or `C,W`; UsageError for anything else."""
    name = text.strip().lower()
    if name in ("file", "auto", "full", "labels"):
        return WindowChoice(name, name)  # type: ignore[arg-type]  # mypy does not narrow by a tuple of literals
    return WindowChoice("fixed", name, PRESETS.get(name) or _center_and_width(name))


def _center_and_width(text: str) -> Window:
    try:
        center, width = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"--window takes file, auto, full, labels, C,W or one of {', '.join(PRESETS)}, not {text!r}"
        ) from None
    if not (1 <= width < float("inf") and abs(center) < float("inf")):
        raise UsageError("--window C,W: the width has to be at least 1, and both have to be finite")
    return Window(center, width)


def is_colour(format: PixelFormat) -> bool:
    """Whether the frames are drawn in colour, where windows mean nothing."""
    return format.samples_per_pixel > 1 or format.photometric_interpretation == "PALETTE COLOR"


def needs_range(choice: WindowChoice, attributes: FrameAttributes) -> bool:
    """Whether the window depends on the range of the series: asked for, or no window and no VOI LUT in the file."""
    if choice.kind == "labels" and attributes.labels:
        return False
    if choice.kind in ("file", "labels"):
        return not attributes.windows and attributes.voi_lut is None
    return choice.kind == "auto"


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

    `series_range`: the union of `value_range` over the whole series, one for all of its slices; never a slice's own.
    """
    if choice.window is not None:
        return choice.window
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
    voi: Voi,
    *,
    depth: Literal[8, 16] = 8,
) -> NDArray[Any]:
    """A frame as `frames` gives it, with its `stored_format`, as the picture for a PNG.

    (rows, columns) grey or (rows, columns, 3) RGB, of uint8 or uint16 by `depth`. Colour ignores the window.
    """
    if format.photometric_interpretation == "PALETTE COLOR" and format.samples_per_pixel == 1:
        return from_palette(raw, format, attributes.palette, depth)
    if format.samples_per_pixel > 1:
        return colour(raw, format, depth)
    if isinstance(voi, Palette):
        return from_palette(raw, format, voi, depth)
    return with_colours(grey(raw, format, attributes, voi, depth=depth), raw, format, attributes, depth)
