"""The files of cases: each channel and its labels, at one place, and what is not in them."""

from collections.abc import Iterable

from dicomconv.annotation import Label
from dicomconv.export.cases import Case
from dicomconv.export.label_schemes import Scheme
from dicomconv.export.ledger import Loss
from dicomconv.export.left_out import LeftOut
from dicomconv.export.volume_files import ImageFile, LabelFile
from dicomconv.export.volumes import Volume
from dicomconv.export.volumes_table import Entry


def image_files(case: Case, files: Iterable[str]) -> list[ImageFile]:
    """A file for each channel; all at the very place of the first."""
    return [ImageFile(file, (one,), True, case.channels[0]) for file, one in zip(files, case.channels, strict=True)]


def label_file(case: Case, file: str, scheme: Scheme) -> list[LabelFile]:
    """The file of labels as a data set numbers them; none where nothing was drawn."""
    if case.drawn is None or case.drawn.labelled is None:
        return []
    set_, values = case.drawn.labelled, scheme.values(case.drawn.labelled.labels)
    return [LabelFile(file, case.drawn, set_.name, _renamed(set_.labels, scheme), values, True, case.channels[0])]


def entries(case: Case, name: str, files: Iterable[str], labels: str) -> list[Entry]:
    """The rows of volumes.csv for a case."""
    names = case.names or ("",) * len(case.channels)
    found = zip(case.channels, files, names, strict=True)
    return [Entry(volume, name, file, labels, channel) for volume, file, channel in found]


def drawn_labels(cases: Iterable[Case]) -> list[Label]:
    """The labels of the sets that are drawn on cases, one after the other."""
    return [label for case in cases if case.drawn and case.drawn.labelled for label in case.drawn.labelled.labels]


def renumbered(cases: Iterable[Case], scheme: Scheme) -> list[Loss]:
    """A sentence on labels that have another value in files than in the annotation set."""
    changed: dict[str, None] = {}
    images = 0
    for volume in _drawn(cases):
        pairs = [(one, scheme.value_of(one)) for one in (volume.labelled.labels if volume.labelled else ())]
        found = [f"{one.name} {one.value} is {value}" for one, value in pairs if value not in (0, one.value)]
        changed.update(dict.fromkeys(found))
        images += len(volume.rows) if found else 0
    says = f"labels have other values than in the annotation set: {', '.join(changed)}"
    return [Loss("headers", says, images)] if images else []


def without_place(cases: Iterable[Case], scheme: Scheme, layout: str, left_out: LeftOut) -> None:
    """Say of labels that have no place in a data set that they became background."""
    for volume in _drawn(cases):
        for one in volume.labelled.labels if volume.labelled else ():
            if not scheme.value_of(one):
                left_out.add(f"label {one.name} is none of {layout}'s, and is background there", volume.rows)


def _drawn(cases: Iterable[Case]) -> list[Volume]:
    return [case.drawn for case in cases if case.drawn]


def _renamed(labels: Iterable[Label], scheme: Scheme) -> tuple[Label, ...]:
    """The labels as the file has them, one for each value."""
    found: dict[int, Label] = {}
    for one in labels:
        if value := scheme.value_of(one):
            found.setdefault(value, Label(scheme.names[value], value, one.color, one.category, one.type, one.modifier))
    return tuple(found[value] for value in sorted(found))
