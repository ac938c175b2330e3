"""Pictures with what an annotation set has on them, in pixels of these pictures: what layouts with annotations start from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from dicomconv.annotation import FrameKey, Label
from dicomconv.annotations.drawn import Drawn
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError
from dicomconv.export.drawn_on_pictures import Source
from dicomconv.export.layout import Export
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.rows import Row

Namer = Callable[[Row], str]


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """Pictures that were drawn, and what is on each of them, in the same order.

    Each thing drawn is a mask (one piece that hangs together), a polygon or a box. `labels`: by value.
    """

    taken: tuple[Taken, ...]
    drawn: tuple[tuple[Drawn, ...], ...] = field(repr=False)
    labels: tuple[Label, ...]
    left_out: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the pictures."""
        return tuple(one.shot.row for one in self.taken)

    def parts(self) -> dict[str, list[tuple[Taken, tuple[Drawn, ...]]]]:
        """Pictures with what is on them by part of the split, as far as there are any; without a split all are for training."""
        found: dict[str, list[tuple[Taken, tuple[Drawn, ...]]]] = {part: [] for part in ("train", "val", "test")}
        for taken, drawn in zip(self.taken, self.drawn, strict=True):
            found[part_of(taken.shot.row)].append((taken, drawn))
        return {part: pictures for part, pictures in found.items() if pictures}


def part_of(row: Row) -> str:
    """The part of the split that a row is in; train where there is none."""
    return row.split or "train"


def annotated(export: Export, look: Look, named: Namer, *, in_pieces: bool = True) -> Annotated:
    """The pictures that whoever drew the set had before them, drawn below the folder of the export. UsageError: no such set.

    `named`: the file of the picture of a row. `in_pieces`: whether the pieces of a mask that do not touch are things apart.
    """
    name = _chosen(export)
    seen, labels, left_out = _seen(export.rows, name)
    taken = take([Shot(row, named(row)) for row in seen], look, export.folder, export.choices.jobs)
    pictures = [one for one in taken if not one.reason]
    lost: Counter[str] = Counter()
    drawn = [list(one) for one in _all_drawn(pictures, name, lost, in_pieces=in_pieces)]
    left_out += [f"{count} {what} of {name}: the layout has no place for them" for what, count in sorted(lost.items()) if count]
    return Annotated(tuple(pictures), tuple(map(tuple, drawn)), labels, (*left_out, *reasons(taken)))


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


def _seen(rows: Sequence[Row], name: str) -> tuple[list[Row], tuple[Label, ...], list[str]]:
    """The rows that were seen, the labels of all sets, and what is left out: what nobody looked at is not empty."""
    found, labels, missing = list[Row](), dict[int, Label](), Counter[str]()
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
            seen = stored.seen
        kept = [row for row in of_it if FrameKey(row.stack, row.frame) in seen]
        missing[f"whoever drew {name} has not had them before them"] += len(of_it) - len(kept)
        found += kept
    sentences = [f"{count} image{'s' * (count > 1)}: {why}" for why, count in missing.items() if count]
    return found, tuple(labels[value] for value in sorted(labels)), sentences


def _add_labels(labels: dict[int, Label], stored: StoredSet) -> None:
    for label in stored.labels:
        if labels.setdefault(label.value, label).name != label.name:
            raise UsageError(f"{stored.name} of two series differ in the label of value {label.value}; export them apart")


def _all_drawn(pictures: Sequence[Taken], name: str, lost: Counter[str], *, in_pieces: bool) -> Iterator[list[Drawn]]:
    """What is on each picture. `lost`: counts what the layout cannot show."""
    for path, group in groupby(pictures, key=lambda one: one.shot.row.container):
        with open_container(path) as container:
            source = Source(container.annotations[name], lost, in_pieces=in_pieces)
            for one in group:
                yield source.on(one)
