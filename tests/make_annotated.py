"""The picture of docs/annotating.md: a slice as it goes out, as it is drawn on, and the segmentation on the original."""

import tempfile
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dicomconv.cli import main
from sample_data.draw import AORTA, LIVER, annotations

ROOT = Path(__file__).parents[1]
COLOURS = {"liver": (230, 159, 0), "aorta": (86, 180, 233)}
SLICE, SCALE, GAP = 6, 2, 8
LABELS = """
[[label]]
name = "liver"
value = 1
type = "Liver"

[[label]]
name = "aorta"
value = 2
type = "Aorta"
"""
COMMANDS = """
keygen -o {0}/key
keygen --seal {0}/hospital --no-passphrase
convert {1}/sample_data/study -o {0}/out --key {0}/key --seal-to {0}/hospital.pub --include CT -q
annotate import {0}/a.xml --into {0}/out --labels {0}/labels.toml
annotate dicom {0}/out -o {0}/shared
reidentify {0}/shared -o {0}/back --identity {0}/hospital.pem --from {0}/out
"""


def annotated() -> Image.Image:
    """Three panels side by side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "labels.toml").write_text(LABELS, encoding="utf-8")
        for line in COMMANDS.strip().splitlines():
            if line.startswith("annotate import"):
                (folder / "a.xml").write_text(annotations(folder / "out", 0), encoding="utf-8")
            main.main(line.format(folder, ROOT).split(), standalone_mode=False)
        [png] = folder.glob(f"out/*/*/*/*_{SLICE:04d}.png")
        with Image.open(png) as image:
            plain = image.convert("RGB")
        [segmentation] = (folder / "back").rglob("*.dcm")
        panels = [enlarged(plain), outlined(enlarged(plain)), painted(segmentation)]
    whole = Image.new("RGB", (sum(one.width for one in panels) + GAP * (len(panels) - 1), panels[0].height))
    for index, one in enumerate(panels):
        whole.paste(one, (index * (one.width + GAP), 0))
    return whole


def enlarged(image: Image.Image) -> Image.Image:
    """An image with every pixel as a square."""
    return image.resize((image.width * SCALE, image.height * SCALE), Image.Resampling.NEAREST)


def outlined(image: Image.Image) -> Image.Image:
    """What the annotator sees."""
    drawing = ImageDraw.Draw(image)
    for label, points in (("liver", LIVER), ("aorta", AORTA)):
        ring = [tuple(float(number) * SCALE for number in point.split(",")) for point in points.split()]
        drawing.line([*ring, ring[0]], fill=COLOURS[label], width=2)
    return image


def painted(segmentation: Path) -> Image.Image:
    """That slice among the originals, with what a segmentation says of it in the colours of its segments."""
    found = pydicom.dcmread(segmentation)
    masks = found.pixel_array.astype(bool)
    referred = [one.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
                for one in found.PerFrameFunctionalGroupsSequence]  # fmt: skip
    numbers = [one.SegmentIdentificationSequence[0].ReferencedSegmentNumber for one in found.PerFrameFunctionalGroupsSequence]
    sources = [pydicom.dcmread(path) for path in (ROOT / "sample_data/study").rglob("CT/IM*")]
    source = sorted(sources, key=lambda one: one.ImagePositionPatient[2])[SLICE - 1]
    image = grey(source)
    for mask, uid, number in zip(masks, referred, numbers, strict=True):
        if uid == source.SOPInstanceUID:
            colour = np.array(COLOURS[found.SegmentSequence[number - 1].SegmentLabel])
            image[mask] = (image[mask] // 2 + colour // 2).astype(np.uint8)
    return enlarged(Image.fromarray(image))


def grey(source: pydicom.Dataset) -> NDArray[np.uint8]:
    """An original in a window for soft tissue, as RGB."""
    values = source.pixel_array * float(source.RescaleSlope) + float(source.RescaleIntercept)
    levels = np.clip((values + 160) / 400 * 255, 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


if __name__ == "__main__":
    annotated().save(ROOT / "docs/images/annotated.png", optimize=True)
