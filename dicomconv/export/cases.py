"""The cases of a data set of volumes: a series each, or the series of a study that the user's table calls its channels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

import numpy as np

from dicomconv.container.reader import open_container
from dicomconv.container.uniform import uniform
from dicomconv.export.layout import Export
from dicomconv.export.left_out import LeftOut
from dicomconv.export.rows import Row
from dicomconv.export.volume_files import label_frames
from dicomconv.export.volume_losses import as_they_are
from dicomconv.export.volumes import Volume

COLUMN = "channel"
Part = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is one thing to learn from. `key`: a pseudonym; `names`: of its channels, empty for a single series.

    `part`: of the split, empty without. `drawn`: the channel that the annotation set is on.
    """

    key: str
    channels: tuple[Volume, ...] = field(repr=False)
    names: tuple[str, ...] = ()
    part: str = ""
    drawn: Volume | None = field(default=None, repr=False)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The frames of all its channels."""
        return tuple(row for one in self.channels for row in one.rows)

    @property
    def first(self) -> Row:
        """A frame of it: patient, study and split are the same for all."""
        return self.channels[0].rows[0]


def column_of(export: Export) -> str:
    """The column of the user's table that says which channel a series is; empty without."""
    return next((name for name in export.label_names if name.casefold() == COLUMN), "")


def single(volumes: Iterable[Volume]) -> list[Case]:
    """A case for each volume."""
    return [Case(one.key, (one,), (), one.rows[0].split, one if one.labelled else None) for one in volumes]


def of_studies(volumes: Iterable[Volume], column: str, names: Sequence[str], left_out: LeftOut) -> list[Case]:
    """A case for each study that has one series for each of these channels, all on one grid; others are left out."""
    studies: dict[str, list[Volume]] = {}
    for one in volumes:
        if channel_of(one, column) in names:
            studies.setdefault(one.rows[0].study_instance_uid, []).append(one)
        else:
            left_out.add(f"the column {column} of the table does not say which of {', '.join(names)} its series is", one.rows)
    found = [_case(study, of_study, column, names) for study, of_study in studies.items()]
    for case, of_study in zip(found, studies.values(), strict=True):
        if isinstance(case, str):
            left_out.add(case, [row for one in of_study for row in one.rows])
    return [case for case in found if isinstance(case, Case)]


def channel_names(volumes: Iterable[Volume], column: str) -> list[str]:
    """The channels that the table names, by name."""
    return sorted({name for one in volumes if (name := channel_of(one, column))})


def channel_of(volume: Volume, column: str) -> str:
    """The channel that a volume is by the table, which may say so of any of its slices; empty if it does not."""
    return next((name for row in volume.rows if (name := row.label(column).strip().casefold())), "")


def _case(study: str, volumes: list[Volume], column: str, names: Sequence[str]) -> Case | str:
    """A case, or why the study is none."""
    by_name: dict[str, Volume] = {}
    for one in volumes:
        name = channel_of(one, column)
        if by_name.setdefault(name, one) is not one:
            return f"two series of its study are its {name}"
    if missing := [name for name in names if name not in by_name]:
        return f"its study has no {' and no '.join(missing)}"
    channels = tuple(by_name[name] for name in names)
    if not all(one.is_on_the_grid_of(channels[0]) for one in channels):
        return "the series of its study do not lie on one grid: register and resample them first"
    drawn = [one for one in channels if one.labelled]
    if any(_differ(drawn[0], one) for one in drawn[1:]):
        return "the annotation set says different things on several series of its study"
    return Case(study, channels, tuple(names), channels[0].rows[0].split, drawn[0] if drawn else None)


def _differ(one: Volume, other: Volume) -> bool:
    """Whether an annotation set has other labels or pixels on one volume than on another."""
    if one.labelled is None or other.labelled is None or one.labelled.labels != other.labelled.labels:
        return True
    return any(not np.array_equal(a, b) for a, b in zip_longest(_frames(one), _frames(other), fillvalue=np.empty(0)))


def _frames(one: Volume) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint16]]]:
    with open_container(one.container) as container:
        grid = uniform(container.stacks[one.stack])
        if one.labelled is None or isinstance(grid, str):
            return []
        return list(label_frames(container.annotations[one.labelled.name], grid, as_they_are(one), np.dtype("<u2")))


def by_part(cases: Iterable[Case], export: Export, left_out: LeftOut) -> dict[Part, list[Case]]:
    """The cases for training, validation and test; what is not drawn on is for test, or left out if it is not for that."""
    parts: dict[Part, list[Case]] = {"train": [], "val": [], "test": []}
    for case in cases:
        if case.part == "test":
            parts["test"].append(case)
        elif case.drawn:
            parts["val" if case.part == "val" else "train"].append(case)
        elif export.choices.annotations:
            left_out.add(case.channels[0].why_not, case.rows)
        else:
            left_out.add("without --annotations nothing is for training: they are for test, without labels", case.rows)
            parts["test"].append(case)
    return parts
