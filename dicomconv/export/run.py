"""A whole export: rows, labels, split, layout, ledger."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from dicomconv.container.inplace import complete_file
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError
from dicomconv.export.label_table import LabelTable, labelled
from dicomconv.export.layout import Choices, Export, Layout, Option, Written
from dicomconv.export.layouts import layout_of
from dicomconv.export.ledger import counts, write_ledger
from dicomconv.export.numbers import NAME as NUMBERS
from dicomconv.export.numbers import Numbers
from dicomconv.export.rows import Row
from dicomconv.export.splits import NAME as SPLITS
from dicomconv.export.splits import Ratio, Split, completed, one_split, read_split, tree_of, write_split
from dicomconv.export.staged import staged
from dicomconv.export.without_row import sentences, without_row


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an export besides the layout's own choices. `stratify`: a label column."""

    labels: LabelTable | None = None
    ratio: Ratio | None = None
    seed: int = 0
    stratify: str = ""
    existing: Literal["error", "overwrite"] = "error"


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export. `unmatched`: numbers of lines of the label table that are of no image."""

    counts: Mapping[str, int]
    left_out: tuple[str, ...]
    unmatched: tuple[int, ...]


def export(layout: str, containers: Sequence[Path], folder: Path, choices: Choices, asked: Asked) -> Exported:
    """Write containers in a layout. UsageError if that cannot be; nothing is left behind then."""
    found = layout_of(layout)
    _check_options(found, choices, asked)
    rows, outside = _rows(found, containers)
    unmatched = list[int]()
    _check_once(rows)
    if asked.labels:
        rows, unmatched = labelled(rows, asked.labels)
    trees = sorted({tree_of(path) for path in containers})
    rows, split = _split(rows, trees, asked)
    numbers, names = Numbers(trees), asked.labels.columns if asked.labels else ()
    with _taken_back(tree / name for tree in trees for name in (SPLITS, NUMBERS)), staged(folder, asked.existing) as target:
        for tree in trees if split else ():
            if split and read_split(tree) != split:
                write_split(tree, split)
        written = found.write(Export(tuple(rows), target, choices, numbers, names))
        written = replace(written, left_out=(*outside, *written.left_out))
        if not written.rows:
            raise UsageError(f"nothing here has a place in {layout}: {'; '.join(written.left_out) or 'there are no frames'}")
        _write_ledger(target, found, written, choices, asked, unmatched)
        numbers.keep()
    return Exported(counts(written.rows), written.left_out, tuple(unmatched))


@contextmanager
def _taken_back(paths: Iterable[Path]) -> Iterator[None]:
    """Where an export fails, what it kept beside the containers is as it was: nothing was exported by it."""
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    is_done = False
    try:
        yield
        is_done = True
    finally:
        for path, content in before.items() if not is_done else ():
            if content is None:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                with complete_file(path) as file:
                    file.write(content)


def _rows(layout: Layout, containers: Sequence[Path]) -> tuple[list[Row], list[str]]:
    """What has a place in a layout, in the order of containers; and in sentences, which images have none from the start."""
    rows, missing = list[Row](), Counter[str]()
    for path in containers:
        with open_container(path) as container:
            some = list(layout.rows(container))
            missing += without_row(container, {row.sop_instance_uid for row in some})
            rows += some
    return rows, sentences(missing, layout.name)


def _check_options(layout: Layout, choices: Choices, asked: Asked) -> None:
    """UsageError if an option was given that means nothing to the layout."""
    given: dict[Option, bool] = {
        "window": choices.window is not None,
        "size": bool(choices.size),
        "name": bool(choices.name),
        "annotations": bool(choices.annotations),
        "compress": choices.compress,
        "level": choices.level is not None,
        "labels": asked.labels is not None,
        "split": asked.ratio is not None,
    }
    if useless := [f"--{name}" for name, is_given in given.items() if is_given and name not in layout.takes]:
        raise UsageError(f"{layout.name} does not take {' or '.join(useless)}")
    if asked.stratify and (not asked.labels or asked.stratify not in asked.labels.columns):
        raise UsageError(f"--stratify names a column of --labels; there is none called {asked.stratify}")


def _check_once(rows: Sequence[Row]) -> None:
    """UsageError if a frame is in two containers: it would be in the data set twice."""
    first: dict[tuple[str, int], Path] = {}
    for row in rows:
        where = first.setdefault((row.sop_instance_uid, row.frame_number), row.container)
        if where != row.container:
            raise UsageError(f"{row.container} and {where} hold the same images; export one of them")


def _split(rows: list[Row], trees: Sequence[Path], asked: Asked) -> tuple[list[Row], Split | None]:
    """The rows with their part, and the split to be kept; a split that is kept already holds for whoever is in it."""
    known = one_split((tree, split) for tree in trees if (split := read_split(tree)))
    if asked.ratio is None and known is None:
        return rows, None
    strata: dict[str, str] = {}
    for row in rows:
        strata[row.subject.patient_id] = max(strata.get(row.subject.patient_id, ""), row.label(asked.stratify))
    if asked.ratio is None:
        missing = [subject for subject in strata if known and subject not in known.subjects]
        if missing:
            raise UsageError(f"{len(missing)} patients are in no part of the split that is kept; use --split to add them")
        split = known
    else:
        split = completed(known, strata, asked.ratio, asked.seed)
    return [replace(row, split=split.subjects[row.subject.patient_id]) for row in rows if split], split


def _write_ledger(
    target: Path, layout: Layout, written: Written, choices: Choices, asked: Asked, unmatched: Sequence[int]
) -> None:
    plan = {
        "layout": layout.name,
        "window": choices.window.name if choices.window else "",
        "size": choices.size,
        "name": choices.name,
        "annotations": choices.annotations,
        "level": choices.level,
        "split": str(asked.ratio) if asked.ratio else "",
        "seed": asked.seed,
        "stratify": asked.stratify,
        "labels": list(asked.labels.columns) if asked.labels else [],
    }
    write_ledger(
        target, layout.name, written.rows, plan, written.losses, written.way_back,
        left_out=written.left_out, unmatched_lines=unmatched, facts=written.facts,
    )  # fmt: skip
