"""Makes the golden file of the annotation sets of this release: python -m tests.golden.make_annotations

Run once for a released version of their layout; what it wrote is kept for ever, and every later release has to read it.
"""

import json
import shutil
from pathlib import Path

import dicomconv
from dicomconv.container.annotations import add_set
from tests.container.annotated import drawn, plain

FOLDER = Path(__file__).parent
CONTAINER, GOLDEN = FOLDER / "container-v1.1/series2.h5", FOLDER / "annotations-v1.0/series.h5"


def main() -> None:
    """Add two sets to a golden container, keep it and what they hold."""
    shutil.rmtree(GOLDEN.parent, ignore_errors=True)
    GOLDEN.parent.mkdir()
    annotated(GOLDEN)
    GOLDEN.with_suffix(".json").write_text(json.dumps(sets(GOLDEN), indent=1) + "\n", encoding="utf-8")


def annotated(path: Path) -> None:
    """The golden container with two sets."""
    shutil.copyfile(CONTAINER, path)
    add_set(path, drawn("reviewer-a"))
    add_set(path, drawn("Prüfer B", annotator="", algorithm="AUTOMATIC"))


def sets(path: Path) -> dict[str, object]:
    """What each set holds, and its digest, as JSON has it."""
    with dicomconv.open_container(path) as container:
        return {name: [one.sha256, *map(_told, plain(one.load()))] for name, one in container.annotations.items()}


def _told(part: object) -> str:
    return repr(sorted(part) if isinstance(part, frozenset) else part)


if __name__ == "__main__":
    main()
