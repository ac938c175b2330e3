"""Instances on their way into a container: what is to be drawn of each, and its frames' work handed to threads."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TypeVar

from dicomconv.container.rebuild import HeaderRead, header_place, read_header_beside
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.pipeline.draw import Image, Names, Worked, image_of, reason_not_to_draw, work_on
from dicomconv.pipeline.instances import Instance
from dicomconv.pipeline.plan import Compression
from dicomconv.pipeline.video_pictures import reason_not_to_draw_video
from dicomconv.pipeline.views import View
from dicomconv.pixels.decode import is_video
from dicomconv.pixels.tiling import is_slide, without_tiles
from dicomconv.workers import heartbeat

T = TypeVar("T")
TILES = "the tiles of a slide stay tiles; `dicomconv render CONTAINER --level N -o DIR` draws them"
FEW_FRAMES = 16  # instances with no more are worked on several at a time


@dataclass(slots=True)
class Prepared:
    """An instance on its way: its frames' work, in threads already or to come one by one."""

    instance: Instance
    read: HeaderRead
    image: Image | None
    names: Names
    no_png: str
    reasons: dict[str, str]
    views: tuple[View, ...]
    pending: deque["Future[Worked]"] | None = None

    @property
    def header(self) -> Header:
        """The attributes of the de-identified instance."""
        return self.read.header

    def without(self, not_drawn: Mapping[str, str]) -> tuple[View, ...]:
        """The views in which a frame is drawn, short of those in which it turned out that it cannot be."""
        return tuple(view for view in self.views if view.name not in not_drawn) if not_drawn else self.views


def prepared(instance: Instance, names: Names, before: HeaderRead | None, views: tuple[View, ...]) -> Prepared:
    """An instance with what is to be drawn of it. `before`: the header of the one before; `views`: those that were asked for."""
    one = instance.deidentified
    read = read_header_beside(before, *header_place(one))
    header = read.header
    try:
        image, no_png = image_of(one, without_tiles(header) if is_slide(one.sop_class_uid) else header), ""
    except Undecodable as error:
        image, no_png = None, str(error)
    if image is not None and is_slide(one.sop_class_uid):
        image, no_png = (None if one.encapsulated else image), TILES
    elif image is not None and is_video(one.transfer_syntax_uid):
        no_png = reason_not_to_draw_video()
    no_png = no_png or ("no pixel data" if image is None else "")
    asked = () if no_png else views
    reasons = {view.name: reason for view in asked if (reason := reason_not_to_draw(one.sop_class_uid, view))}
    drawn = tuple(view for view in asked if view.name not in reasons)
    return Prepared(instance, read, image, names, no_png, reasons, drawn)


def submitted(one: Prepared, threads: Executor, compression: Compression) -> Iterator["Future[Worked]"]:
    """Each frame's work handed to the threads; an undecodable one is a future that says so."""
    if one.image is None or is_video(one.image.format.transfer_syntax_uid):
        return
    try:
        for picture in one.image.pictures(one.instance.deidentified, one.names, one.views):
            heartbeat.beat()
            yield threads.submit(work_on, picture, compression)
    except Undecodable as error:
        failed: Future[Worked] = Future()
        failed.set_exception(error)
        yield failed


def ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """The same items, `count` of them taken before they are wanted, so that threads have work meanwhile."""
    taken: deque[T] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > count:
            yield taken.popleft()
    yield from taken
