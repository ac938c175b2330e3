"""Reads an export with datumaro, which has to recognise its form by itself."""

import csv
from collections import Counter
from pathlib import Path

from dicomconv.export.images_table import NAME as IMAGES


def read_with_datumaro(folder: Path, form: str, **counts: int) -> str:
    """What was read, in a sentence. AssertionError if the form is not recognised, or a picture, box or mask is missing.

    `counts`: how many there have to be of `boxes`, of `masks`.
    """
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset
    from datumaro.components.environment import Environment

    kinds = {AnnotationType.bbox: "boxes", AnnotationType.mask: "masks"}
    found = Environment().detect_dataset(str(folder))
    assert any(name.split("_")[0] == form for name in found), f"datumaro takes it for {', '.join(found) or 'nothing'}"
    read, images = Counter[str](), 0
    for item in Dataset.import_from(str(folder), form):
        images += 1
        assert item.media.data is not None, "a picture is missing"
        read.update(kinds[one.type] for one in item.annotations if one.type in kinds)
    with (folder / IMAGES).open(encoding="utf-8", newline="") as file:
        expected = len(list(csv.DictReader(file)))
    assert images == expected, f"datumaro reads {images} images of {expected}"
    for kind, count in counts.items():
        assert read[kind] == count, f"datumaro reads {read[kind]} {kind} of {count}"
    return f"{images} images, {sum(read.values())} annotations (datumaro)"
