"""How many slices a second and processor `dicomconv export` writes, by layout.

    python -m tests.benchmarks.export [--slices 1000] [--layouts png jpeg …] [--jobs 2]

Makes a phantom (see phantom.py), converts it without PNGs, and exports it in each layout: whole commands, start included.
Imports nothing of dicomconv.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import phantom

SERIES = 4
DICOMCONV = [sys.executable, "-m", "dicomconv"]
LAYOUTS = ("png", "jpeg", "tiff", "medpix", "medmnist")
OPTIONS = {"medmnist": ["--size", "224", "--name", "phantom", "--labels", "LABELS", "--split", "70/10/20"]}


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time of all its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print a row for each layout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slices", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phantom.main(folder / "in", asked.slices // SERIES, SERIES)
        timed([*DICOMCONV, "convert", str(folder / "in"), "-o", str(folder / "out"), "--no-png", "-q"])
        shutil.rmtree(folder / "in")
        patients = sorted(path.name for path in (folder / "out").glob("DEID-*"))
        labels = folder / "labels.csv"
        labels.write_text("patient_id,grade\n" + "".join(f"{one},{n % 2}\n" for n, one in enumerate(patients)))
        print(f"{asked.slices} slices of 512 x 512, 16 bits; {asked.jobs} processes")
        print(f"{'layout':12}{'clock s':>9}{'processor s':>13}{'slices a second and process':>30}{'and processor':>16}")
        for layout in asked.layouts:
            options = [str(labels) if one == "LABELS" else one for one in OPTIONS.get(layout, [])]
            command = [*DICOMCONV, "export", layout, str(folder / "out"), "-o", str(folder / layout), "--jobs", str(asked.jobs)]
            clock, processor = timed([*command, *options])
            rates = asked.slices / clock / asked.jobs, asked.slices / processor
            print(f"{layout:12}{clock:9.2f}{processor:13.2f}{rates[0]:30.0f}{rates[1]:16.0f}", flush=True)
            shutil.rmtree(folder / layout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
