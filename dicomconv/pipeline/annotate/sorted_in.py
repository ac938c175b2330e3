"""Sorts what is in annotation files onto the frames of containers, and lists what belongs nowhere."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from dicomconv.annotation import FrameKey, Shape, Tag
from dicomconv.annotations.drawn import Drawn, Fault, Volume
from dicomconv.pipeline.annotate.choices import Labels
from dicomconv.pipeline.annotate.found import Finder
from dicomconv.pipeline.annotate.gathered import Gathered
from dicomconv.pipeline.annotate.onto import cut, region_of, stored_mask, stored_rings
from dicomconv.pipeline.annotate.planes import Planes, is_placed
from dicomconv.pipeline.annotate.readers import Item
from dicomconv.pipeline.annotate.records import Found, Misfit, Problem
from dicomconv.pipeline.annotate.volumes import Grid, matched, planes

MOST_PROBLEMS = 1000  # that are listed; all are counted
_NO_NAME = re.compile(r"(label|segment|class)?[ _-]?\d+", re.IGNORECASE)


class Sorted:
    """What comes onto each container, by its number; `problems`: the first of all `problem_count`."""

    def __init__(
        self, finder: Finder, planes: Planes, labels: Labels, grids: list[Grid], *, allow_resampled: bool
    ) -> None:
        self._finder, self._planes, self._labels, self._grids = finder, planes, labels, grids
        self._allow_resampled = allow_resampled
        self.gathered: dict[int, Gathered] = defaultdict(Gathered)
        self.problems: list[Problem] = []
        self.problem_count = 0

    def take(self, path: Path, items: Iterable[Item], containers: int) -> None:
        """Take everything of one file. `containers`: how many there are."""
        is_empty = True
        for item in items:
            is_empty = False
            try:
                if isinstance(item, Fault):
                    raise Misfit(item.reason)
                if isinstance(item, Volume):
                    self._take_volume(item, path.name)
                elif is_placed(item):
                    self._take_drawn(item, self._planes.find(item))
                elif item.picture is None:
                    self._take_series_tag(item, containers)
                else:
                    self._take_drawn(item, self._finder.find(item.picture, path if path.is_dir() else path.parent))
            except Misfit as misfit:
                self._problem(Problem(path.name, item.place, misfit.reason))
        if is_empty:
            self._problem(Problem(path.name, "", "nothing is drawn in it, and no picture is named"))

    def _problem(self, problem: Problem) -> None:
        self.problem_count += 1
        if self.problem_count <= MOST_PROBLEMS:
            self.problems.append(problem)

    def _take_drawn(self, drawn: Drawn, found: Found) -> None:
        """One thing on one picture."""
        into, key = self.gathered[found.frame.container], found.frame.key
        into.seen.add(key)
        if drawn.is_seen_only:
            return
        drawn = self._planes.placed(drawn, found)
        label = self._labels.find(drawn.label, drawn.coded).value
        if drawn.mask is not None:
            into.add_mask(key, label, stored_mask(drawn, found))
        elif drawn.rings:
            rings, kind = stored_rings(drawn, found), drawn.kind or "polygon"
            if kind == "polygon":
                into.add_mask(key, label, region_of(rings, found))
            into.shapes.append(Shape(key, label, kind, cut(rings, kind, found), drawn.object))
        else:
            into.tags[Tag(key, label)] = None

    def _take_series_tag(self, drawn: Drawn, containers: int) -> None:
        """A label of everything."""
        if containers > 1:
            raise Misfit(f"it is about a whole series, and there are {containers} here; import --into one of them")
        self.gathered[0].tags[Tag(None, self._labels.find(drawn.label).value)] = None

    def _take_volume(self, volume: Volume, file: str) -> None:
        """The voxels of each label, frame by frame."""
        match = matched(volume, file, self._grids, allow_resampled=self._allow_resampled)
        into, stack = self.gathered[match.grid.container], match.grid.stack
        values: dict[tuple[int, int], int] = {}
        count = 0
        for layer, frame, plane in planes(volume, match):
            key = FrameKey(stack, frame)
            into.seen.add(key)
            for value in np.unique(plane).tolist():
                if value:
                    count += 1
                    if (layer, value) not in values:
                        values[layer, value] = self._value(volume, layer, value)
                    into.add_mask(key, values[layer, value], plane == value)
        if not count and volume.values.any():
            raise Misfit("it covers no voxel of the stack")

    def _value(self, volume: Volume, layer: int, value: int) -> int:
        """The value of the label that a voxel means: by the name that the file gives it, else by its value."""
        name = volume.names.get((layer, value), "")
        return self._labels.find(value if not name or _NO_NAME.fullmatch(name) else name).value
