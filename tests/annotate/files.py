"""Annotation files as tools write them, of masks that are known; made without the package."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from tests.trip import COLUMNS, ROWS, Desk, order, truth

NAMES = {1: "liver", 2: "ring"}
Mask = NDArray[np.bool_]


def outlines(mask: Mask) -> list[list[tuple[int, int]]]:
    """The loops along the edges of pixels that part a mask from the rest, (column, row) of corners, holes too."""
    padded = np.pad(mask, 1)
    ahead: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, column in np.argwhere(mask).tolist():
        for (down, right), start, stop in (
            ((-1, 0), (0, 0), (1, 0)), ((0, 1), (1, 0), (1, 1)), ((1, 0), (1, 1), (0, 1)), ((0, -1), (0, 1), (0, 0)),
        ):  # fmt: skip
            if not padded[row + 1 + down, column + 1 + right]:
                ahead.setdefault((column + start[0], row + start[1]), []).append((column + stop[0], row + stop[1]))
    loops = []
    while ahead:
        first = point = next(iter(ahead))
        loop = []
        while not loop or point != first:
            loop.append(point)
            following = ahead[point].pop()
            if not ahead[point]:
                del ahead[point]
            point = following
        loops.append(loop)
    return loops


def drawn(one: Desk) -> Iterator[tuple[str, int, Mask]]:
    """Name of the picture, label and mask of everything that is drawn."""
    for frame, png in order(one):
        for label, masks in truth().items():
            if masks[frame].any():
                yield png.name, label, masks[frame]


def names(one: Desk) -> list[str]:
    """All pictures that somebody had before them."""
    return [png.name for _, png in order(one)]


def runs(values: NDArray[Any]) -> list[int]:
    """Lengths of runs, that of zeros first."""
    counts, last = [0], False
    for value in values.tolist():
        if value != last:
            counts.append(0)
            last = value
        counts[-1] += 1
    return counts


def coco(one: Desk, folder: Path, *, as_runs: bool) -> Path:
    pictures = names(one)
    annotations = [
        {"id": number, "image_id": pictures.index(name), "category_id": label, "iscrowd": int(as_runs),
         "segmentation": {"size": [ROWS, COLUMNS], "counts": runs(mask.ravel(order="F"))} if as_runs
         else [[edge for point in loop for edge in point] for loop in outlines(mask)]}
        for number, (name, label, mask) in enumerate(drawn(one), 1)
    ]  # fmt: skip
    images = [{"id": n, "file_name": name, "width": COLUMNS, "height": ROWS} for n, name in enumerate(pictures)]
    categories = [{"id": value, "name": name} for value, name in NAMES.items()]
    content = {"info": {"contributor": "Dr. Jane Roe, jane@example.org"}, "images": images, "categories": categories,
               "annotations": annotations}  # fmt: skip
    (folder / "instances.json").write_text(json.dumps(content))
    return folder / "instances.json"


def coco_polygons(one: Desk, folder: Path) -> Path:
    return coco(one, folder, as_runs=False)


def coco_runs(one: Desk, folder: Path) -> Path:
    return coco(one, folder, as_runs=True)


def cvat(one: Desk, folder: Path) -> Path:
    """The blob as a polygon, the ring as a mask of its box."""
    images = dict.fromkeys(names(one), "")
    for name, label, mask in drawn(one):
        if label == 1:
            [loop] = outlines(mask)
            points = ";".join(f"{column:.2f},{row:.2f}" for column, row in loop)
            images[name] += f'<polygon label="liver" source="manual" occluded="0" points="{points}" z_order="0"/>'
        else:
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            where = f'left="{columns[0]}" top="{rows[0]}" width="{part.shape[1]}" height="{part.shape[0]}"'
            rle = ", ".join(map(str, runs(part.ravel())))
            images[name] += f'<mask label="ring" source="manual" occluded="0" rle="{rle}" {where} z_order="0"/>'
    body = "".join(
        f'<image id="{n}" name="{name}" width="{COLUMNS}" height="{ROWS}">{content}</image>'
        for n, (name, content) in enumerate(images.items())
    )
    owner = "<meta><task><owner><username>jroe</username><email>jane@example.org</email></owner></task></meta>"
    (folder / "annotations.xml").write_text(f"<annotations><version>1.1</version>{owner}{body}</annotations>")
    return folder / "annotations.xml"


def label_studio(one: Desk, folder: Path) -> Path:
    """The blob as one polygon; the ring, which has a hole, as the runs of a brush."""
    tasks: dict[str, list[dict[str, Any]]] = {name: [] for name in names(one)}
    for name, label, mask in drawn(one):
        head = {"from_name": "label", "to_name": "image", "original_width": COLUMNS, "original_height": ROWS}
        if label == 1:
            [loop] = outlines(mask)
            points = [[100 * column / COLUMNS, 100 * row / ROWS] for column, row in loop]
            value: dict[str, Any] = {"points": points, "polygonlabels": ["liver"]}
            tasks[name].append({**head, "type": "polygonlabels", "value": value})
        else:
            value = {"format": "rle", "rle": brush(mask), "brushlabels": ["ring"]}
            tasks[name].append({**head, "type": "brushlabels", "value": value})
    content = [
        {"id": n, "data": {"image": f"/data/upload/1/0a1b2c3d-{name}"},
         "annotations": [{"id": n, "completed_by": {"email": "jane@example.org"}, "result": result}]}
        for n, (name, result) in enumerate(tasks.items(), 1)
    ]  # fmt: skip
    (folder / "project-1.json").write_text(json.dumps(content))
    return folder / "project-1.json"


def brush(mask: Mask) -> list[int]:
    """Runs of RGBA bytes: count, bits of a value less one, bits of four sizes of lengths less one, then the runs."""
    values = np.repeat(np.where(mask.ravel(), 255, 0), 4).tolist()
    bits = f"{len(values):032b}" + f"{8 - 1:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    at = 0
    while at < len(values):
        length = 1
        while at + length < len(values) and values[at + length] == values[at] and length < 256:
            length += 1
        bits += f"1{2:02b}{length - 1:08b}{values[at]:08b}"
        at += length
    bits += "0" * (-len(bits) % 8)
    return [int(bits[n : n + 8], 2) for n in range(0, len(bits), 8)]


def labelme(one: Desk, folder: Path) -> Path:
    """A file for each picture; the ring's outline goes inward along a seam, as labelme has no holes."""
    shapes: dict[str, list[dict[str, Any]]] = {name: [] for name in names(one)}
    for name, label, mask in drawn(one):
        loops = outlines(mask)
        points = [*loops[0], *(point for loop in loops[1:] for point in (loops[0][0], *loop, loop[0])), loops[0][0]]
        shapes[name].append({"label": NAMES[label], "points": points, "shape_type": "polygon", "flags": {}})
    for name, found in shapes.items():
        content = {"version": "5.4", "flags": {}, "shapes": found, "imagePath": f"..\\jroe\\{name}", "imageData": None,
                   "imageHeight": ROWS, "imageWidth": COLUMNS}  # fmt: skip
        (folder / Path(name).with_suffix(".json").name).write_text(json.dumps(content))
    return folder


