"""The annotation formats that are read, and which of them a file or folder is, by what is in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dicomconv.annotations import (
    coco,
    cvat,
    dicom_seg,
    label_studio,
    labelme,
    metaimage,
    nifti,
    nrrd,
    rtstruct,
    via,
    voc,
    yolo,
)  # fmt: skip
from dicomconv.annotations.dicom_file import sop_class_of
from dicomconv.annotations.drawn import Drawn, Fault, Volume
from dicomconv.annotations.look import Look
from dicomconv.annotations.yolo_names import NOT_LABELS
from dicomconv.errors import DicomconvError

_REGIONS = frozenset({"filename", "regions"})


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `read`: what is drawn in a file, or in a folder where that `is_it`; faults are among it, never raised."""

    title: str
    read: Callable[[Path], Iterator[Drawn | Volume | Fault]]
    is_it: Callable[[Look], bool]


class UnknownFormat(DicomconvError):
    """Neither a file nor a folder of annotations that is known.

    `name`: the last part of its path; `inside`: a file in it that is known by itself, if there is one.
    """

    def __init__(self, name: str, inside: str = ""):
        super().__init__(name, inside)
        self.name, self.inside = name, inside

    def __str__(self) -> str:
        if self.inside:
            return f"{self.name}: this folder has annotations in {self.inside}; give that file and not the folder"
        titles = ", ".join(one.title for one in FORMATS.values())
        return f"{self.name}: this is none of the formats that are read ({titles}); an archive has to be unpacked"


def format_of(path: Path) -> str:
    """The name in FORMATS of what a file or folder is; UnknownFormat if it is none of them."""
    look = Look(path)
    found = _of(look)
    if found is None:
        inside = next((one.path.relative_to(path).as_posix() for one in look.inside.values() if _of(one)), "")
        raise UnknownFormat(path.name, inside)
    return found


def _of(look: Look) -> str | None:
    return next((name for name, one in FORMATS.items() if one.is_it(look)), None)


def _is_coco(look: Look) -> bool:
    return {"annotations", "images"} <= look.keys or {"annotations", "categories"} <= look.keys


def _is_cvat(look: Look) -> bool:
    return look.root == "annotations"


def _is_label_studio(look: Look) -> bool:
    """A list of tasks: data and annotations in full, a picture and an id beside them in the small form."""
    one = look.first_in_json if look.first.lstrip()[:1] == b"[" else None
    return isinstance(one, dict) and ("data" in one or "annotation_id" in one or {"image", "id"} <= one.keys())


def _is_labelme(look: Look) -> bool:
    look = look.inside.get(".json", look)
    return "shapes" in look.keys and bool({"imagePath", "imageData", "version"} & look.keys)


def _is_via(look: Look) -> bool:
    if look.first.lstrip(b"#").startswith(via.COLUMNS[0].encode() + b","):
        return b"region_shape_attributes" in look.first.partition(b"\n")[0]
    if "_via_img_metadata" in look.keys or {"project", "view", "metadata"} <= look.keys:
        return True
    one = look.first_in_json if look.keys else None
    return isinstance(one, dict) and one.keys() >= _REGIONS


def _is_voc(look: Look) -> bool:
    return look.inside.get(".xml", look).root == "annotation"


def _is_yolo(look: Look) -> bool:
    """A line of a class and four numbers or more, in a text file or in one of a folder."""
    if not look.is_folder:
        return look.path.suffix.lower() == ".txt" and _has_rows(look)
    texts = [one for one in look.path.rglob("*.txt") if one.name.lower() not in NOT_LABELS]
    return any(_has_rows(Look(one)) for one in texts)


def _has_rows(look: Look) -> bool:
    rows = (line.split() for line in look.first.split(b"\n"))
    return any(len(row) >= 5 and row[0].isdigit() and all(_is_number(word) for word in row[1:]) for row in rows)


def _is_number(word: bytes) -> bool:
    return word.replace(b".", b"", 1).replace(b"e-", b"", 1).isdigit()


def _is_nifti(look: Look) -> bool:
    first = look.unpacked[:4]
    return any(int.from_bytes(first, order) in nifti.SIZES for order in ("little", "big"))


def _is_nrrd(look: Look) -> bool:
    return look.first.startswith(nrrd.MAGIC)


def _is_metaimage(look: Look) -> bool:
    return look.first.startswith(metaimage.FIRST_KEYS)


def _is_segmentation(look: Look) -> bool:
    return not look.is_folder and sop_class_of(look.path) in dicom_seg.SOP_CLASSES


def _is_structure_set(look: Look) -> bool:
    return not look.is_folder and sop_class_of(look.path) in rtstruct.SOP_CLASSES


FORMATS = {
    "coco": Format("COCO", coco.read, _is_coco),
    "cvat": Format("CVAT for images 1.1", cvat.read, _is_cvat),
    "label-studio": Format("Label Studio JSON", label_studio.read, _is_label_studio),
    "labelme": Format("labelme", labelme.read, _is_labelme),
    "via": Format("VGG VIA", via.read, _is_via),
    "voc": Format("Pascal VOC", voc.read, _is_voc),
    "nifti": Format("NIfTI", nifti.read, _is_nifti),
    "nrrd": Format("NRRD, .seg.nrrd", nrrd.read, _is_nrrd),
    "metaimage": Format("MetaImage", metaimage.read, _is_metaimage),
    "dicom-seg": Format("DICOM SEG", dicom_seg.read, _is_segmentation),
    "rtstruct": Format("DICOM RTSTRUCT", rtstruct.read, _is_structure_set),
    "yolo": Format("YOLO", yolo.read, _is_yolo),
}
