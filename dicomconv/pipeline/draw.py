"""The frames of one instance: decoded, encoded for the container, and drawn as PNG; the part that runs in threads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from dicomconv.container.chunks import Compression, encode_frame
from dicomconv.container.frames import PackedFrame
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.model import Deidentified
from dicomconv.pixels import png
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat, Voi
from dicomconv.pixels.decode import decoder_name, frames, is_direct, stored_format
from dicomconv.pixels.read import ImageAttributes, pixel_format
from dicomconv.render import WindowChoice, needs_range, render, resolve, value_range

# What holds labels, doses or parameters rather than a picture: drawn when a window is asked for, not by default
ON_REQUEST = {
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "a label map",
    "1.2.840.10008.5.1.4.1.1.66.8": "a height map",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
    "1.2.840.10008.5.1.4.1.1.481.2": "a dose grid",
}
LABELLED = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How PNGs are drawn."""

    choice: WindowChoice
    depth: Literal[8, 16]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame of one instance with what it takes to draw it; `path`: where its PNG goes, None for none."""

    raw: NDArray[Any] = field(repr=False)
    format: PixelFormat
    attributes: FrameAttributes
    path: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """The image of an instance: how it is laid out, and what its frames mean."""

    format: PixelFormat
    stored: PixelFormat
    attributes: ImageAttributes
    decoder: str
    direct: bool

    def pictures(self, deidentified: Deidentified, names: "Names") -> Iterator[Picture]:
        """Its frames, decoded one by one. Undecodable as soon as one cannot be."""
        for number, raw in enumerate(frames(self.format, deidentified.pixels), 1):
            path = names.path(number, self.format.number_of_frames)
            yield Picture(raw, self.stored, self.attributes.frame(number), path)


class Names:
    """Where the PNGs of one instance go; None for each if there are to be none."""

    def __init__(self, folder: Path | None, series: str, instance_number: int, digits: int):
        self._folder, self._stem = folder, f"{series}_{instance_number:0{digits}d}"

    def path(self, frame_number: int, frame_count: int) -> Path | None:
        """`<series>_0001.png`, for multi-frame instances `<series>_0001_0001.png`."""
        if self._folder is None:
            return None
        frame = f"_{frame_number:0{max(4, len(str(frame_count)))}d}" if frame_count > 1 else ""
        return self._folder / f"{self._stem}{frame}.png"

    def remove_all(self) -> None:
        """Remove what was drawn of this instance: one that cannot be decoded to its end has no pictures."""
        for path in self._folder.glob(f"{self._stem}*.png") if self._folder else ():
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


def reason_not_to_draw(sop_class_uid: str, choice: WindowChoice) -> str:
    """Why this kind of object gets no PNG unless a window is asked for; empty for pictures."""
    kind = ON_REQUEST.get(sop_class_uid, "")
    if choice.kind == "file" and sop_class_uid in LABELLED:
        return f"{kind} is no picture; --window labels draws it in the colours of its segments, --window auto in grey"
    if choice.kind == "file" or (choice.kind == "labels" and sop_class_uid not in LABELLED):
        return f"{kind} is no picture; --window auto draws it" if kind else ""
    return ""


def work_on(picture: Picture, drawing: Drawing, compression: Compression) -> PackedFrame:
    """A frame encoded for the container, with its extremes, and drawn if its window is known already."""
    encoded = encode_frame(picture.raw, compression)
    extremes = value_range(picture.raw, picture.format, picture.attributes)
    if picture.path and not waits(picture.format, picture.attributes, drawing.choice):
        draw(picture, drawing, None)
    return encoded, picture.format, picture.attributes, extremes


def waits(format: PixelFormat, attributes: FrameAttributes, choice: WindowChoice) -> bool:
    """Whether a frame can be drawn only when the range of its whole series is known."""
    is_grey = format.samples_per_pixel == 1 and format.photometric_interpretation != "PALETTE COLOR"
    return is_grey and needs_range(choice, attributes)


def draw(picture: Picture, drawing: Drawing, series_range: tuple[float, float] | None) -> Voi:
    """Write a frame's PNG; the window it was drawn with."""
    voi = resolve(drawing.choice, picture.attributes, picture.format, series_range)
    image = render(picture.raw, picture.format, picture.attributes, voi, depth=drawing.depth)
    if picture.path is None:
        raise Undecodable("a picture without a name cannot be written")
    picture.path.write_bytes(png.encode(image, picture.attributes.pixel_spacing))
    return voi
