"""YOLO: boxes and outlines in parts of a picture, names of classes in files beside."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicomconv.annotations import yolo
from dicomconv.annotations.yolo_names import of_yaml
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 40


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one picture, its labels, and names."""
    for folder in ("images/train", "labels/train"):
        (tmp_path / folder).mkdir(parents=True)
    Image.new("L", (COLUMNS, ROWS)).save(tmp_path / "images/train/ser_0001.png")
    (tmp_path / "labels/train/ser_0001.txt").write_text(
        "1 0.5 0.5 0.25 0.5\n\n0 0.1 0.1 0.5 0.1 0.5 0.7\n0 0.5 0.5 0.2 0.2 0.98\n"
    )
    (tmp_path / "labels/train/ser_0002.txt").write_text("\n")
    (tmp_path / "data.yaml").write_text("path: /home/jdoe\nnames:\n  0: liver  # large\n  1: 'left kidney'\nnc: 2\n")
    return tmp_path


def test_boxes_and_outlines_are_read_and_an_empty_file_was_seen(project: Path) -> None:
    found = drawn(yolo.read(project / "labels"))
    assert [(one.kind, one.label) for one in found[:3]] == [
        ("box", "left kidney"),
        ("polygon", "liver"),
        ("box", "liver"),
    ]
    assert found[0].in_pixels(COLUMNS, ROWS).rings[0].tolist() == [[15, 5], [25, 15]]
    assert np.allclose(found[1].in_pixels(COLUMNS, ROWS).rings[0], [[4, 2], [20, 2], [20, 14]])
    assert on_picture(found[1:2], ROWS, COLUMNS).sum() == pytest.approx(96, abs=8)
    assert all((one.picture.name, one.picture.size) == ("ser_0001.png", (COLUMNS, ROWS)) for one in found[:3])
    assert found[1].place == "train/ser_0001.txt, line 3"
    assert (found[3].picture.name, found[3].picture.size, found[3].is_seen_only) == ("ser_0002.png", None, True)


def test_one_file_is_read_with_the_names_of_its_project(project: Path) -> None:
    assert drawn(yolo.read(project / "labels/train/ser_0001.txt"))[0].place == "line 1"


@pytest.mark.parametrize("name", ["classes.txt", "obj.names"])
def test_names_beside_the_files_are_lines(project: Path, name: str) -> None:
    (project / "labels/train" / name).write_text("a\nb c\n")
    assert [one.label for one in drawn(yolo.read(project / "labels"))[:2]] == ["b c", "a"]


@pytest.mark.parametrize("said", [
    "names: [a, b c]", "names: ['a', \"b c\"] # two", "names:\n- a\n- b c", "nc: 2\nnames:\n  - a\n  - 'b c'\nval: x",
    "names:\n  1: b c\n  0: a", "names: {0: a, 1: 'b c'}", "names: [\n  a,  # first\n  b c,\n]\nroboflow:\n  x: y",
    'names:\n\n  # organs\n  "0": a\n  "1": "b c"',
])  # fmt: skip
def test_names_of_a_yaml_file(said: str) -> None:
    assert of_yaml(said) == {0: "a", 1: "b c"}


def test_a_class_without_a_name_is_a_fault_and_no_guess(project: Path) -> None:
    (project / "data.yaml").unlink()
    assert [why.partition(";")[0] for _, why in faults(yolo.read(project / "labels"))] == [
        "class 1 has no name", "class 0 has no name", "class 0 has no name",
    ]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), [
    ("0 0.5 0.5 0.2", "neither a box"), ("0 0.5 0.5 0.2 0.1 0.1 0.1 0.1", "neither a box"), ("0", "neither a box"),
    ("x 0.5 0.5 0.2 0.2", "the number of the class is not"), ("0.5 0.5 0.5 0.2 0.2", "the number of the class is not"),
    ("-1 0.5 0.5 0.2 0.2", "the number of the class is not"), ("0 0.5 nan 0.2 0.2", "a coordinate is not a number"),
    ("0 0.5 0.5 0.2 20", "a coordinate is not between 0 and 1"), ("0 0.5 0.5 0 0.2", "no width or no height"),
    ("9 0.5 0.5 0.1 0.2", "class 9 has no name"), ("0 0_1 0.5 0.1 0.2", "a coordinate is not a number"),
])  # fmt: skip
def test_a_bad_line_is_a_fault_and_hides_no_other(project: Path, line: str, sentence: str) -> None:
    path = project / "labels/train/ser_0001.txt"
    path.write_text(f"{line}\n1 0.5 0.5 0.25 0.5\n")
    found = list(yolo.read(path))
    ((where, why),) = faults(found)
    assert where == "line 1"
    assert sentence in why
    assert len(found) == 2


def test_names_that_cannot_be_read_are_a_fault_of_each_file(project: Path) -> None:
    (project / "data.yaml").write_text("names: *anchor\n")
    assert len(faults(yolo.read(project / "labels"))) == 2
