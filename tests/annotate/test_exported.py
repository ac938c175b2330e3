"""What lies on an export comes back onto the containers: by the export's images.csv, at another size too."""

from pathlib import Path

import numpy as np
import pytest

from dicomconv.container.reader import open_container
from tests.cli.command import call
from tests.export import made

WHERE = {"png-masks": "masks", "coco": "annotations/instances_train.json"}
BOXES = {"yolo": "labels", "voc": "Annotations"}


def returned(layout: str, folder: Path, *words: object) -> tuple[Path, str]:
    """The container after an export of its set came in again, and the name of the set."""
    [path] = made.annotated(folder)
    exported = folder / layout
    assert call("export", layout, folder / "out", "-o", exported, *words).exit_code == 0
    assert call("export", "png-masks", folder / "out", "-o", folder / "labels").exit_code == 0
    came = call("annotate", "import", exported / (WHERE | BOXES)[layout], "--into", folder / "out", "--set", "back",
                "--labels", folder / "labels/labels.toml")  # fmt: skip
    assert came.exit_code == 0, came.output
    return path, "back"


@pytest.mark.parametrize("size", [(), ("--size", 60)])
@pytest.mark.parametrize("layout", list(WHERE))
def test_masks_come_back(tmp_path: Path, layout: str, size: tuple[object, ...]) -> None:
    path, name = returned(layout, tmp_path, *size)
    with open_container(path) as container:
        for (frame, label), mask in made.masks().items():
            hidden = made.masks()[0, 1] if label == 2 and layout == "png-masks" else np.zeros_like(mask)
            found = container.annotations[name].mask(label, frame=frame)
            assert np.array_equal(found, mask & ~hidden)


@pytest.mark.parametrize("size", [(), ("--size", 60)])
@pytest.mark.parametrize("layout", list(BOXES))
def test_boxes_come_back(tmp_path: Path, layout: str, size: tuple[object, ...]) -> None:
    path, name = returned(layout, tmp_path, *size)
    with open_container(path) as container:
        shapes = [(shape.key.frame, shape.label, shape.rings[0]) for shape in container.annotations[name].shapes]
    [box] = [ring for frame, label, ring in shapes if (frame, label) == (1, 2)]
    assert np.allclose(box, [[4.5, 2.0], [10.0, 7.25]], atol=1e-5)
    [round_three] = [ring for frame, label, ring in shapes if label == 40]
    assert np.allclose(round_three, [[1, 1], [4, 3]], atol=1e-5)
