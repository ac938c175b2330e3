"""Pictures with what an annotation set has on them, in pixels of these pictures: what layouts with annotations start from.

What is drawn stays in the process that drew the picture; what a layout makes of it comes back.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar

from dicomconv.annotation import FrameKey, Label
from dicomconv.annotations.drawn import Drawn
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import UsageError
from dicomconv.export.drawn_on_pictures import Source
from dicomconv.export.layout import Export
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take_with
from dicomconv.export.rows import Row

Shots = Callable[[Iterable[Row]], list[Shot]]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An annotation set: the rows of the frames that were seen by whoever drew it, its labels by value, and what is left out."""

    name: str
    rows: tuple[Row, ...]
    labels: tuple[Label, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A picture that lies below a folder, and what is on it: each a mask, a polygon or a box. `labels`: of the set, by value."""

    folder: Path
    taken: Taken
    drawn: tuple[Drawn, ...] = field(repr=False)
    labels: tuple[Label, ...]

    @property
    def values(self) -> dict[str | int, int]:
        """The value of each label, by its name."""
        return {label.name: label.value for label in self.labels}

    @property
    def numbers(self) -> dict[str | int, int]:
        """The number of each label, by its name: 1 and so on, in the order of their values."""
        return {label.name: number for number, label in enumerate(self.labels, 1)}


@dataclass(frozen=True, slots=True, eq=False)
class Annotated(Generic[Made]):
    """Pictures that were drawn, and what was made of each with what is on it, in the same order."""

    taken: tuple[Taken, ...]
    made: tuple[Made, ...] = field(repr=False)
    left_out: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the pictures."""
        return tuple(one.shot.row for one in self.taken)

    def parts(self) -> dict[str, list[tuple[Taken, Made]]]:
        """Pictures with what was made by part of the split, as far as there are any; without a split all are for training."""
        found: dict[str, list[tuple[Taken, Made]]] = {part: [] for part in ("train", "val", "test")}
        for taken, made in zip(self.taken, self.made, strict=True):
            found[part_of(taken.shot.row)].append((taken, made))
        return {part: pictures for part, pictures in found.items() if pictures}


def named(name: Callable[[Row], str]) -> Shots:
    """Shots with a file for each picture, whose name its row gives."""
    return lambda rows: [Shot(row, name(row)) for row in rows]


def part_of(row: Row) -> str:
    """The part of the split that a row is in; train where there is none."""
    return row.split or "train"


def chosen_set(export: Export) -> Chosen:
    """The set that was asked for, else the only one that there is. UsageError: there is no such set, or there are several."""
    name = _chosen(export)
    return Chosen(name, *_seen(export.rows, name))


def annotated(
    export: Export, chosen: Chosen, look: Look, shots: Shots, make: Callable[[Page], Made], *, in_pieces: bool = True
) -> Annotated[Made]:
    """The pictures of a set, drawn below the folder of the export, and what `make` makes of each in the process that drew it.

    `shots`: rows and the files of their pictures. `in_pieces`: whether the pieces of a mask that do not touch are things apart.
    """
    pages = _Pages(chosen.name, export.folder, chosen.labels, make, in_pieces)
    both = take_with(shots(chosen.rows), look, export.folder, export.choices.jobs, pages)
    kept = [(taken, *made) for taken, made in both if made is not None]
    lost = sum((one for _, _, one in kept), Counter[str]())
    left_out = [f"{count} {what} of {chosen.name}: the layout has no place for them" for what, count in sorted(lost.items())]
    taken, made = tuple(one for one, _, _ in kept), tuple(one for _, one, _ in kept)
    return Annotated(taken, made, (*chosen.left_out, *left_out, *reasons([one for one, _ in both])))


@dataclass(frozen=True, slots=True)
class _Pages(Generic[Made]):
    """What makes the pages of a set, container by container; picklable, for worker processes."""

    name: str
    folder: Path
    labels: tuple[Label, ...]
    make: Callable[[Page], Made]
    in_pieces: bool

    def __call__(self, container: Container) -> Callable[[Taken], tuple[Made, Counter[str]]]:
        """Of one container: what makes something of a picture, and counts what of it cannot be shown."""
        source = Source(container.annotations[self.name], in_pieces=self.in_pieces)

        def made(taken: Taken) -> tuple[Made, Counter[str]]:
            drawn, lost = source.on(taken)
            return self.make(Page(self.folder, taken, tuple(drawn), self.labels)), lost

        return made


def _chosen(export: Export) -> str:
    """The name of the set: the one that was asked for, else the only one that there is."""
    names = dict.fromkeys(name for path in _paths(export.rows) for name in _names(path))
    asked = export.choices.annotations
    if asked and asked not in names:
        raise UsageError(f"no container here has an annotation set {asked}; there are {', '.join(names) or 'none'}")
    if not asked and len(names) != 1:
        raise UsageError(
            f"say by --annotations which set: {', '.join(names)}" if names else "no container here has an annotation set"
        )
    return asked or next(iter(names))


def _names(path: Path) -> list[str]:
    with open_container(path) as container:
        return list(container.annotations)


def _paths(rows: Iterable[Row]) -> list[Path]:
    return list(dict.fromkeys(row.container for row in rows))


def _seen(rows: Sequence[Row], name: str) -> tuple[tuple[Row, ...], tuple[Label, ...], tuple[str, ...]]:
    """The rows that were seen, the labels of all sets, and what is left out: what nobody looked at is not empty."""
    found, labels, missing, tags = list[Row](), dict[int, Label](), Counter[str](), 0
    for path, group in groupby(rows, key=lambda row: row.container):
        of_it = list(group)
        with open_container(path) as container:
            stored = container.annotations.get(name)
            if stored is None:
                missing[f"their series has no annotation set {name}"] += len(of_it)
                continue
            if not stored.is_of_this_container:
                raise UsageError(f"{path}: the annotation set {name} was drawn on other frames; import it again")
            _add_labels(labels, stored)
            seen, tags = stored.seen, tags + len(stored.tags)
        kept = [row for row in of_it if FrameKey(row.stack, row.frame) in seen]
        missing[f"whoever drew {name} has not had them before them"] += len(of_it) - len(kept)
        found += kept
    sentences = [f"{count} image{'s' * (count > 1)}: {why}" for why, count in missing.items() if count]
    if tags:
        sentences.append(f"{tags} labels of whole images or series of {name}: the layout has no place for them")
    return tuple(found), tuple(labels[value] for value in sorted(labels)), tuple(sentences)


def _add_labels(labels: dict[int, Label], stored: StoredSet) -> None:
    for label in stored.labels:
        if labels.setdefault(label.value, label).name != label.name:
            raise UsageError(f"{stored.name} of two series differ in the label of value {label.value}; export them apart")