def nifti(one: Desk, folder: Path) -> Path:
    """A label map whose affine comes from the recovered instances themselves."""
    import nibabel

    files = [dcmread(path) for path in one.container.recover_to(folder / "back")]
    normal = np.cross(files[0].ImageOrientationPatient[:3], files[0].ImageOrientationPatient[3:])
    files.sort(key=lambda file: float(np.dot(file.ImagePositionPatient, normal)))
    names_of = {str(file.SOPInstanceUID): index for index, file in enumerate(files)}
    [stack] = one.container.stacks
    values = np.zeros((COLUMNS, ROWS, len(files)), np.uint8)
    for frame, instance in enumerate(stack.frames["instance"].tolist()):
        place = names_of[one.container.instances[instance].sop_instance_uid]
        values[:, :, place] = (truth()[1][frame] + 2 * truth()[2][frame]).T
    first, last = (np.array(files[index].ImagePositionPatient, float) for index in (0, -1))
    orientation, spacing = np.array(files[0].ImageOrientationPatient, float), files[0].PixelSpacing
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = orientation[:3] * float(spacing[1]), orientation[3:] * float(spacing[0])
    affine[:3, 2], affine[:3, 3] = (last - first) / (len(files) - 1), first
    image = nibabel.Nifti1Image(values, np.diag([-1, -1, 1, 1]) @ affine)
    nibabel.save(image, folder / "labels.nii.gz")
    return folder / "labels.nii.gz"


def turned_nifti(one: Desk, folder: Path) -> Path:
    """The same with other axes, as tools for RAS write it."""
    import nibabel

    image = nibabel.as_closest_canonical(nibabel.load(nifti(one, folder)))
    nibabel.save(image, folder / "canonical.nii")
    return folder / "canonical.nii"
