"""Two annotation sets of containers compared, label by label: on each slice, and over each stack."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicomconv.agreement import Distances, Mask, Overlap, Points, boundary, directed_mm, distances, overlap
from dicomconv.annotation import FrameKey
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.container.set_faults import OTHER_CONTAINER
from dicomconv.container.set_frames import regions_of
from dicomconv.container.stack import Stack
from dicomconv.errors import UsageError, VerificationFailed
from dicomconv.pipeline.found import PathLike, as_paths, find_containers

Masks = dict[str, Mask]  # by the name of the label
Directed = tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]  # from A to B, from B to A


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two sets agree on a label: on one slice, or where `frame` is None over a stack.

    `measured`: of distances, `slice` in the plane of one slice; `volume` in space; `slices` over a stack that is no
    regular volume, those of all its slices together; empty where there are none, as one of the sets has no such pixel
    there or the spacing of pixels is not known.
    """

    label: str
    stack: int
    frame: int | None
    sop_instance_uid: str
    frame_number: int | None
    overlap: Overlap
    distances: Distances | None
    measured: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of one container. `frames`: how many both have seen; `only_a`, `only_b`: how many one alone."""

    path: Path
    container_uuid: str
    frames: int
    only_a: int
    only_b: int
    volumes: tuple[Agreement, ...]
    slices: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """All comparisons, and the containers that lack one of the sets."""

    comparisons: tuple[Comparison, ...]
    lacking: tuple[Path, ...]


def compare(paths: PathLike | Iterable[PathLike], a: str, b: str) -> Compared:
    """Compare two sets in every container that has both. UsageError if none has."""
    comparisons, lacking, there = list[Comparison](), list[Path](), set[str]()
    for path in find_containers(as_paths(paths)):
        with open_container(path) as container:
            there.update(container.annotations)
            if a in container.annotations and b in container.annotations:
                comparisons.append(_compared(container, a, b))
            else:
                lacking.append(path)
    if not comparisons:
        sets = ", ".join(sorted(there)) or "none"
        raise UsageError(f"no container has both annotation sets, {a} and {b}; there are: {sets}")
    return Compared(tuple(comparisons), tuple(lacking))


def _compared(container: Container, a: str, b: str) -> Comparison:
    sets = container.annotations[a], container.annotations[b]
    for one in sets:
        if not one.is_of_this_container:
            raise VerificationFailed(str(container.path), (f"annotations/{one.name}: {OTHER_CONTAINER}",))
    seen_a, seen_b = sets[0].seen, sets[1].seen
    both, volumes, slices = seen_a & seen_b, list[Agreement](), list[Agreement]()
    for stack in container.stacks:
        work = _StackComparison(container, stack, sets, {key.frame for key in both if key.stack == stack.index})
        slices += work.slices()
        volumes += work.volumes()
    return Comparison(
        container.path,
        container.container_uuid,
        len(both),
        len(seen_a - both),
        len(seen_b - both),
        tuple(volumes),
        tuple(slices),
    )


@dataclass(slots=True)
class _Total:
    """What adds up to a label of a stack: of each set the boundary points in space, or the distances slice by slice."""

    overlap: Overlap = field(default_factory=Overlap)
    points: tuple[list[Points], list[Points]] = field(default_factory=lambda: ([], []))
    directed: Directed = field(default_factory=lambda: ([], []))


class _FrameMasks:
    """The masks of one set on the frames of a stack, by the name of their label."""

    def __init__(self, one: StoredSet, stack: int) -> None:
        self._stack, self._labelmap, self._overlaps = stack, one.labelmaps[stack], one.overlaps_of(stack)
        self._names = {label.value: label.name for label in one.labels}
        self._drawn = {key.frame for key in one.drawn if key.stack == stack}

    def __call__(self, frame: int) -> Masks:
        """Those of one frame; labels that are not on it have none."""
        if frame not in self._drawn:
            return {}
        regions = regions_of(FrameKey(self._stack, frame), self._labelmap[frame], self._overlaps.get(frame, ()))
        return {self._names[region.label]: region.mask for region in regions}


class _StackComparison:
    """Two sets on one stack, frame by frame: of each set three frames are in memory at a time."""

    def __init__(
        self, container: Container, stack: Stack, sets: tuple[StoredSet, StoredSet], frames: set[int]
    ) -> None:
        self._container, self._stack, self._frames = container, stack, frames
        self._masks = tuple(_FrameMasks(one, stack.index) for one in sets)
        names = [label.name for one in sets for label in one.labels]
        self._totals = {name: _Total() for name in dict.fromkeys(names)}
        self._affine = stack.affine_lps if len(stack) > 1 else None
        self._outside: Mask = np.zeros((stack.format.rows, stack.format.columns), np.bool_)

    def slices(self) -> Iterator[Agreement]:
        """Each label that one of the sets has on a slice that both have seen."""
        around: dict[int, tuple[Masks, Masks]] = {}
        for frame in sorted(self._frames):
            wanted = [one for one in (frame - 1, frame, frame + 1) if one in self._frames]
            around = {one: around[one] if one in around else self._read(one) for one in wanted}
            a, b = around[frame]
            for name in self._totals:
                if name in a or name in b:
                    yield self._slice(name, frame, around)

    def _read(self, frame: int) -> tuple[Masks, Masks]:
        return self._masks[0](frame), self._masks[1](frame)

    def _slice(self, name: str, frame: int, around: dict[int, tuple[Masks, Masks]]) -> Agreement:
        a, b = (masks.get(name, self._outside) for masks in around[frame])
        total, common = self._totals[name], overlap(a, b)
        total.overlap += common
        to_b, to_a = self._in_plane(a, b, frame)
        if self._affine is not None:
            for number, mask in enumerate((a, b)):
                before, behind = (self._neighbour(name, one, number, around) for one in (frame - 1, frame + 1))
                total.points[number].append(_in_space(boundary(mask, before, behind), frame, self._affine))
        else:
            total.directed[0].extend(to_b)
            total.directed[1].extend(to_a)
        found = distances(to_b, to_a)
        instance = int(self._stack.frames["instance"][frame])
        uid, number = self._container.instances[instance].sop_instance_uid, self._stack.frames["frame_number"][frame]
        return Agreement(
            name, self._stack.index, frame, uid, int(number), common, found, "slice" if found else ""
        )

    def _neighbour(
        self, name: str, frame: int, number: int, around: dict[int, tuple[Masks, Masks]]
    ) -> Mask | None:
        """The mask of the next slice; None if it was not seen: where nothing is known, there is no boundary."""
        if frame in around:
            return around[frame][number].get(name, self._outside)
        return None if 0 <= frame < len(self._stack) else self._outside

    def _in_plane(self, a: Mask, b: Mask, frame: int) -> Directed:
        """The distances between two boundaries on one slice; none if one is empty, or the spacing is not known."""
        spacing = np.asarray(self._stack.frames["pixel_spacing"][frame], np.float64)
        if not np.isfinite(spacing).all() or not a.any() or not b.any():
            return [], []
        points = [np.argwhere(boundary(one)) * spacing for one in (a, b)]
        return [directed_mm(points[0], points[1])], [directed_mm(points[1], points[0])]

    def volumes(self) -> Iterator[Agreement]:
        """Each label of the sets over all slices of the stack that both have seen; after `slices`."""
        if not self._frames:
            return
        for name, total in self._totals.items():
            to_b, to_a = total.directed if self._affine is None else _between(*total.points)
            found, how = distances(to_b, to_a), "slices" if self._affine is None else "volume"
            yield Agreement(name, self._stack.index, None, "", None, total.overlap, found, how if found else "")


def _in_space(mask: Mask, frame: int, affine: NDArray[np.float64]) -> Points:
    """The centres of pixels in mm: (n, 3)."""
    rows, columns = np.nonzero(mask)
    places = np.stack([columns, rows, np.full(len(rows), frame)], axis=1)
    found: Points = places @ affine[:3, :3].T + affine[:3, 3]
    return found


def _between(a: list[Points], b: list[Points]) -> Directed:
    """The distances between two boundaries in space; none if one is empty."""
    first, second = (np.concatenate([np.empty((0, 3)), *points]) for points in (a, b))
    if not len(first) or not len(second):
        return [], []
    return [directed_mm(first, second)], [directed_mm(second, first)]
