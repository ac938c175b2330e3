"""COCO: what pycocotools makes of a file, we make of it; and what a file may not say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.annotations import coco, coco_tasks, nested, rle
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import Picture
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 30
masks = st.tuples(st.integers(1, 12), st.integers(1, 9)).flatmap(lambda shape: arrays(bool, shape))
SQUARE = [2, 2, 12, 2, 12, 14, 2, 14]
HOLE = [4, 5, 8, 5, 8, 9, 4, 9]


def content(*annotations: object, **more: Any) -> dict[str, Any]:
    """A file of COCO with two images and two categories."""
    return {
        "info": {"contributor": "Doe, Jane <jane@hospital.example>"},
        "images": [
            {
                "id": 7,
                "file_name": "a/ser_0001.png",
                "width": COLUMNS,
                "height": ROWS,
                "coco_url": "http://pacs.example/1",
            },
            {"id": 9, "file_name": "ser_0002.png"},
        ],
        "categories": [{"id": 1, "name": "liver"}, {"id": 5, "name": "ring"}],
        "annotations": list(annotations),
        **more,
    }


def one(**fields: Any) -> dict[str, Any]:
    """An annotation of the first image."""
    return {"id": 3, "image_id": 7, "category_id": 5, **fields}


@pytest.fixture
def read(tmp_path: Path):
    """Reads what a file of this content gives."""

    def _read(said: object) -> list[object]:
        path = tmp_path / "coco.json"
        path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
        return list(coco.read(path))

    return _read


@settings(deadline=None)
@given(masks)
def test_runs_along_columns_give_the_mask_again(mask: np.ndarray) -> None:
    lengths = rle.runs_of(mask.ravel(order="F"))
    for counts in (lengths, rle.compressed(lengths)):
        part, offset = rle.along_columns(rle.runs(counts, mask.size), *mask.shape)
        assert (on_picture([Drawn("", None, mask=part, offset=offset)], *mask.shape) == mask).all()


@settings(deadline=None)
@given(masks)
def test_compressed_runs_are_those_of_pycocotools(mask: np.ndarray) -> None:
    witness = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    theirs = witness.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert rle.compressed(rle.runs_of(mask.ravel(order="F"))) == theirs


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 150)), min_size=3, max_size=8))
def test_polygons_cover_what_pycocotools_covers_but_for_their_edge(points: list[tuple[float, float]]) -> None:
    """pycocotools rounds points to fifths of a pixel and walks along the edge; we judge the centre of each pixel."""
    witness = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    ring = np.array(points)
    ours = on_picture([Drawn("", None, kind="polygon", rings=(ring,))], 150, 200)
    theirs = witness.decode(witness.frPyObjects([ring.ravel().tolist()], 150, 200))[..., 0].astype(bool)
    length = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum()
    assert (ours ^ theirs).sum() <= length + 8  # less than a pixel for each pixel of the outline


@pytest.mark.parametrize("lobes", [0, 3, 8])
def test_an_organ_of_usual_size_agrees_with_pycocotools_to_dice_099(lobes: int) -> None:
    witness = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 80 * (1 + 0.25 * np.sin(lobes * angle))
    ring = np.stack([131.3 + radius * np.cos(angle), 120.7 + radius * np.sin(angle)], axis=1)
    ours = on_picture([Drawn("", None, kind="polygon", rings=(ring,))], 250, 260)
    theirs = witness.decode(witness.frPyObjects([ring.ravel().tolist()], 250, 260))[..., 0].astype(bool)
    assert 0.99 <= 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) < 1


def test_everything_that_a_file_can_hold_is_read(read) -> None:
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[3:9, 4:20] = True
    lengths = rle.runs_of(mask.ravel(order="F"))
    found = drawn(read(content(
        one(segmentation=[SQUARE], bbox=[0, 0, 1, 1]),
        one(segmentation={"size": [ROWS, COLUMNS], "counts": lengths}, iscrowd=1),
        one(segmentation={"size": [ROWS, COLUMNS], "counts": rle.compressed(lengths)}, category_id=1),
        one(segmentation=[], bbox=[1, 2, 3.5, 4]),
    )))  # fmt: skip
    assert [(one.label, one.kind, one.object) for one in found[:4]] == [
        ("ring", "polygon", 1), ("ring", None, 0), ("liver", None, 3), ("ring", "box", 4),
    ]  # fmt: skip
    assert all(one.picture.name == "a/ser_0001.png" and one.picture.size == (COLUMNS, ROWS) for one in found[:4])
    assert on_picture(found[:1], ROWS, COLUMNS).sum() == 120
    assert (on_picture(found[1:2], ROWS, COLUMNS) == mask).all()
    assert (on_picture(found[2:3], ROWS, COLUMNS) == mask).all()
    assert found[3].rings[0].tolist() == [[1, 2], [4.5, 6]]


def test_an_image_without_annotations_was_seen(read) -> None:
    _, last = drawn(read(content(one(segmentation=[SQUARE]))))
    assert (last.picture.name, last.picture.size, last.is_seen_only) == ("ser_0002.png", None, True)


def test_a_ring_within_a_ring_is_a_hole_and_rings_that_overlap_are_united(read) -> None:
    moved = [number + 5 for number in SQUARE]
    hole = drawn(read(content(one(segmentation=[HOLE, SQUARE]))))
    union = drawn(read(content(one(segmentation=[SQUARE, moved]))))[:2]
    assert on_picture(hole[:1], ROWS, COLUMNS).sum() == 120 - 16
    assert on_picture(union, ROWS, COLUMNS).sum() == 2 * 120 - 5 * 7
    assert len({one.object for one in union}) == 1


def test_a_ring_that_leaves_its_neighbour_between_two_points_is_no_hole() -> None:
    arch = np.array([(0, 0), (10, 0), (10, 10), (7, 10), (7, 3), (3, 3), (3, 10), (0, 10)], float)
    bar = np.array([(1, 5), (9, 5), (9, 7), (1, 7)], float)  # all its points are within the arch
    assert len(nested.groups([arch, bar])) == 2
    assert len(nested.groups([arch, bar / 10 + 0.5])) == 1


def test_hundreds_of_rings_are_grouped_and_too_many_around_one_another_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    square = np.array([(0.0, 0), (4, 0), (4, 4), (0, 4)])
    corners = [np.array([x, y]) * 5.0 for x in range(20) for y in range(30)]
    grid = [square + corner for corner in corners] + [square / 4 + 1 + corner for corner in corners]
    assert [len(group) for group in nested.groups(grid)] == [2] * 600
    monkeypatch.setattr(nested, "MOST_PAIRS", 16 * 600 - 1)
    with pytest.raises(Unreadable, match="too many rings around one another"):
        nested.groups(grid)


def test_nothing_of_people_and_servers_is_read(read) -> None:
    said = repr(read(content(one(segmentation=[SQUARE], attributes={"user": "jane@hospital.example"}))))
    assert "jane" not in said.lower()
    assert "pacs" not in said


@pytest.mark.parametrize(("fields", "sentence"), [
    ({"segmentation": [[1, 2, 3, 4]]}, "there are not 3 points or more"),
    ({"segmentation": [[1, 2, 3, 4, 5, float("nan")]]}, "a coordinate is not a number"),
    ({"segmentation": [[1, 2, 3, 4, 5, 10**300]]}, "a coordinate is not a number"),
    ({"segmentation": [[1, 2, 3, 4, 5, "6"]]}, "a coordinate is not a number"),
    ({"segmentation": {"size": [ROWS, COLUMNS], "counts": [1, 2]}}, "its runs are not 600 pixels together"),
    ({"segmentation": {"size": [ROWS, COLUMNS], "counts": [600 - 2**65, 2**65]}}, "a run is not a whole number"),
    ({"segmentation": {"size": [ROWS, COLUMNS], "counts": "~~"}}, "its compressed runs have a character"),
    ({"segmentation": {"size": [ROWS, COLUMNS], "counts": "oooooooooooooooooo0"}}, "a run is longer"),
    ({"segmentation": {"size": [COLUMNS, ROWS], "counts": [600]}}, "its image is of another size"),
    ({"segmentation": {"size": [10**6, 10**6], "counts": [0, 10**12]}, "image_id": 9}, "more than is read at once"),
    ({"segmentation": {"size": [-1, 5], "counts": []}}, "a side of the runs is not a whole number"),
    ({"bbox": [1, 2, 0, 4]}, "bbox has no width or no height"),
    ({}, "it has neither a segmentation nor a bbox"),
    ({"segmentation": [SQUARE], "keypoints": [1, 2, 2]}, "keypoints are not read"),
    ({"segmentation": [SQUARE], "category_id": 2}, "the file has no category of the id"),
    ({"segmentation": [SQUARE], "image_id": 8}, "the file has no image of the id"),
    ({"segmentation": [SQUARE], "image_id": [8]}, "image_id is neither a number nor a text"),
])  # fmt: skip
def test_a_bad_annotation_is_a_fault_and_hides_no_other(read, fields: dict[str, Any], sentence: str) -> None:
    found = read(content(one(**fields), one(segmentation=[SQUARE])))
    assert [place for place, _ in faults(found)] == ["annotation 1 (id 3)"]
    assert sentence in faults(found)[0][1]
    assert len([each for each in found if isinstance(each, Drawn) and each.kind == "polygon"]) == 1


@pytest.mark.parametrize(("said", "place"), [
    ("", ""), ("[]", ""), ("{", "line 1"), ('{"images":[],\n"annotations":[1,]', "line 2"), ("[" * 100_000, ""),
    ('{"images":' + "[" * 100_000, "line 1"), ('{"a": ' + "9" * 5000 + "}", "line 1"), ('{"images":[]}', ""),
])  # fmt: skip
def test_a_file_that_is_no_coco_is_one_fault(read, said: str, place: str) -> None:
    assert [one for one, _ in faults(read(said))] == [place]


@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_runs_of_a_part_are_those_of_the_whole_mask(rows: int, columns: int, data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns))
    top, left = data.draw(st.integers(0, rows - height)), data.draw(st.integers(0, columns - width))
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    part = np.array(bits).reshape(height, width)
    whole = np.zeros((rows, columns), bool)
    whole[top : top + height, left : left + width] = part
    assert coco_tasks._runs(part, left, top, Picture("a.png", rows, columns, "a.png")) == rle.runs_of(whole.ravel(order="F"))
