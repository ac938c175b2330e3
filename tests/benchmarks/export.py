"""How many slices a second and processor `dicomconv export` writes, by layout.

    python -m tests.benchmarks.export [--slices 1000] [--rounds 3] [--jobs 1 2] [--layouts png jpeg ...]

Makes phantoms (see phantom.py), converts them without PNGs, draws two organs on every slice as masks and imports these, and
exports all in each layout: whole commands, start included. Layouts of radiographs are given `--radiographs` of them, 2500 x
2048. Imports nothing of dicomconv.
"""

import argparse
import csv
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import Dataset

from tests.benchmarks import phantom
from tests.make import EXPLICIT, encoded

SERIES, TALL, WIDE = 4, 2500, 2048
DICOMCONV = [sys.executable, "-m", "dicomconv"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
SPLIT = ["--split", "70/10/20"]
OF_SLICES: dict[str, list[str]] = {
    "png": [], "jpeg": [], "tiff": [], "medpix": [], "stylegan": [],
    "medmnist": ["--size", "224", "--labels", "LABELS", *SPLIT],
    "coco": [], "yolo": [], "voc": [], "png-masks": [], "medsegbench": SPLIT,
}  # fmt: skip
OF_RADIOGRAPHS: dict[str, list[str]] = {"nih-chestxray14": SPLIT, "chexpert": SPLIT, "mimic-cxr-jpg": SPLIT}
LABELS_TOML = '[[label]]\nname = "liver"\nvalue = 1\n[[label]]\nname = "spleen"\nvalue = 2\n'
IMPORT = "annotate import masks --into slices --labels labels.toml --set organs --format png"


def timed(*words: str | Path) -> tuple[float, float]:
    """Seconds by the clock of a command of dicomconv, and of processor time of all its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [*DICOMCONV, *map(str, words)]
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def converted(folder: Path, out: Path) -> None:
    """Convert what lies in a folder, and remove that."""
    timed("convert", folder, "-o", out, "--no-png", "-q")
    shutil.rmtree(folder)


def annotated(folder: Path) -> None:
    """Two discs on every slice of folder/slices, imported as the masks of somebody who drew them."""
    timed("export", "png", folder / "slices", "-o", folder / "names")
    (folder / "masks").mkdir()
    (folder / "labels.toml").write_text(LABELS_TOML)
    rows, columns = np.mgrid[: phantom.SIZE, : phantom.SIZE]
    with (folder / "names/images.csv").open() as file:
        for number, row in enumerate(csv.DictReader(file)):
            mask, radius = np.zeros((phantom.SIZE, phantom.SIZE), np.uint8), 40 + number % 60
            mask[(columns - 200) ** 2 + (rows - 240) ** 2 < radius**2] = 1
            mask[(columns - 350) ** 2 + (rows - 300) ** 2 < (radius - 20) ** 2] = 2
            Image.fromarray(mask).save(folder / "masks" / Path(row["file"]).name, compress_level=1)
    known = {"masks", "slices", "labels.toml"}
    timed(*(folder / word if word in known else word for word in IMPORT.split()))


def radiographs(folder: Path, count: int) -> None:
    """Radiographs of a patient each, 12 bits: what is left of the phantom when it is larger and flat."""
    folder.mkdir()
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[:TALL, :WIDE] / (TALL / 2) - 1
    thick = np.exp(-(rows**2) - (columns - 0.2) ** 2)
    for number in range(count):
        one = Dataset()
        one.update(phantom.header(number))
        one.SOPClassUID, one.Modality, one.ViewPosition = "1.2.840.10008.5.1.4.1.1.1", "CR", "PA"
        one.PatientID, one.BodyPartExamined, one.BurnedInAnnotation = f"BENCH{number}", "CHEST", "NO"
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            setattr(one, keyword, phantom.uid(f"radiograph {keyword} {number}"))
        for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "PixelPaddingValue", "SliceThickness"):
            one.pop(keyword, None)
        one.Rows, one.Columns, one.BitsStored, one.HighBit, one.PixelRepresentation = TALL, WIDE, 12, 11, 0
        one.WindowCenter, one.WindowWidth, one.RescaleIntercept = "2048", "4096", "0"
        values = 400 + 3000 * thick + random.normal(0, 20, thick.shape)
        one.PixelData = np.clip(values, 0, 4095).astype("<u2").tobytes()
        one["PixelData"].VR = "OW"
        (folder / f"IM{number:05}").write_bytes(encoded(one, EXPLICIT))


def labels_of(folder: Path) -> Path:
    """A table with a grade for each patient of a converted folder."""
    patients = sorted(path.name for path in folder.glob("DEID-*"))
    table = folder.with_suffix(".csv")
    table.write_text("patient_id,grade\n" + "".join(f"{one},{n % 2}\n" for n, one in enumerate(patients)))
    return table


def prepared(folder: Path, slices: int, count: int) -> Iterator[tuple[Path, int, dict[str, list[str]]]]:
    """What is exported: converted folders, how many images each holds, and the layouts with their options."""
    if slices:
        phantom.main(folder / "in", slices // SERIES, SERIES)
        converted(folder / "in", folder / "slices")
        annotated(folder)
        yield folder / "slices", slices, OF_SLICES
    if count:
        radiographs(folder / "in", count)
        converted(folder / "in", folder / "radiographs")
        yield folder / "radiographs", count, OF_RADIOGRAPHS


def main() -> int:
    """Print a row for each layout and number of processes: least ... median ... most of the rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slices", type=int, default=1000)
    parser.add_argument("--radiographs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=sorted({1, len(os.sched_getaffinity(0))}))
    parser.add_argument("--layouts", nargs="+", default=[*OF_SLICES, *OF_RADIOGRAPHS])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = (Path(name) / f"out{number}" for number in itertools.count())
        for source, count, layouts in prepared(Path(name), asked.slices, asked.radiographs):
            print(f"{count} {source.name}: images a second and process by the clock, and by processor time")
            table = labels_of(source)
            for layout in [one for one in layouts if one in asked.layouts]:
                options = [str(table) if one == "LABELS" else one for one in layouts[layout]]
                for jobs in asked.jobs:
                    # nothing is removed in between: ext4 does not use an inode again at once, and looks long for another
                    runs = [
                        timed("export", layout, source, "-o", next(folders), "--jobs", str(jobs), *options)
                        for _ in range(asked.rounds)
                    ]
                    clock, processor = ([count / seconds for seconds in each] for each in zip(*runs, strict=True))
                    rates = told([one / jobs for one in clock]), told(processor)
                    print(f"{layout:16}{jobs:3} processes {rates[0]} {rates[1]}", flush=True)
    return 0


def told(rates: list[float]) -> str:
    """Least, median, most."""
    return f"{min(rates):6.0f} ... {statistics.median(rates):4.0f} ... {max(rates):4.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
