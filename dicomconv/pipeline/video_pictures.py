"""The frames of a video as PNGs; they are in no stack, so that they are drawn from the stream itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dicomconv.container.instance_frames import InstanceFrames, KeptPixels
from dicomconv.container.reader import Container
from dicomconv.errors import Undecodable
from dicomconv.model import Span
from dicomconv.pipeline.draw import Names, Picture, draw
from dicomconv.pipeline.ffmpeg import Video, installed
from dicomconv.pipeline.names import digits
from dicomconv.pipeline.picture_key import Origin
from dicomconv.pipeline.views import View
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.pixels.decode import is_video
from dicomconv.pixels.read import ImageAttributes
from dicomconv.preface import EXPLICIT_SYNTAX
from dicomconv.workers import heartbeat

BATCH_BYTES = 1 << 26  # of frames that are drawn at a time
NO_FRAMES = "ffmpeg finds no frame of Columns x Rows in the video"


@dataclass(frozen=True, slots=True, eq=False)
class DrawnVideo:
    """What became of a video: the format and meaning of its frames, how many have a PNG, what there is to say."""

    format: PixelFormat
    attributes: FrameAttributes
    count: int
    decoder: str
    note: str = ""

    def frames(self) -> list[tuple[PixelFormat, FrameAttributes]]:
        """Of each frame that has a PNG, what it is."""
        return [(self.format, self.attributes)] * self.count

    def facts(self) -> dict[str, object]:
        """What its row of the manifest has."""
        return {"decoder": self.decoder, **({"video": self.note} if self.note else {})}


def reason_not_to_draw_video() -> str:
    """Why no video can be drawn here; empty if one can."""
    try:
        installed()
    except Undecodable as error:
        return str(error)
    return ""


def draw_video(
    format: PixelFormat, attributes: ImageAttributes, value: Span, names: Names, views: tuple[View, ...]
) -> DrawnVideo:
    """Draw the frames of a video in each view, under the names of a multi-frame object's. Undecodable if there are none."""
    program, claimed = installed(), format.number_of_frames
    video, of_frames, meaning = Video(format, value, program), _format_of_frames(format), attributes.frame(1)
    batch = max(1, BATCH_BYTES // (3 * format.rows * format.columns))

    def write(numbered: tuple[int, NDArray[Any]]) -> None:
        picture = Picture(numbered[1], of_frames, meaning, names.path(numbered[0], claimed), views, names.origin, numbered[0])
        for view in views:
            draw(picture, view, None)

    count, frames = 0, enumerate(video, 1)
    try:
        with ThreadPoolExecutor(2) as threads:
            while waiting := list(islice(frames, batch)):
                heartbeat.beat()
                count += len(list(threads.map(write, waiting)))
    except Undecodable:
        names.remove_all()
        raise
    if not count:
        raise Undecodable(NO_FRAMES)
    return DrawnVideo(of_frames, meaning, count, f"ffmpeg {program.version}", _note(claimed, count, video.has_more))


def _note(claimed: int, count: int, has_more: bool) -> str:
    """What there is to say where Number of Frames is not how many there are."""
    if has_more:
        return f"it has more frames than NumberOfFrames says; the first {count} are drawn"
    return f"it has {count} frames, and NumberOfFrames says {claimed}" if count < claimed else ""


def _format_of_frames(format: PixelFormat) -> PixelFormat:
    """The format of the arrays that frames are."""
    return replace(
        format,
        samples_per_pixel=3,
        photometric_interpretation="RGB",
        planar_configuration=0,
        bits_allocated=8,
        bits_stored=8,
        high_bit=7,
        pixel_representation=0,
        transfer_syntax_uid=EXPLICIT_SYNTAX,
    )


def videos_of(
    container: Container, folder: Path, views: tuple[View, ...], digests: dict[tuple[str, str], str]
) -> Iterator[tuple[int, str, int, DrawnVideo]]:
    """The videos of a container, drawn into a folder: instance, file, frame number and video of each PNG."""
    for instance in container.instances:
        if not is_video(instance.transfer_syntax_uid):
            continue
        origin = Origin(container.container_uuid, instance.sop_instance_uid, digests)
        names = Names(folder, container.folder.name or "frame", instance.index + 1, digits(len(container)), origin)
        frames = InstanceFrames(container, instance.index)
        try:
            format = frames.encoded_format
            attributes, value = ImageAttributes(frames.header, format), KeptPixels(container, instance.index).span
            video = draw_video(format, attributes, value, names, views)
        except Undecodable:
            continue  # what convert could not draw either: its row of the manifest says why
        for number in range(1, video.count + 1):
            yield instance.index, names.path(number, format.number_of_frames).name, number, video
