"""`annotate import`: annotation files onto the frames of containers, all of it or nothing."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from dicomconv.annotation import Algorithm, AnnotationSet, Label
from dicomconv.container.annotations import add_set, sizes_of
from dicomconv.container.reader import Container, open_container
from dicomconv.container.set_checks import check_set
from dicomconv.container.set_names import checked_name
from dicomconv.container.uniform import in_order
from dicomconv.errors import UsageError
from dicomconv.pipeline.annotate.choices import (
    Labels,
    checked_annotator,
    default_name,
    free_name,
    labels_for,
    labels_in,
)
from dicomconv.pipeline.annotate.found import Finder
from dicomconv.pipeline.annotate.frames import Frames
from dicomconv.pipeline.annotate.gathered import Gathered, empty_set
from dicomconv.pipeline.annotate.planes import Planes
from dicomconv.pipeline.annotate.readers import FORMATS, coded_labels, digest_of, format_of, items
from dicomconv.pipeline.annotate.records import Problem
from dicomconv.pipeline.annotate.sorted_in import Sorted
from dicomconv.pipeline.annotate.tables import Tables, tables_around, tables_near
from dicomconv.pipeline.annotate.together import all_or_none
from dicomconv.pipeline.annotate.volumes import Grid
from dicomconv.pipeline.found import PathLike, as_paths, find_containers

How = Literal["manual", "semiautomatic", "automatic"]
ALGORITHMS: dict[str, Algorithm] = {"manual": "MANUAL", "semiautomatic": "SEMIAUTOMATIC", "automatic": "AUTOMATIC"}


@dataclass(frozen=True, slots=True)
class Added:
    """A set that a container has now: on how many frames something was looked for, and what there is."""

    container: Path
    name: str
    frames: int
    regions: int
    shapes: int
    tags: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: the sets, or what is wrong, and then no set at all. `problem_count`: of those listed or not."""

    sets: tuple[Added, ...]
    problems: tuple[Problem, ...]
    problem_count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """How annotation files are taken. `name`: of the set; empty for one made of the file's. `pictures`: where those lie.

    `threshold`: the fraction, above 0 and up to 1, from which a pixel of a FRACTIONAL segmentation belongs to its segment.
    """

    name: str = ""
    annotator: str = ""
    labels: str | Path | None = None
    format: str = ""
    algorithm: How = "manual"
    allow_resampled: bool = False
    pictures: tuple[Path, ...] = ()
    threshold: float | None = None

    def check(self) -> None:
        """UsageError for what cannot be."""
        checked_annotator(self.annotator)
        if self.name:
            checked_name(self.name)
        if self.format and self.format not in FORMATS:
            raise UsageError(f"format is one of {', '.join(FORMATS)}")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise UsageError("threshold is a fraction above 0 and up to 1")
        if self.algorithm not in get_args(How):
            raise UsageError(f"algorithm is one of {', '.join(get_args(How))}")


def import_annotations(
    files: PathLike | Iterable[PathLike], into: PathLike, choices: Choices = Choices()
) -> Imported:
    """Bring what is drawn in files into the containers of a folder, or into one container, as one set.

    If anything is wrong, nothing is added. UsageError if it cannot be begun: a file that is not there, no labels.
    """
    choices.check()
    paths = as_paths(files)
    formats = [choices.format or format_of(path) for path in _checked(paths)]
    digests = tuple(digest_of(path) for path in paths)
    found = find_containers([Path(into)])
    with _opened(found) as containers:
        labels = labels_for(choices.labels, containers) or _own_labels(paths, formats, choices.threshold)
        labels = labels or labels_in(_folders(paths, Path(into)))
        base = choices.name or default_name(paths[0], choices.annotator)
        name = _name(base, digests, containers, is_given=bool(choices.name))
        sorted_in = _sorter(paths, Path(into), containers, Labels(labels), choices)
        for path, format in zip(paths, formats, strict=True):
            sorted_in.take(path, items(path, format, labels, choices.threshold), len(found))
        if sorted_in.problem_count:
            return Imported((), tuple(sorted_in.problems), sorted_in.problem_count)
        origin = "+".join(dict.fromkeys(formats))
        about = empty_set(name, choices.annotator, origin, digests, ALGORITHMS[choices.algorithm], labels)
        ready = [(n, gathered.set_of(about), gathered) for n, gathered in sorted(sorted_in.gathered.items())]
        for number, one, _ in ready:
            check_set(one, sizes_of(containers[number]))
    return Imported(tuple(_added([(found[number], one, gathered) for number, one, gathered in ready])), (), 0)


def _folders(paths: list[Path], into: Path) -> list[Path]:
    """Where a labels.toml may lie: beside the files, or in the output."""
    return [*(path if path.is_dir() else path.parent for path in paths), into if into.is_dir() else into.parent]


def _own_labels(paths: list[Path], formats: list[str], threshold: float | None) -> tuple[Label, ...]:
    """The labels that the files themselves describe with their codes: those of DICOM do."""
    pairs = zip(paths, formats, strict=True)
    return coded_labels(item for path, format in pairs for item in items(path, format, (), threshold))


def _checked(paths: list[Path]) -> list[Path]:
    if not paths:
        raise UsageError("name the annotation files that are to be imported")
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
    return paths


@contextmanager
def _opened(paths: list[Path]) -> Iterator[list[Container]]:
    with ExitStack() as stack:
        yield [stack.enter_context(open_container(path)) for path in paths]


def _name(base: str, digests: tuple[str, ...], containers: list[Container], *, is_given: bool) -> str:
    """The name of the set. UsageError if it is taken, or if these files are there."""
    if not is_given:
        return free_name(base, digests, containers)
    if any(base in container.annotations for container in containers):
        raise UsageError(f"there is a set {base} already; sets are never changed, take another name")
    return base


def _sorter(paths: list[Path], into: Path, containers: list[Container], labels: Labels, choices: Choices) -> Sorted:
    """What sorts the content of the files, with everything that is known of the pictures."""
    frames = Frames([container.path for container in containers])
    beside = (table for path in paths for table in tables_around(path))
    near = tables_near((into if into.is_dir() else into.with_suffix(""), *choices.pictures))
    tables = Tables([*near, *(path for path in dict.fromkeys(beside) if path.is_file())], frames)
    finder = Finder(frames, tables, choices.pictures, allow_resampled=choices.allow_resampled)
    grids = [
        Grid(container.folder.name, number, stack.index, volume.size, volume.affine_lps, volume.frames)
        for number, container in enumerate(containers)
        for stack in container.stacks
        if not isinstance(volume := in_order(stack), str)
    ]
    return Sorted(finder, Planes(containers), labels, grids, allow_resampled=choices.allow_resampled)


def _added(ready: list[tuple[Path, AnnotationSet, Gathered]]) -> Iterator[Added]:
    """Add the sets, each to its container."""
    with all_or_none([path for path, _, _ in ready]):
        for path, one, gathered in ready:
            add_set(path, one, gathered.regions())
    for path, one, gathered in ready:
        yield Added(path, one.name, len(one.seen), gathered.region_count, len(one.shapes), len(one.tags))
