"""Label Studio: percent, brushes, both forms, and names of pictures behind addresses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.annotations import brush, label_studio
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.names import picture_name, without_upload_prefix
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 40
SIZE = {"original_width": COLUMNS, "original_height": ROWS, "image_rotation": 0}
masks = st.tuples(st.integers(1, 12), st.integers(1, 9)).flatmap(lambda shape: arrays(bool, shape))
BOX = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["liver"]}


def result(type_: str = "rectanglelabels", id_: str = "r1", **value: Any) -> dict[str, Any]:
    """A result of the full form."""
    return {"id": id_, "type": type_, "from_name": "a", "to_name": "b", "value": value, **SIZE}


def task(*results: Any, image: str = "/data/upload/1/ab12cd34-ser%200001.png", **more: Any) -> dict[str, Any]:
    """A task of the full form with one annotation."""
    annotation = {"completed_by": {"email": "jane@hospital.example"}, "result": list(results), "was_cancelled": False}
    return {"id": 1, "data": {"image": image}, "annotations": [annotation], "predictions": [{"result": [5]}], **more}


@pytest.fixture
def read(tmp_path: Path):
    """Reads what a file of this content gives."""

    def _read(*tasks: object) -> list[object]:
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks))
        return list(label_studio.read(path))

    return _read


@settings(deadline=None)
@given(masks)
def test_a_brush_gives_its_mask_again(mask: np.ndarray) -> None:
    assert (brush.decoded(brush.encoded(mask), *mask.shape) == mask).all()


@settings(max_examples=40, deadline=None)
@given(masks)
def test_brushes_are_those_of_label_studios_own_converter(mask: np.ndarray) -> None:
    witness = pytest.importorskip("label_studio_sdk.converter.brush", reason="label_studio_sdk is not installed")
    samples = np.repeat(mask.ravel(), 4).astype(np.uint8) * 255
    assert (witness.decode_rle(brush.encoded(mask)) == samples).all()
    assert (brush.decoded(witness.encode_rle(samples), *mask.shape) == mask).all()


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 6), st.just(4))))
def test_colours_of_a_brush_do_not_matter_its_alpha_does(image: np.ndarray) -> None:
    """Blocks of single samples, as of strokes with colours, built by the description alone."""
    text = f"{image.size:032b}{7:05b}" + "".join(f"{bits - 1:04b}" for bits in (3, 4, 8, 16))
    flat = image.ravel().tolist()
    for at in range(0, len(flat), 8):
        block = flat[at : at + 8]
        text += f"000{len(block) - 1:03b}" + "".join(f"{sample:08b}" for sample in block)
    text += "0" * (-len(text) % 8)
    packed = [int(text[at : at + 8], 2) for at in range(0, len(text), 8)]
    assert (brush.decoded(packed, *image.shape[:2]) == (image[..., 3] >= 128)).all()


def test_everything_that_a_task_can_hold_is_read(read) -> None:
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[3:7, 8:30] = True
    found = drawn(read(task(
        result(**BOX),
        result("polygonlabels", points=[[10, 10], [50, 10], [50, 60]], polygonlabels=["liver", "ring"]),
        result("brushlabels", format="rle", rle=brush.encoded(mask), brushlabels=["ring"]),
        result("keypointlabels", x=50, y=50, width=0.5, keypointlabels=["tip"]),
        result("ellipselabels", x=50, y=50, radiusX=20, radiusY=40, rotation=0, ellipselabels=["liver"]),
        result("choices", "c1", choices=["motion", "noise"]),
        result("textarea", "t1", text=["Jane Doe was here"]),
        result("rectangle", "r2", x=0, y=0, width=50, height=50),
        result("labels", "r2", x=0, y=0, width=50, height=50, labels=["ring"]),
        result("rectangle", "r3", x=0, y=0, width=50, height=50),
        result("labels", "r3", labels=["tip"]),
    )))  # fmt: skip
    assert [(one.kind, one.label) for one in found] == [
        ("box", "liver"), ("polygon", "liver"), ("polygon", "ring"), (None, "ring"), ("point", "tip"), ("polygon", "liver"),
        (None, "motion"), (None, "noise"), ("box", "ring"), ("box", "tip"),
    ]  # fmt: skip
    assert all((one.picture.name, one.picture.size) == ("ser 0001.png", (COLUMNS, ROWS)) for one in found)
    assert found[0].rings[0].tolist() == [[4, 4], [16, 12]]
    assert found[1].rings[0].tolist() == [[4, 2], [20, 2], [20, 12]]
    assert (on_picture(found[3:4], ROWS, COLUMNS) == mask).all()
    assert found[4].rings[0].tolist() == [[20, 10]]
    assert abs(on_picture(found[5:6], ROWS, COLUMNS).sum() - np.pi * 64) < 8
    assert "jane" not in repr(found).lower()


def test_a_turned_box_turns_about_its_corner_in_pixels_and_not_in_percent(read) -> None:
    (one,) = drawn(read(task(result(**{**BOX, "x": 50, "rotation": 90}))))
    assert one.kind == "polygon"
    assert one.rings[0].tolist() == [[20, 4], [20, 16], [12, 16], [12, 4]]


def test_without_the_size_of_the_picture_points_are_parts_of_it(read) -> None:
    said = result(**BOX)
    del said["original_width"], said["original_height"]
    (one,) = drawn(read(task(said)))
    assert one.is_normalised
    assert np.allclose(one.in_pixels(COLUMNS, ROWS).rings[0], [[4, 4], [16, 12]])
    assert one.in_pixels(COLUMNS, ROWS).is_normalised is False


def test_the_small_form_says_the_same(read) -> None:
    mask = np.eye(ROWS, COLUMNS, dtype=bool)
    found = drawn(read({
        "image": "/data/local-files/?d=out%2Fa/ser_0001.png", "id": 1, "annotator": 5, "annotation_id": 9,
        "created_at": "2024-01-01", "label": [{**BOX, **SIZE}], "poly": [{"points": [[0, 0], [50, 0], [50, 50]],
        "polygonlabels": ["ring"], "closed": True, **SIZE}], "comment": "Jane Doe",
        "brush": [{"format": "rle", "rle": brush.encoded(mask), "brushlabels": ["ring"], **SIZE}],
        "choice": "motion", "quality": {"choices": ["a", "b"]},
    }))  # fmt: skip
    assert [one.label for one in found] == ["liver", "ring", "ring", "motion", "a", "b"]
    assert found[0].rings[0].tolist() == [[4, 4], [16, 12]]
    assert (on_picture(found[2:3], ROWS, COLUMNS) == mask).all()
    assert {one.picture.name for one in found} == {"ser_0001.png"}


def test_tasks_that_nobody_worked_on_give_nothing_and_empty_ones_were_seen(read) -> None:
    skipped, waiting = task(result(**BOX)), task()
    skipped["annotations"][0]["was_cancelled"] = True
    waiting["annotations"] = []
    (one,) = drawn(read(skipped, waiting, task()))
    assert (one.place, one.is_seen_only) == ("task 3", True)


@pytest.mark.parametrize(("said", "name"), [
    ("a/ser_0001.png", "a/ser_0001.png"), ("..\\images\\ser.png", "images/ser.png"), ("C:\\Users\\jdoe\\ser.png", "ser.png"),
    ("/home/jdoe/ser.png", "ser.png"), ("https://pacs.example/x/ser%201.png?X-Amz-Signature=1", "ser 1.png"),
    ("s3://bucket/x/ser.png", "ser.png"), ("/data/local-files/?d=jdoe/a%20b.png", "a b.png"),
    ("/data/local-files/?d=C%3A%5Cjdoe%5Cab.png", "ab.png"), ("/data/upload/3/0123abcd-ser.png", "ser.png"),
    ("http://127.0.0.1:8080/data/upload/3/0123abcd-ser.png", "ser.png"), ("0123abcd-ser.png", "0123abcd-ser.png"),
    ("upload/3/0123abcd-ser.png", "ser.png"), ("/studio/data/upload/3/0123abcd-ser.png", "ser.png"),
    ("/studio/data/local-files/?d=a/ser.png", "ser.png"), ("gs+x://bucket/ser.png", "ser.png"), ("./ser.png", "ser.png"),
    ("file:///home/jdoe/ser.png", "ser.png"),
])  # fmt: skip
def test_a_name_is_that_of_the_file_without_machines_and_people(said: str, name: str) -> None:
    assert picture_name(said) == name


@pytest.mark.parametrize(
    "said", [None, 3, "", " ", "/", "..", "http://[", "data:image/png;base64,AAAA", "x" * 5000, ["a"]]
)
def test_what_is_no_name_is_refused(said: object) -> None:
    with pytest.raises(Unreadable):
        picture_name(said)


def test_the_prefix_of_an_upload_can_be_taken_off() -> None:
    assert without_upload_prefix("images/ab12cd34-ser.png") == "images/ser.png"
    assert without_upload_prefix("images/series12-1.png") == "images/series12-1.png"


@pytest.mark.parametrize(("bad", "sentence"), [
    (result("brushlabels", rle=[1, 2], brushlabels=["a"]), "the runs are cut short"),
    (result("brushlabels", rle=[256], brushlabels=["a"]), "the runs are not bytes"),
    (result("brushlabels", rle=brush.encoded(np.zeros((3, 3), bool)), brushlabels=["a"]), "four samples for each pixel"),
    ({**result("brushlabels", rle=[0], brushlabels=["a"]), "original_width": 10**6, "original_height": 10**6}, "than is read"),
    (result("brushlabels", rle=brush.encoded(np.zeros((ROWS, COLUMNS), bool))[:9], brushlabels=["a"]), "cut short"),
    (result(x=1, y=2, width=3, height=4), "the shape has no label"),
    (result(**{**BOX, "x": None}), "x is not a number"),
    (result(**{**BOX, "height": 0}), "no width or no height"),
    ({**result(**BOX), "image_rotation": 90}, "the picture was turned"),
    ({**result(**BOX), "original_width": -3}, "the width of the picture is not a whole number"),
    (result("vectorlabels", vertices=[], vectorlabels=["a"]), "results of this type are not read"),
    (result("pairwise", selected="left"), "results of this type are not read"),
    (result("polygonlabels", points=[[1, 2], [3, float("inf")], [3, 4]], polygonlabels=["a"]), "a coordinate is not"),
])  # fmt: skip
def test_a_bad_result_is_a_fault_and_hides_no_other(read, bad: dict[str, Any], sentence: str) -> None:
    found = read(task(bad, result(id_="r9", **BOX)))
    ((where, why),) = faults(found)
    assert where == "task 1, result 1"
    assert sentence in why
    assert len(found) == 2


def test_annotations_of_several_people_are_not_mixed(read) -> None:
    said = task(result(**BOX))
    said["annotations"] *= 2
    assert "2 annotations; export those of one annotator" in faults(read(said))[0][1]
