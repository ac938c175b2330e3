"""`python -m tests.benchmarks.slides`: what each command takes of a slide of 100,000 tiles, each a process of its own.

One slide whose tiles lie in order (TILED_FULL), one with a place for each (TILED_SPARSE). Peak memory as the kernel
reports it.
"""

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests import slides
from tests.benchmarks.speed import OURS, ROOT, timed

SIZE, DIFFERENT = 256, 64
A_WHILE = ["timeout", "60"]  # seconds of drawing: a hundred thousand pictures take 15 GB
ORGANIZATIONS = {"TILED_FULL": False, "TILED_SPARSE": True}


WHILE_DRAWING = "render, a minute"


def tiles() -> list[bytes]:
    """Compressed tiles that look like stained tissue to a JPEG encoder: a smooth stain with grain."""
    random = np.random.default_rng(4)
    found = []
    for _ in range(DIFFERENT):
        coarse = random.integers(120, 250, (9, 9, 3), np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.int16)
        grain = smooth + random.normal(0, 5, smooth.shape)
        buffer = io.BytesIO()
        Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=80)
        found.append(buffer.getvalue())
    return found


def write(path: Path, count: int, *, sparse: bool) -> None:
    """A slide of about `count` tiles, 5 across for 4 down."""
    across = max(1, round((count * 1.25) ** 0.5))
    with path.open("wb") as file:
        file.writelines(slides.large(across, -(-count // across), tiles(), SIZE, sparse=sparse))


def commands(folder: Path, source: Path) -> dict[str, list[str]]:
    """What is run, in this order, by the name it has in the table."""
    key, out = str(folder / "key"), folder / "out"
    reports = ["-o", str(folder / "audit.json"), "--html", str(folder / "audit.html")]
    return {
        "deidentify": ["deidentify", str(source), "-o", str(folder / "plain"), "--key", key],
        "convert": ["convert", str(source), "-o", str(out), "--key", key],
        "info": ["info", str(out)],
        "verify": ["verify", str(out)],
        "recover": ["recover", str(out), "-o", str(folder / "back")],
        WHILE_DRAWING: ["render", str(out), "-o", str(folder / "pictures"), "--level", "0"],
        "audit": ["audit", str(out), "--against", str(source), "--key", key, *reports],
        "convert --seal-to": ["convert", str(source), "-o", str(folder / "sealed"), "--key", key,
                              "--seal-to", str(folder / "custodian.pub")],
    }  # fmt: skip


def prepare(folder: Path) -> None:
    """The keys."""
    timed([*OURS, "keygen", "-o", str(folder / "key")], b"", folder / "errors")
    timed([*OURS, "keygen", "--seal", str(folder / "custodian"), "--no-passphrase"], b"", folder / "errors")


def measure(folder: Path, count: int, only: list[str]) -> None:
    """Make each slide and run everything on it, a line a command."""
    prepare(folder)
    for name, sparse in ORGANIZATIONS.items():
        source = folder / "source" / "slide.dcm"
        source.parent.mkdir(exist_ok=True)
        write(source, count, sparse=sparse)
        print(f"{name}: {count} tiles, {source.stat().st_size / 1e6:.0f} MB", flush=True)
        for title, words in commands(folder, source.parent).items():
            if only and title.split(",")[0].split()[0] not in only:
                continue
            limit = A_WHILE if title == WHILE_DRAWING else []
            seconds, peak, fault = timed([*limit, *OURS, *words], b"", folder / "errors")
            made = f"{sum(1 for _ in (folder / 'pictures').glob('*.png'))} PNGs" if limit else fault
            print(f"  {title:20}{seconds:8.1f} s{peak / 1e6:8.0f} MB   {made}", flush=True)
        for left in ("plain", "out", "back", "pictures", "sealed"):
            shutil.rmtree(folder / left, ignore_errors=True)


def main() -> int:
    """Measure both slides."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.slides", description=__doc__)
    parser.add_argument("--tiles", type=int, default=100_000, help="how many tiles (100000)")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; needs 10 GB (the temporary folder)")
    parser.add_argument("--only", nargs="+", default=[], metavar="COMMAND", help="these commands alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dicomconv-slides-", dir=asked.folder) as folder:
        measure(Path(folder), asked.tiles, asked.only)
    return 0


if __name__ == "__main__":
    assert ROOT.is_dir()
    sys.exit(main())
