"""The frames of containers as a map-style data set, such as torch's DataLoader takes; torch itself is not needed."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import FrameKey
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.container.set_faults import OTHER_CONTAINER
from dicomconv.container.stack import Stack
from dicomconv.errors import UsageError, VerificationFailed
from dicomconv.frame_image import image_of_frame, range_of_series
from dicomconv.pipeline.found import PathLike, as_paths, find_containers
from dicomconv.render import parse_window

MOST_OPEN = 64  # containers at a time: each takes a file descriptor
Sample = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stack of a container: where its first frame stands in the data set, and whether the set is in the container."""

    path: Path
    stack: int
    has_set: bool


class _Opened:
    """A container that is open in this process, and what is read of it once."""

    def __init__(self, path: Path, annotations: str | None) -> None:
        self.container = open_container(path)
        self.range = range_of_series(self.container)
        self.set = self.container.annotations.get(annotations) if annotations else None
        self.seen: frozenset[FrameKey] = self.set.seen if self.set else frozenset()


class SliceDataset:
    """Frame by frame: `len(dataset)` and `dataset[i]`, a dict.

    `containers`: paths of containers or of folders of them, or open containers. Frames come in the order of containers,
    stacks, frames. `window`: as of `dicomconv render --window`, for uint8 pictures; None for modality values (HU for CT) as
    float32. `annotations`: the name of a set. `transform`: takes the dict, and gives what `dataset[i]` gives.

    Keys: `image` (rows, columns) float32, or uint8 with a window; colour always (rows, columns, 3) uint8. With
    `annotations` besides: `labelmap` (rows, columns), uint8, or int32 if any label is more than 255; `annotated`: whether
    the annotator had this frame before them: if not, the map is zero and means nothing. `sop_instance_uid`;
    `frame_number` in its instance, 1-based; `stack` and `frame`, its place in the container, 0-based;
    `container`, its path, and `container_uuid`.

    It can be pickled; each process opens files for itself when it needs them, and no more than 64 at a time.
    """

    def __init__(
        self,
        containers: PathLike | Iterable[PathLike],
        *,
        window: str | None = None,
        annotations: str | None = None,
        transform: Callable[[Sample], Any] | None = None,
    ) -> None:
        self.paths = tuple(find_containers(as_paths(containers)))
        self.annotations, self.transform = annotations, transform
        self._window = None if window is None else parse_window(window)
        self._open: OrderedDict[Path, _Opened] = OrderedDict()
        self._parts, lengths, dtypes = list[_Part](), list[int](), set[np.dtype[Any]]()
        others: set[str] = set()
        for path in self.paths:
            with open_container(path) as container:
                found = _checked(container, annotations)
                others.update(container.annotations)
                dtypes.update(one.dtype for one in found.labelmaps) if found else None
                self._parts += [_Part(path, stack, found is not None) for stack in range(len(container.stacks))]
                lengths += [len(stack) for stack in container.stacks]
        if annotations is not None and annotations not in others:
            raise UsageError(
                f"none of the containers has an annotation set {annotations}; there are: {', '.join(sorted(others)) or 'none'}"
            )
        self._ends = list(accumulate(lengths))
        self.labelmap_dtype: np.dtype[Any] = np.dtype(np.int32 if any(one.itemsize > 1 for one in dtypes) else np.uint8)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> Any:
        place = range(len(self))[index]
        part = self._parts[number := bisect_right(self._ends, place)]
        sample = self._sample(part, place - (self._ends[number - 1] if number else 0))
        return self.transform(sample) if self.transform else sample

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_open": OrderedDict()}

    def __repr__(self) -> str:
        return f"<SliceDataset of {len(self)} frames in {len(self.paths)} containers>"

    def close(self) -> None:
        """Close the files that are open in this process; they are opened again when they are needed."""
        while self._open:
            self._open.popitem()[1].container.close()

    def _opened(self, path: Path) -> _Opened:
        """A container that is open in this process; the one that was not used for longest is closed for it."""
        if path not in self._open:
            if len(self._open) >= MOST_OPEN:
                self._open.popitem(last=False)[1].container.close()
            self._open[path] = _Opened(path, self.annotations)
        self._open.move_to_end(path)
        return self._open[path]

    def _sample(self, part: _Part, frame: int) -> Sample:
        opened = self._opened(part.path)
        stack = opened.container.stacks[part.stack]
        instance = opened.container.instances[int(stack.column("instance")[frame])]
        sample: Sample = {"image": image_of_frame(stack, frame, self._window, opened.range)}
        if self.annotations is not None:
            sample["labelmap"] = self._labelmap(opened.set, stack, frame)
            sample["annotated"] = FrameKey(part.stack, frame) in opened.seen
        return sample | {
            "sop_instance_uid": instance.sop_instance_uid,
            "frame_number": int(stack.column("frame_number")[frame]),
            "stack": part.stack,
            "frame": frame,
            "container": str(part.path),
            "container_uuid": opened.container.container_uuid,
        }

    def _labelmap(self, found: StoredSet | None, stack: Stack, frame: int) -> NDArray[Any]:
        if found is None:
            return np.zeros((stack.format.rows, stack.format.columns), self.labelmap_dtype)
        values: NDArray[Any] = found.labelmaps[stack.index][frame].astype(self.labelmap_dtype)
        return values


def _checked(container: Container, annotations: str | None) -> StoredSet | None:
    """The set of a container, if it has one of this name. VerificationFailed if it is of another container."""
    found = container.annotations.get(annotations) if annotations is not None else None
    if found and not found.is_of_this_container:
        raise VerificationFailed(str(container.path), (f"annotations/{found.name}: {OTHER_CONTAINER}",))
    return found
