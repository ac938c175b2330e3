"""Makes the golden files of the container format of this release: python -m tests.golden.make

Run once for a released format; what it wrote is kept for ever, and every later release has to read it.
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

import dicomconv
from dicomconv.pipeline.key_file import write_key
from tests import make

FOLDER = Path(__file__).parent / "container-v1.1"


def main() -> None:
    """Convert two made-up series, keep their containers and what they hold."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_key(work / "key", bytes(range(32)))
        slices = {f"ct/{number}": content for number, content in enumerate(make.series(3), 1)}
        colour = make.encapsulated(make.ramp(4, 5, 3, dtype="uint8"), sop_class="VL", SeriesInstanceUID=make.uid("vl"))
        source = make.write(work / "source", {**slices, "rle": colour})
        dicomconv.convert(source, work / "out", key=work / "key", png=False)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        for number, path in enumerate(sorted((work / "out").rglob("*.h5")), 1):
            shutil.copyfile(path, FOLDER / f"series{number}.h5")
            (FOLDER / f"series{number}.json").write_text(json.dumps(content(path, work / "back"), indent=1) + "\n")


def content(path: Path, back: Path) -> dict[str, object]:
    """What a container holds: its UUID and root digest, its files by digest, its frames as numbers."""
    with dicomconv.open_container(path) as container:
        files = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in container.recover_to(back)}
        return {
            "container_uuid": container.container_uuid,
            "root_sha256": container.root_sha256.hex(),
            "files": dict(sorted(files.items())),
            "stacks": [np.asarray(stack).tolist() for stack in container.stacks],
            "affines": [None if s.affine_lps is None else s.affine_lps.tolist() for s in container.stacks],
        }


if __name__ == "__main__":
    main()
