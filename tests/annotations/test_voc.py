"""Pascal VOC: corners from 1, both of them in the box."""

from pathlib import Path

import pytest

from dicomconv.annotations import voc
from tests.annotations.places import drawn, faults

HEAD = (
    "<annotation>\n<folder>x</folder><filename>ser_0001.png</filename><path>/home/jdoe/ser_0001.png</path>\n"
    "<owner><name>Jane Doe</name></owner><size><width>30</width><height>20</height><depth>1</depth></size>\n"
)


def an_object(box: str = "<xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>4</ymax>", more: str = "") -> str:
    """One object."""
    return f"<object><name>liver</name><pose>Left</pose>{more}<bndbox>{box}</bndbox></object>\n"


def write(folder: Path, *objects: str, name: str = "a.xml", head: str = HEAD) -> Path:
    """A file of these objects."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(head + "".join(objects) + "</annotation>")
    return folder / name


def test_both_corner_pixels_belong_to_a_box(tmp_path: Path) -> None:
    (one,) = drawn(voc.read(write(tmp_path, an_object())))
    assert one.rings[0].tolist() == [[0, 1], [30, 4]]
    assert (one.kind, one.label, one.place) == ("box", "liver", "line 4")
    assert (one.picture.name, one.picture.size) == ("ser_0001.png", (30, 20))
    assert "doe" not in repr(one).lower()


@pytest.mark.parametrize(("left", "first"), [("3", 2), ("3.0", 3), ("3.5", 3.5), ("0", 0)])
def test_corners_with_decimals_or_from_0_are_coordinates(tmp_path: Path, left: str, first: float) -> None:
    box = f"<xmin>{left}</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax>"
    (one,) = drawn(voc.read(write(tmp_path, an_object(box))))
    assert one.rings[0].tolist() == [[first, 1 if left == "3" else 2], [9, 8]]


def test_a_folder_is_read_file_by_file_and_one_without_objects_was_seen(tmp_path: Path) -> None:
    write(tmp_path / "b", an_object(), name="2.XML")
    write(tmp_path / "a", name="1.xml", head="<annotation><filename>x.jpg</filename>")
    write(tmp_path / ".hidden", an_object())
    empty, full = drawn(voc.read(tmp_path))
    assert (empty.place, empty.is_seen_only, empty.picture.size) == ("a/1.xml, line 1", True, None)
    assert full.place == "b/2.XML, line 4"


@pytest.mark.parametrize(("one", "sentence"), [
    (an_object("<xmin>5</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"), "ends before it begins"),
    (an_object("<xmin>NaN</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"), "xmin is not a number"),
    (an_object("<xmin>1</xmin>"), "ymin is not a number"),
    (an_object(more="<polygon/>"), "<polygon> is not read"),
    ("<object><name>a</name></object>", "there is no <bndbox>"),
    (an_object().replace("liver", " "), "the name is missing"),
])  # fmt: skip
def test_a_bad_object_is_a_fault_and_hides_no_other(tmp_path: Path, one: str, sentence: str) -> None:
    found = list(voc.read(write(tmp_path, one, an_object())))
    assert len(found) == 2
    assert faults(found)[0][0] == "line 4"
    assert sentence in faults(found)[0][1]


@pytest.mark.parametrize("head", ["<annotation>", "<annotation><filename>a</filename><size><width>-1</width></size>"])
def test_a_file_without_a_picture_is_a_fault(tmp_path: Path, head: str) -> None:
    assert len(faults(voc.read(write(tmp_path, an_object(), head=head)))) == 1
