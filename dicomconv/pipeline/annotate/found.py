"""Finds the frame that an annotation file means: by name, by the picture's own chunk, by the digest of its pixels."""

import io
import json
import re
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from dicomconv.annotations.drawn import PictureRef
from dicomconv.pipeline.annotate.frames import Frames
from dicomconv.pipeline.annotate.records import Found, Frame, Misfit, Size, quoted, scaled, size_of
from dicomconv.pipeline.annotate.tables import Tables, matrix_of
from dicomconv.pipeline.picture_key import KEYWORD
from dicomconv.pixels.picture_read import decoded, digests, texts
from dicomconv.pixels.square import IDENTITY, Matrix

_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")


class Finder:
    """Which frame is meant. `folders`: where pictures lie, besides the folder of the annotation file."""

    def __init__(
        self, frames: Frames, tables: Tables, folders: Sequence[Path] = (), *, allow_resampled: bool = False
    ) -> None:
        self._frames, self._tables = frames, tables
        self._folders, self._allow_resampled = tuple(folders), allow_resampled
        self.find = cache(self._find)  # a picture is drawn on more than once

    def _find(self, picture: PictureRef, folder: Path) -> Found:
        """The frame that a picture shows, and how. Misfit if there is none, or several, or its size is another."""
        if picture.sop_instance_uid:
            return self._of_instance(picture)
        beside = list(self._beside(picture.name, folder))
        key = next((key for path in beside if (key := _key(path))), None)
        told = self._of_key(key) if key else set()
        named = self._named(picture.name)
        if named and told and not named & told:
            raise Misfit(f"{quoted(picture.name)} has the name of one slice, and says of itself that it is another")
        frames = (named & told or named) or told
        size = picture.size or (_size(beside[0]) if beside else None)
        if frames:
            matrix = matrix_of(key.get("png_to_stored")) if key and told else None
            return self._sized(_only(frames, picture), size, matrix)
        found = next((one for path in beside if (one := self._by_digest(path, picture))), None)
        if found is None:
            raise Misfit(f"no slice here is {quoted(picture.name)}, by its name or by a picture of that name")
        return self._fitting(found, size)

    def _of_instance(self, picture: PictureRef) -> Found:
        """The frame of an instance that DICOM itself refers to."""
        frames = self._frames.by_instance.get((picture.sop_instance_uid, picture.frame_number), set())
        if not frames:
            raise Misfit(
                f"it refers to frame {picture.frame_number} of SOP Instance UID {picture.sop_instance_uid[:64]}, "
                "which no container here has"
            )
        return self._sized(_only(frames, picture), picture.size, IDENTITY)

    def _named(self, name: str) -> set[Frame]:
        """The frames whose picture has this name, whatever its ending and its folder."""
        file = PurePosixPath(name).name
        for stem in dict.fromkeys((PurePosixPath(file).stem, file, PurePosixPath(_UPLOAD.sub("", file)).stem)):
            if found := self._tables.by_stem.get(stem) or self._frames.by_stem.get(stem):
                return found
        return set()

    def _beside(self, name: str, folder: Path) -> Iterator[Path]:
        """The picture itself, where it lies as the annotation file says, beside that, or in a folder of pictures."""
        relative = PurePosixPath(name)
        paths = (path for top in (folder, *self._folders) for path in (top / relative, top / relative.name))
        yield from dict.fromkeys(path for path in paths if relative.name and path.is_file())

    def _of_key(self, key: dict[str, Any]) -> set[Frame]:
        uuid, uid, number = (key.get(name) for name in ("container_uuid", "sop_instance_uid", "frame_number"))
        if not (isinstance(uuid, str) and isinstance(uid, str) and isinstance(number, int)):
            return set()
        return self._frames.of(uuid, (uid, number))

    def _by_digest(self, path: Path, picture: PictureRef) -> Found | None:
        """The picture whose pixels these are. Misfit if several have them, or they are all one colour."""
        data = path.read_bytes()
        try:
            found = set().union(*(self._tables.by_digest.get(one, set()) for one in digests(data)))
            is_blank = bool(found) and (pixels := decoded(data)).min() == pixels.max()
        except ValueError:
            return None
        if len({one.frame for one in found}) > 1 or is_blank:
            raise Misfit(f"the pixels of {quoted(picture.name)} are blank or those of several slices: they tell nothing")
        return next(iter(found), None)

    def _sized(self, frame: Frame, size: Size | None, matrix: Matrix | None) -> Found:
        """A frame under a picture of this size, or under the only one that there is."""
        known = {frame.size: IDENTITY, **self._tables.sizes.get(frame, {})}
        if matrix is not None:
            told = size_of(matrix, frame.columns, frame.rows)
            if told is None:
                raise Misfit("the picture says that it is a part of its slice, or turned; such pictures are not taken")
            return self._fitting(Found(frame, told, matrix), size)
        if size in known:
            return Found(frame, size, known[size])
        drawn = self._tables.sizes.get(frame) or known
        if size is None and len(drawn) > 1:
            raise Misfit("there are pictures of several sizes of this slice, and the file does not say which it means")
        shape = frame.size if size is None else size
        nearest = min(drawn, key=lambda one: abs(one[0] / one[1] - shape[0] / shape[1]))
        return self._fitting(Found(frame, nearest, drawn[nearest]), size)

    def _fitting(self, found: Found, size: Size | None) -> Found:
        """Misfit if the picture was scaled or cropped, unless that is allowed."""
        if size in (None, found.size):
            return found
        if not self._allow_resampled:
            raise Misfit(
                f"the picture is {found.size[0]} x {found.size[1]} pixels (columns x rows), and was drawn on as "
                f"{size[0]} x {size[1]}: scaled or cropped; --allow-resampled takes it as scaled"
            )
        return scaled(found, size)


def _only(frames: set[Frame], picture: PictureRef) -> Frame:
    if len(frames) > 1:
        what = quoted(picture.name) if picture.name else "the instance"
        raise Misfit(f"{what} is a frame of {len(frames)} containers or series here; import --into one of them")
    return next(iter(frames))


def _key(path: Path) -> dict[str, Any] | None:
    """What a picture says of itself; None if it says nothing."""
    for keyword, text in texts(path.read_bytes()):
        if keyword == KEYWORD:
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):
                continue
            return found if isinstance(found, dict) else None
    return None


def _size(path: Path) -> Size | None:
    """Columns and rows of a picture file; None if it is none."""
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, struct.error):
        return None
