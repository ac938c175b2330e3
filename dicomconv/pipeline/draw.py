"""The frames of one instance: decoded, encoded for the container, and drawn as PNG; the part that runs in threads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dicomconv.container.chunks import Compression, encode_frame
from dicomconv.container.frames import PackedFrame
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.model import Deidentified
from dicomconv.pipeline.picture_key import Origin, key_chunk
from dicomconv.pipeline.shown import Shown
from dicomconv.pipeline.views import View
from dicomconv.pixels import png
from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Window
from dicomconv.pixels.decode import decoder_name, frames, is_direct, stored_format
from dicomconv.pixels.raw import raw_samples, sample_offset
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from dicomconv.pixels.square import IDENTITY
from dicomconv.render import is_colour, render, render_stack, resolve, value_range

# What holds labels, doses or parameters rather than a picture: drawn when a window is asked for, not by default
ON_REQUEST = {
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "a label map",
    "1.2.840.10008.5.1.4.1.1.66.8": "a height map",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
    "1.2.840.10008.5.1.4.1.1.481.2": "a dose grid",
}
DRAWS_ANYTHING = frozenset({"lut", "auto", "full", "fixed"})
LABELLED = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame of one instance with what it takes to draw it.

    `path`: where its PNG goes if it has one only; `views`: those that are drawn of it; `before`: what stands before the
    frame in its file, if it is the only one there.
    """

    raw: NDArray[Any] = field(repr=False)
    format: PixelFormat
    attributes: FrameAttributes
    path: Path
    views: tuple[View, ...]
    origin: Origin
    frame_number: int
    before: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Worked:
    """A frame as it goes into the container. `not_drawn`: of which views there is no picture, by name, and why."""

    packed: PackedFrame
    not_drawn: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """The image of an instance: how it is laid out, and what its frames mean."""

    format: PixelFormat
    stored: PixelFormat
    attributes: ImageAttributes
    decoder: str
    direct: bool

    def pictures(self, deidentified: Deidentified, names: "Names", views: tuple[View, ...]) -> Iterator[Picture]:
        """Its frames, decoded one by one. Undecodable as soon as one cannot be."""
        is_alone = self.direct and not deidentified.encapsulated and self.format.number_of_frames == 1
        before = deidentified.head if is_alone else None
        for number, raw in enumerate(frames(self.format, deidentified.pixels), 1):
            path = names.path(number, self.format.number_of_frames)
            yield Picture(raw, self.stored, self.attributes.frame(number), path, views, names.origin, number, before)


class Names:
    """Where the PNGs of one instance go, in the folder of the series or below it."""

    def __init__(self, folder: Path, series: str, instance_number: int, digits: int, origin: Origin):
        self.origin = origin
        self._folder, self._stem = folder, f"{series}_{instance_number:0{digits}d}"

    def path(self, frame_number: int, frame_count: int) -> Path:
        """`<series>_0001.png`, for multi-frame instances `<series>_0001_0001.png`."""
        frame = f"_{frame_number:0{max(4, len(str(frame_count)))}d}" if frame_count > 1 else ""
        return self._folder / f"{self._stem}{frame}.png"

    def remove_all(self) -> None:
        """Remove what was drawn of this instance: one that cannot be decoded to its end has no pictures."""
        for path in self._folder.rglob(f"{self._stem}*.png"):
            path.unlink()


def image_of(deidentified: Deidentified, header: Header) -> Image | None:
    """The image of an instance; None for objects without pixel data. Undecodable if its header makes no sense."""
    if not deidentified.pixel_keyword:
        return None
    format = pixel_format(header, deidentified.transfer_syntax_uid, deidentified.pixel_keyword)
    return Image(
        format,
        stored_format(format),
        ImageAttributes(header, format),
        decoder_name(format),
        is_direct(format, deidentified.pixels.length),
    )


def reason_not_to_draw(sop_class_uid: str, view: View) -> str:
    """Why this kind of object gets no PNG unless a window is asked for; empty for pictures."""
    kind = ON_REQUEST.get(sop_class_uid, "")
    kinds = {choice.kind for choice in view.windows}
    if not kind or view.is_raw or kinds & DRAWS_ANYTHING or ("labels" in kinds and sop_class_uid in LABELLED):
        return ""
    if sop_class_uid in LABELLED:
        return f"{kind} is no picture; --window labels draws it in the colours of its segments, --window auto in grey"
    return f"{kind} is no picture; --window auto draws it"


def work_on(picture: Picture, compression: Compression) -> Worked:
    """A frame encoded for the container, with its extremes, and drawn where its window is known already."""
    encoded = encode_frame(picture.raw, compression, picture.before)
    extremes = value_range(picture.raw, picture.format, picture.attributes)
    reasons = {view.name: _draw_now(picture, view) for view in picture.views}
    not_drawn = {name: reason for name, reason in reasons.items() if reason}
    return Worked((encoded, picture.format, picture.attributes, extremes), not_drawn)


def _draw_now(picture: Picture, view: View) -> str:
    """Draw a frame unless it has to wait; why there is no such picture of it, empty if there is or will be."""
    if view.waits(picture.format, picture.attributes):
        return view.missing(picture.format, picture.attributes)
    return draw_or_say(picture, view, None)


def draw_or_say(picture: Picture, view: View, series_range: tuple[float, float] | None) -> str:
    """Write a frame's PNG; or why there cannot be one."""
    try:
        draw(picture, view, series_range)
    except Undecodable as error:
        return str(error)
    return ""


def draw(picture: Picture, view: View, series_range: tuple[float, float] | None) -> None:
    """Write a frame's PNG, and note the digest of its pixels. Undecodable if there cannot be one."""
    look = shown(picture.format, picture.attributes, view, series_range)
    image, spacing = _image(picture, look), picture.attributes.pixel_spacing
    if square := view.square(picture.format):
        image, spacing = square.resampled(image), square.spacing(spacing) if spacing else None
    name = picture.path.name
    picture.origin.digests[view.name, name] = png.pixel_sha256(image)
    key = key_chunk(name, picture.origin, picture.frame_number, picture.format, look)
    view.place(picture.path).write_bytes(png.encode(image, spacing, key))


def _image(picture: Picture, look: Shown) -> NDArray[Any]:
    """A frame's picture with the rows and columns of the frame."""
    if look.view.is_raw:
        return raw_samples(picture.raw, picture.format)
    depth = look.view.depth
    if len(look.vois) > 1:
        channels = [voi for voi in look.vois if isinstance(voi, Window | LookupTable)]
        return render_stack(picture.raw, picture.format, picture.attributes, channels, depth=depth)
    voi = look.vois[0] if look.vois else None
    return render(picture.raw, picture.format, picture.attributes, voi, depth=depth)


def shown(
    format: PixelFormat, attributes: FrameAttributes, view: View, series_range: tuple[float, float] | None
) -> Shown:
    """How a frame is shown in a view. Undecodable if it lacks the window."""
    square = view.square(format)
    windows = () if is_colour(format) else view.windows
    return Shown(
        view,
        tuple(resolve(choice, attributes, format, series_range) for choice in windows),
        sample_offset(format) if view.is_raw else None,
        square.png_to_stored if square else IDENTITY,
    )
