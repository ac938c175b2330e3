"""`python -m tests.benchmarks.redaction`: 24 ultrasound-like images with text, 8 without, through `--burned-in redact`.

Imports nothing of the package: it runs the command, and reads what comes out with pydicom.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage

from tests.benchmarks.deid.ultrasound import Screen, screens, text_free

HIDDEN = 0.96  # of a line's box that has to be blanked
AROUND = 8  # pixels around a line that may be blanked with it


def written(screen: Screen, number: int, folder: Path) -> None:
    """A picture as an ultrasound image."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID, image.SOPInstanceUID = UltrasoundImageStorage, f"1.2.3.4.{number}"
    image.StudyInstanceUID, image.SeriesInstanceUID = "1.2.3", f"1.2.3.5.{number}"
    image.PatientID, image.PatientName, image.Modality, image.InstanceNumber = "4711", "TEST", "US", number
    image.Rows, image.Columns = screen.pixels.shape
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PixelRepresentation = 1, "MONOCHROME2", 0
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    image.PixelData = screen.pixels.tobytes()
    image.save_as(folder / f"{number:02}.dcm", enforce_file_format=True)


def redacted(folder: Path) -> dict[int, NDArray[np.uint8]]:
    """What came out, by Instance Number."""
    command = [sys.executable, "-m", "dicomconv", "deidentify", str(folder / "in"), "-o", str(folder / "out"), "-q",
               "--burned-in", "redact"]  # fmt: skip
    subprocess.run(command, check=False)  # what it refuses does not come out, and is counted
    found = map(pydicom.dcmread, (folder / "out").rglob("*.dcm"))
    return {int(one.InstanceNumber): one.pixel_array for one in found}


def score(screen: Screen, after: NDArray[np.uint8]) -> dict[str, int]:
    """Lines hidden and retained, pixels changed beside them; each line that was missed or lost is printed."""
    changed, dark = after != screen.pixels, after == screen.pixels.min()
    counts, around = dict.fromkeys(("lines", "hidden", "measurements", "retained", "beside"), 0), np.zeros_like(changed)
    for line in screen.lines:
        box = line.box
        place = np.s_[box.top : box.bottom, box.left : box.right]
        wide = np.s_[max(0, box.top - AROUND) : box.bottom + AROUND, max(0, box.left - AROUND) : box.right + AROUND]
        around[wide] = True
        good = bool(dark[place].mean() >= HIDDEN) if line.identifying else not changed[place].any()
        counts["lines" if line.identifying else "measurements"] += 1
        counts["hidden" if line.identifying else "retained"] += good
        if not good:
            print(json.dumps({"missed" if line.identifying else "lost": line.text, "in": screen.name, "px": line.size}))
    beside = int((changed & ~around).sum())
    if beside:
        print(json.dumps({"pixels beside lines": beside, "in": screen.name}))
    return {**counts, "beside": beside}


def main() -> None:
    """Draw, run, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    with_text = list(screens(seed))
    shown = dict(enumerate([*with_text, *text_free(seed)], 1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for number, screen in shown.items():
            written(screen, number, folder / "in")
        found = redacted(folder)
    scores = [score(screen, found[number]) for number, screen in shown.items() if number in found]
    total = {key: sum(one[key] for one in scores) for key in scores[0]}
    total["beside_text_free"] = sum(one["beside"] for one in scores[len(with_text) :])
    print(json.dumps({"seed": seed, "images": len(shown), "came out": len(found), **total}))


if __name__ == "__main__":
    main()
