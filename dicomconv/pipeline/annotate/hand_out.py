"""`annotate export`: what an annotation tool wants to load: pictures, labels, tasks, and a set that is there already."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path

from dicomconv.annotation import FrameKey, Label
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.annotations.labels import labels_toml
from dicomconv.annotations.tasks import Picture
from dicomconv.annotations.tools import TOOLS, left_out, tasks
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import UsageError
from dicomconv.pipeline.annotate.choices import LABELS, labels_for, labels_in
from dicomconv.pipeline.annotate.frames import Frames
from dicomconv.pipeline.annotate.records import Found, size_of
from dicomconv.pipeline.annotate.tables import matrix_of, tables_near
from dicomconv.pipeline.annotate.taken_out import Place, drawn_of
from dicomconv.pipeline.found import find_containers

IMAGES = "images.txt"
FOLDER = "annotate-"


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What was written: the folder, how many pictures and things drawn are in it, how many of these the tool cannot show."""

    folder: Path
    pictures: int
    drawn: int
    left_out: int
    hint: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of an output, and how it shows its frame."""

    picture: Picture
    found: Found


@dataclass(frozen=True, slots=True)
class Handing:
    """What is handed out, to which tool.

    `folder`: a new one to write to, else one in the output named after the tool. `labels`: else those of the set, or of the last
    one. `name`: of a set that is handed out too. `window`: of several, the one whose pictures are meant.
    """

    tool: str
    folder: Path | None = None
    labels: str | Path | None = None
    name: str = ""
    window: str = ""


def export_tasks(out: Path, handing: Handing) -> HandedOut:
    """Write what a tool loads to annotate the PNGs of an output.

    UsageError if the folder is not empty, or something is missing.
    """
    if handing.tool not in TOOLS:
        raise UsageError(f"--for is one of {', '.join(TOOLS)}")
    paths = find_containers([out])
    target = handing.folder or (out if out.is_dir() else out.parent) / f"{FOLDER}{handing.tool}"
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is there already; name another folder with -o")
    with ExitStack() as stack:
        containers = [stack.enter_context(open_container(path)) for path in paths]
        sets = {n: one.annotations[handing.name] for n, one in enumerate(containers) if handing.name in one.annotations}
        labels = _labels(handing, containers, list(sets.values()), out if out.is_dir() else out.parent)
        shown = list(_shown(out, target, Frames(paths), handing.window))
        if not shown:
            raise UsageError(f"there are no PNGs with a slices.csv in {out}; convert without --no-png")
        drawn = list(_drawn(shown, sets))
        _write(target, handing.tool, [one.picture for one in shown], labels, drawn)
    missing = left_out(handing.tool, drawn)
    return HandedOut(target, len(shown), len(drawn) - missing, missing, TOOLS[handing.tool].hint)


def _labels(
    handing: Handing, containers: list[Container], sets: list[StoredSet], folder: Path
) -> tuple[Label, ...]:
    """What may be drawn. UsageError if nobody has said it, or the set that is meant is nowhere."""
    if handing.name and not sets:
        raise UsageError(f"no container here has an annotation set {handing.name}")
    if handing.labels is None and sets:
        return sets[0].labels
    return labels_for(handing.labels, containers) or labels_in([folder])


def _write(folder: Path, tool: str, pictures: list[Picture], labels: tuple[Label, ...], drawn: list[Drawn]) -> None:
    """The files of the tool, the list of pictures, the labels."""
    content = [
        *tasks(tool, pictures, labels, drawn),
        (IMAGES, "".join(f"{picture.path}\n" for picture in pictures).encode()),
        (LABELS, labels_toml(labels).encode()),
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in content:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None


def _shown(out: Path, target: Path, frames: Frames, view: str) -> Iterator[Shown]:
    """The pictures of one view of each series, in the order of their names; paths are relative to the target."""
    by_view: dict[str, list[tuple[Path, dict[str, str]]]] = defaultdict(list)
    for table in tables_near([out if out.is_dir() else out.with_suffix("")]):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                by_view[row.get("window") or ""].append((table.with_name(row["file"]), row))
    if view and view not in by_view:
        raise UsageError(f"there are no pictures of the window {view}; there are {', '.join(sorted(by_view))}")
    if len(by_view) > 1 and not view:
        raise UsageError(f"there are pictures of several windows; say which by --window: {', '.join(sorted(by_view))}")
    names = set[str]()
    for path, row in sorted(by_view.get(view) or next(iter(by_view.values()), []), key=lambda one: one[0].as_posix()):
        if path.is_file() and path.name not in names and (found := _found(row, frames)):
            names.add(path.name)
            columns, rows = found.size
            beside = Path(relpath(path, target.resolve())).as_posix()
            yield Shown(Picture(path.name, rows, columns, beside), found)


def _found(row: dict[str, str], frames: Frames) -> Found | None:
    """The frame of a row, and how it is shown; None if it is of no container here."""
    matrix, number = matrix_of(row.get("png_to_stored", "").split()), row.get("frame_number", "")
    if matrix is None or not number.isdecimal():
        return None
    of = frames.of(row.get("container_uuid", ""), (row.get("sop_instance_uid", ""), int(number)))
    frame = next(iter(of), None)
    size = size_of(matrix, frame.columns, frame.rows) if frame else None
    return Found(frame, size, matrix) if frame and size else None


def _drawn(shown: Iterable[Shown], sets: dict[int, StoredSet]) -> Iterator[Drawn]:
    """What sets have on the pictures, in pixels of these."""
    places: dict[int, dict[FrameKey, Place]] = defaultdict(dict)
    for one in shown:
        frame = one.found.frame
        places[frame.container][frame.key] = PictureRef(one.picture.name, one.found.size), one.found
    for number, stored in sets.items():
        yield from drawn_of(stored, places[number])
