"""MedSegBench: an npz of pictures and masks by split, and what its table of data sets says of it."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dicomconv.errors import UsageError
from dicomconv.export.annotated import Page, annotated, chosen_set
from dicomconv.export.annotated_losses import losses, overlaps_lost
from dicomconv.export.array_pictures import (
    by_part,
    channels_of,
    check_parts,
    checked_name,
    checked_size,
    picture_folder,
    pixels_of,
    placed,
    raw_shots,
)
from dicomconv.export.drawn_on_pictures import values_on
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import FROM_CONTAINERS
from dicomconv.export.npz_stream import npz
from dicomconv.export.pictures import Look
from dicomconv.export.samples import write_at
from dicomconv.export.splits import PARTS
from dicomconv.render import parse_window

SIZES = (128, 256, 512)
MOST = 255
TAKES: frozenset[Option] = frozenset({"window", "size", "name", "annotations", "split"})
INFO = "medsegbench_info.json"
MASK = ".mask"


def write(export: Export) -> Written:
    """`<name>_<size>.npz`. Masks are uint8: labels in the order of their values are 1 and so on, nothing is 0."""
    check_parts(export.rows, "medsegbench")
    size = checked_size(export.choices.size, SIZES, "medsegbench")
    name = checked_name(export.choices.name, "dicomseg")
    window = export.choices.window or parse_window("file")
    look = Look(window, "raw", size=size, channels=channels_of(export.rows, window))
    chosen = chosen_set(export)
    if len(chosen.labels) > MOST:
        raise UsageError(f"a mask of 8 bits has room for {MOST} labels; there are {len(chosen.labels)}")
    with picture_folder(export.folder) as folder:
        found = annotated(export, chosen, look, partial(raw_shots, folder=folder), _write_mask, in_pieces=False)
        parts = by_part(found.taken)
        with npz(export.folder / f"{name}_{size}.npz") as file:
            for part, taken in parts.items():
                masks = [replace(one, shot=replace(one.shot, file=one.shot.file + MASK)) for one in taken]
                for kind, pictures, channels in (("images", taken, look.channels), ("label", masks, 1)):
                    shape = (len(taken), size, size, 3)[: 3 + (channels == 3)]
                    file.add(f"{part}_{kind}", shape, np.uint8, pixels_of(export.folder, pictures, channels))
    write_images(export.folder, placed(parts, "images"), look)
    numbers = {label.name: number for number, label in enumerate(chosen.labels, 1)}
    _write_info(export.folder, name, numbers, look.channels, {part: len(parts[part]) for part in PARTS})
    lost = (*losses(found.taken, look), *overlaps_lost(found.made))
    facts = {"labels": {str(number): label for label, number in numbers.items()}}
    return Written(found.rows, lost, FROM_CONTAINERS, found.left_out, facts)


def _write_mask(page: Page) -> int:
    """Write the mask beside a picture; how many of its pixels several labels claim."""
    values, several = values_on(page.drawn, page.numbers, page.taken.size)
    path = page.folder / (page.taken.shot.file + MASK)
    write_at(path, page.taken.shot.place, values.astype(np.uint8), page.taken.size[::-1])
    return several


def _write_info(folder: Path, name: str, numbers: dict[str, int], channels: int, counts: dict[str, int]) -> None:
    """An entry for the package's table `INFO`."""
    info = {
        "python_class": "MedSegBench", "task": "binary" if len(numbers) == 1 else "multi-class",
        "n_channels_im": channels, "n_channels_lbl": 1, "n_samples": counts,
        "label": {str(number): label for label, number in numbers.items()},
    }  # fmt: skip
    (folder / INFO).write_text(json.dumps({name: info}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def check(folder: Path) -> str:
    """The package's own class reads every split; each mask is as large as its picture."""
    from medsegbench.dataset import MedSegBench
    from medsegbench.info import INFO as KNOWN

    [(flag, info)] = json.loads((folder / INFO).read_text(encoding="utf-8")).items()
    [path] = folder.glob(f"{flag}_*.npz")
    size = int(path.stem.rpartition("_")[2])
    KNOWN[flag] = {**info, "description": "", "license": "", "url": "", "MD5": ""}
    total = 0
    for split, count in info["n_samples"].items():
        dataset = type("Exported", (MedSegBench,), {"flag": flag})(split, root=str(folder), size=size)
        assert len(dataset) == count, f"{split} has another number of items"
        for index in range(count):
            image, mask = dataset[index]
            assert np.shape(image)[:2] == np.shape(mask)[:2] == (size, size), "a picture or mask has another size"
        total += count
    assert total, "there are no items"
    return f"{total} items (medsegbench)"


LAYOUTS = {"medsegbench": Layout("medsegbench", "MedSegBench, npz of 128, 256 or 512", write, TAKES, check, ("medsegbench",))}
