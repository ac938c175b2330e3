"""The tools that `annotate export` writes for, and what is written for each."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from dicomconv.annotation import Label
from dicomconv.annotations import coco_tasks, cvat_tasks, label_studio_tasks, labelme_tasks, slicer_tasks
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import Files, Picture, Tool, by_picture, kind_of

_SHAPES = frozenset({"mask", "polygon", "box"})
TOOLS = {
    "cvat": Tool(
        "CVAT", cvat_tasks.write, _SHAPES | {"polyline", "point", "tag"},
        "paste labels.json into the raw editor of labels, load the pictures, upload annotations.xml as CVAT for images 1.1",
    ),
    "label-studio": Tool(
        "Label Studio", label_studio_tasks.write, _SHAPES | {"point", "tag"},
        "paste labeling_config.xml as the labeling interface, serve this folder as local files, import tasks.json",
    ),
    "labelme": Tool(
        "labelme", labelme_tasks.write, _SHAPES | {"polyline", "point", "tag"},
        "put the files beside the pictures and run labelme with --labels labels.txt --nodata",
    ),
    "coco": Tool("COCO", coco_tasks.write, _SHAPES, "load coco.json with the pictures in whatever reads COCO"),
    "slicer": Tool("3D Slicer", slicer_tasks.write, frozenset(), "load labels.ctbl as a colour table; see README.txt"),
}  # fmt: skip


def tasks(tool: str, pictures: Sequence[Picture], labels: Sequence[Label], drawn: Iterable[Drawn] = ()) -> Files:
    """The files that a tool of TOOLS loads; of what is drawn, in pixels of pictures, what the tool has a kind for."""
    chosen = TOOLS[tool]
    yield from chosen.write(pictures, labels, by_picture(drawn, chosen.kinds))


def left_out(tool: str, drawn: Iterable[Drawn]) -> int:
    """How much of what is drawn a tool has no kind for."""
    return sum(kind_of(one) not in TOOLS[tool].kinds | {"seen"} for one in drawn)


def write_tasks(
    tool: str, folder: Path, pictures: Sequence[Picture], labels: Sequence[Label], drawn: Iterable[Drawn] = ()
) -> list[Path]:
    """Write those files into a folder, over those of the same names; their paths."""
    written = []
    for name, content in tasks(tool, pictures, labels, drawn):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written
