"""Annotation sets of containers out as DICOM files: each read back first; of a container all, or none."""

import io
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydicom import dcmread

from dicomconv.annotation import AnnotationSet
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import NotAContainer, UsageError, VerificationFailed
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.readback import wrong_segmentations, wrong_structure_set
from dicomconv.pipeline.derived.report import report
from dicomconv.pipeline.derived.segmentation import segmentations
from dicomconv.pipeline.derived.structure_set import structure_set
from dicomconv.pipeline.found import PathLike, as_paths, find_containers, make_folder
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.placing import Placing
from dicomconv.pipeline.plan import Existing
from dicomconv.temporary import mark

Form = Literal["seg", "rtstruct", "sr"]
FORMS: tuple[Form, ...] = ("seg", "rtstruct", "sr")
NO_AREA = "nothing in it has an area; write it as sr"
NOTHING = "there is nothing in it to be written"
ELSEWHERE = "it was drawn on another state of this container"
THERE = "are there already; use --existing skip or overwrite, or another folder"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one set of one container: how many files, or why there is none.

    `is_fault`: the container, or what was made of it, is not what it should be.
    """

    path: Path
    set_name: str
    count: int = 0
    skipped: int = 0
    reason: str = ""
    is_fault: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether something is not written that should be; a set with nothing drawn says so, and is complete."""
        return bool(self.reason) and self.reason != NOTHING


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its name below a container's parent folder, and its bytes."""

    name: Path
    content: bytes


def write_annotations(
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    set_name: str | None = None,
    form: Form | None = None,
    existing: Existing = "error",
) -> list[Written]:
    """Write the sets of containers (all, or those of one name) below OUT; what was begun and is not sound is not there.

    `form`: masks as seg where it is None, and besides as sr what has no area. UsageError if there is no such set, if
    files are there already, or if a library is missing.
    """
    found, out = find_containers(as_paths(paths)), Path(out)
    make_folder(out)
    reports = [report for path in found for report in _container(path, out, set_name, form, existing)]
    if not reports:
        which = f"no annotation set {set_name}" if set_name else "no annotation sets"
        raise UsageError(f"there are {which} in what was named; `dicomconv annotate import` brings them in")
    return reports


def _container(path: Path, out: Path, set_name: str | None, form: Form | None, existing: Existing) -> Iterator[Written]:
    try:
        with open_container(path) as container:
            for name, stored in container.annotations.items():
                if set_name in (None, name):
                    if not stored.is_of_this_container:
                        yield Written(path, name, reason=ELSEWHERE, is_fault=True)
                        continue
                    yield _set(container, stored.load(), out, form, existing)
    except (NotAContainer, VerificationFailed) as error:
        reason = error.fault if isinstance(error, NotAContainer) else "; ".join(error.faults)
        yield Written(path, set_name or "", reason=reason, is_fault=True)


def _set(container: Container, one: AnnotationSet, out: Path, form: Form | None, existing: Existing) -> Written:
    try:
        made = made_of(container, one, form)
    except Unwritable as error:
        return Written(container.path, one.name, reason=str(error))
    placed = place(made, out / container.folder.parent, out, existing)
    return Written(container.path, one.name, placed, len(made) - placed)


def made_of(container: Container, one: AnnotationSet, form: Form | None = None) -> list[Made]:
    """The files of a set, read back. Unwritable if it has nothing for that form; UsageError if a library is missing."""
    has_area = any(region.mask.any() for region in one.regions)
    has_more = bool(one.tags) or any(shape.kind != "polygon" for shape in one.shapes)
    if form in ("seg", "rtstruct") and not has_area:
        raise Unwritable(NO_AREA)
    if not has_area and not has_more:
        raise Unwritable(NOTHING)
    made: list[Made] = []
    with quiet():
        if form == "seg" or (form is None and has_area):
            made += _named("seg", container, one, _checked_segmentations(container, one))
        if form == "rtstruct":
            made += _named("rtstruct", container, one, _checked_structure_set(container, one))
        if form == "sr" or (form is None and has_more):
            made += _named("sr", container, one, [report(container, one, masks=form == "sr")])
    return made


def _checked_segmentations(container: Container, one: AnnotationSet) -> list[bytes]:
    contents = list(segmentations(container, one))
    if wrong_segmentations(container, one, contents):
        raise VerificationFailed(str(container.path), (f"set {one.name}: the segmentation is not its masks",))
    return contents


def _checked_structure_set(container: Container, one: AnnotationSet) -> list[bytes]:
    content = structure_set(container, one)
    if wrong_structure_set(container, one, content):
        raise VerificationFailed(str(container.path), (f"set {one.name}: the structure set is not its masks",))
    return [content]


def _named(form: Form, container: Container, one: AnnotationSet, contents: Iterable[bytes]) -> Iterator[Made]:
    """`<series>_<set>_<form>/<SOP Instance UID>.dcm`, beside the folder of the series."""
    for content in contents:
        uid = dcmread(io.BytesIO(content), stop_before_pixels=True).SOPInstanceUID
        yield Made(Path(f"{container.folder.name}_{one.name}_{form}") / f"{uid}.dcm", content)


def place(made: Iterable[Made], folder: Path, out: Path, existing: Existing) -> int:
    """Give files their names below a folder, all or none; how many were not there yet. UsageError if some were."""
    scratch = out / f".annotate{mark()}-{secrets.token_hex(4)}" / "scratch"
    scratch.mkdir(parents=True)
    try:
        with Placing(out, scratch, existing) as placing:
            done = [_placed(placing, one, folder / one.name, scratch / str(n)) for n, one in enumerate(made)]
        return done.count("placed")
    finally:
        shutil.rmtree(scratch.parent, ignore_errors=True)


def _placed(placing: Placing, one: Made, target: Path, temporary: Path) -> str:
    temporary.write_bytes(one.content)
    done = placing.place(temporary, target)
    if done == "taken":
        raise UsageError(f"files of these names {THERE}")
    return done
