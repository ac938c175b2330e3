"""A file is known by what is in it, whatever it is called."""

import json
from pathlib import Path
from typing import Any

import pytest

from dicomconv.annotations.formats import UnknownFormat, format_of
from tests.annotations.test_via import CONTENT, VIA_1, as_csv
from tests.annotations.test_voc import an_object, write

LABELME = {"version": "5", "flags": {}, "shapes": [], "imagePath": "a.png", "imageData": None}


@pytest.mark.parametrize(("said", "name"), [
    ({"images": [], "annotations": [], "categories": []}, "coco"),
    ({"annotations": [], "info": {}, "categories": [], "images": []}, "coco"),
    ('<?xml version="1.0"?>\n<!-- x --><annotations><version>1.1</version></annotations>', "cvat"),
    ("<annotation><filename>a</filename></annotation>", "voc"),
    ([{"id": 1, "data": {"image": "a.png"}, "annotations": []}], "label-studio"),
    ([{"id": 1, "image": "a.png", "annotator": 1}], "label-studio"),
    (LABELME, "labelme"), (CONTENT, "via"), (VIA_1, "via"), ({"_via_settings": {}, "_via_img_metadata": {}}, "via"),
    (as_csv(CONTENT), "via"), (as_csv(CONTENT, ""), "via"),
])  # fmt: skip
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_is_known_by_its_content(tmp_path: Path, said: Any, name: str, mark: str) -> None:
    path = tmp_path / "file"
    path.write_text(mark + (said if isinstance(said, str) else json.dumps(said)), encoding="utf-8")
    assert format_of(path) == name


def test_folders_are_known_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/x.json").write_text(json.dumps(LABELME))
    assert format_of(tmp_path / "a") == "labelme"
    write(tmp_path / "voc", an_object())
    assert format_of(tmp_path / "voc") == "voc"
    (tmp_path / "yolo").mkdir()
    (tmp_path / "yolo/classes.txt").write_text("liver\n")
    (tmp_path / "yolo/a.txt").write_text("")
    (tmp_path / "yolo/b.txt").write_text("\n0 0.5 5e-1 .5 0.1\n")
    assert format_of(tmp_path / "yolo") == "yolo"
    assert format_of(tmp_path / "yolo/b.txt") == "yolo"


@pytest.mark.parametrize("said", [
    "", "{", "[", "[]", "{}", "[1]", '{"a": 1}', "<html/>", "hello", "1 2 3 4 5", '{"annotations": 5}', "PK\x03\x04", "\0",
])  # fmt: skip
def test_anything_else_is_no_format(tmp_path: Path, said: str) -> None:
    path = tmp_path / "file"
    path.write_text(said)
    with pytest.raises(UnknownFormat, match="file: this is none of the formats"):
        format_of(path)


def test_a_folder_without_annotations_and_a_file_that_is_not_there_are_no_format(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnknownFormat):
            format_of(path)


def test_a_folder_with_one_file_of_annotations_says_to_give_that(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/instances.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(UnknownFormat, match=r"in annotations/instances\.json; give that file"):
        format_of(tmp_path)
