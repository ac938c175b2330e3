"""Which slice is meant: by name, by what the picture says of itself, by its pixels; and what is no picture of ours."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.pipeline.annotate.bring import Choices, Imported, import_annotations
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.views import drawing_of
from dicomconv.pixels import png
from dicomconv.pixels.square import square_of
from tests import make
from tests.annotate.test_png_masks import brought
from tests.trip import COLUMNS, ROWS, Desk, desk, oblique_ct, order, pixels, truth


def via(folder: Path, name: str, x: float = 3, width: float = 4) -> Path:
    """A box on one picture in labelme's form, without a size, so that only the picture itself can tell it."""
    shape = {"label": "liver", "points": [[x, 2], [x + width, 6]], "shape_type": "rectangle", "flags": {}}
    content = {"version": "5.4", "flags": {}, "shapes": [shape], "imagePath": name, "imageData": None}
    path = folder / "one.json"
    path.write_text(json.dumps(content))
    return path


def frames_of(one: Desk, name: str = "a") -> list[int]:
    """The frames that something is drawn on."""
    return sorted(shape.key.frame for shape in one.container.annotations[name].shapes)


@pytest.fixture
def one(tmp_path: Path, key: Path) -> Desk:
    return desk(tmp_path, key, oblique_ct())


def refused(done: Imported, *words: str) -> None:
    """Nothing came in, and the only row says why."""
    [problem] = done.problems
    assert done.sets == ()
    assert [word for word in words if word not in str(problem)] == []


def png_of(one: Desk, frame: int) -> Path:
    return dict(order(one))[frame]


@pytest.mark.parametrize("spelling", ["{}", "C:\\users\\x\\{}", "/srv/data/{}", "https://host/images/{}", "deep/er/{}"])
def test_a_name_counts_whatever_its_folder(tmp_path: Path, one: Desk, spelling: str) -> None:
    done = brought(one, via(tmp_path, spelling.format(png_of(one, 2).name)))
    assert (done.problems, frames_of(one)) == ((), [2])


@pytest.mark.parametrize("ending", ["", ".jpg", ".PNG"])
def test_a_name_counts_whatever_its_ending(tmp_path: Path, one: Desk, ending: str) -> None:
    assert brought(one, via(tmp_path, png_of(one, 3).stem + ending)).problems == ()
    assert frames_of(one) == [3]


def test_a_renamed_picture_is_found_by_what_it_says_of_itself(tmp_path: Path, one: Desk) -> None:
    shutil.copy(png_of(one, 1), tmp_path / "frame_000007.png")
    assert brought(one, via(tmp_path, "frame_000007.png")).problems == ()
    assert frames_of(one) == [1]


def test_pictures_may_lie_elsewhere(tmp_path: Path, one: Desk) -> None:
    (tmp_path / "there").mkdir()
    shutil.copy(png_of(one, 1), tmp_path / "there/x.png")
    refused(brought(one, via(tmp_path, "x.png")), "one.json", "no slice here is 'x.png'")
    assert brought(one, via(tmp_path, "x.png"), pictures=(tmp_path / "there",)).problems == ()
    assert frames_of(one) == [1]


def test_masks_of_renamed_pictures_are_found_by_these(tmp_path: Path, one: Desk) -> None:
    for folder in ("there", "masks"):
        (tmp_path / folder).mkdir()
    shutil.copy(png_of(one, 1), tmp_path / "there/x.png")
    mask_file(tmp_path / "masks", "x.png", truth()[1][1])
    assert brought(one, tmp_path / "masks", pictures=(tmp_path / "there",)).problems == ()
    assert np.array_equal(one.masks("a")[1][1], truth()[1][1])


ODD = ["", "[]", "{", "{}", "[" * 100_000, '{"container_uuid": 1}', "null", '{"frame_number": [], "sop_instance_uid": {}}']


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:20])
def test_a_chunk_that_says_nothing_is_no_hint_and_no_harm(tmp_path: Path, one: Desk, text: str) -> None:
    image = np.asarray(Image.open(png_of(one, 4)))
    (tmp_path / "x.png").write_bytes(png.encode(image, None, png.text_chunk("dicomconv", text)))
    assert brought(one, via(tmp_path, "x.png")).problems == ()  # by its pixels
    assert frames_of(one) == [4]


def test_a_transform_of_another_kind_is_refused(tmp_path: Path, one: Desk) -> None:
    told = json.loads(Image.open(png_of(one, 4)).info["dicomconv"])
    for matrix in ([1, 0, 3, 0, 1, 0, 0, 0, 1], [0, 1, 0, 1, 0, 0, 0, 0, 1], [2, 0, 0.5, 0, 1, 0, 0, 0, 1]):
        text = json.dumps({**told, "png_to_stored": matrix})
        image = np.zeros((ROWS, COLUMNS), np.uint8)
        (tmp_path / "x.png").write_bytes(png.encode(image, None, png.text_chunk("dicomconv", text)))
        refused(brought(one, via(tmp_path, "x.png")), "a part of its slice, or turned")


@pytest.mark.parametrize("save", [("r.png", "L"), ("r.png", "RGB"), ("r.bmp", "L"), ("r.tif", "RGB")], ids=str)
def test_a_picture_that_was_saved_anew_is_found_by_its_pixels(tmp_path: Path, one: Desk, save: tuple[str, str]) -> None:
    name, mode = save
    Image.fromarray(np.asarray(Image.open(png_of(one, 4)))).convert(mode).save(tmp_path / name)
    assert brought(one, via(tmp_path, name)).problems == ()
    assert frames_of(one) == [4]


def test_a_name_and_a_chunk_that_differ_are_an_error(tmp_path: Path, one: Desk) -> None:
    shutil.copy(png_of(one, 1), tmp_path / png_of(one, 2).name)
    refused(brought(one, via(tmp_path, png_of(one, 2).name)), "says of itself that it is another")


def test_equal_pixels_match_nothing(tmp_path: Path, key: Path) -> None:
    blank = np.zeros((ROWS, COLUMNS), np.uint16)
    twice = [pixels(1), pixels(1), blank, blank, pixels(5)]
    one = desk(tmp_path, key, [
        make.instance("CT", image, InstanceNumber=number, ImagePositionPatient=["0", "0", f"{number}"])
        for number, image in enumerate(twice)
    ])  # fmt: skip
    for frame in (0, 1, 2, 3):
        Image.fromarray(np.asarray(Image.open(png_of(one, frame)))).save(tmp_path / "again.png")
        refused(brought(one, via(tmp_path, "again.png")), "blank or those of several slices")
    Image.fromarray(np.asarray(Image.open(png_of(one, 4)))).save(tmp_path / "again.png")
    assert brought(one, via(tmp_path, "again.png")).problems == ()


def test_a_blank_picture_matches_nothing_even_if_it_is_the_only_one(tmp_path: Path, key: Path) -> None:
    one = desk(tmp_path, key, [make.instance("CT", np.zeros((ROWS, COLUMNS), np.uint16)), *oblique_ct()[:1]])
    blank = next(path for path in one.pngs if np.ptp(np.asarray(Image.open(path))) == 0)
    Image.fromarray(np.asarray(Image.open(blank))).save(tmp_path / "again.png")
    refused(brought(one, via(tmp_path, "again.png")), "blank")


def test_pixels_that_are_no_slice_match_nothing(tmp_path: Path, one: Desk) -> None:
    Image.fromarray(np.asarray(Image.open(png_of(one, 4))) ^ 1).save(tmp_path / "again.png")
    refused(brought(one, via(tmp_path, "again.png")), "no slice here")


def test_a_series_that_is_there_twice_is_ambiguous_unless_one_is_named(tmp_path: Path, one: Desk) -> None:
    path, file = one.path, via(tmp_path, png_of(one, 2).name)
    shutil.copy(path, one.out / "copy.h5")
    refused(brought(one, file), "2 containers")
    assert import_annotations(file, path, Choices("a", labels=one.labels)).problems == ()


def test_a_container_alone_is_enough(tmp_path: Path, one: Desk) -> None:
    name = png_of(one, 2).name
    shutil.move(one.path, tmp_path / "alone.h5")
    done = import_annotations(via(tmp_path, name), tmp_path / "alone.h5", Choices("a", labels=one.labels))
    assert (done.problems, [added.shapes for added in done.sets]) == ((), [1])


def mask_file(folder: Path, name: str, mask: np.ndarray[Any, Any]) -> Path:
    Image.fromarray(mask.astype(np.uint8)).save(folder / name)
    return folder / name


@pytest.mark.parametrize("shape", [(ROWS, COLUMNS - 1), (2 * ROWS, 2 * COLUMNS), (COLUMNS, ROWS)], ids=str)
def test_another_size_is_refused_with_both(tmp_path: Path, one: Desk, shape: tuple[int, int]) -> None:
    done = brought(one, mask_file(tmp_path, png_of(one, 0).name, np.ones(shape)), format="png")
    refused(done, f"{COLUMNS} x {ROWS}", f"{shape[1]} x {shape[0]}", "--allow-resampled")


def test_a_scaled_mask_is_taken_where_that_is_allowed(tmp_path: Path, one: Desk) -> None:
    whole = truth()[1][1]
    name = png_of(one, 1).name
    large = np.kron(whole, np.ones((3, 2)))
    assert brought(one, mask_file(tmp_path, name, large), allow_resampled=True).problems == ()
    assert np.array_equal(one.masks("a")[1][1], whole)


@pytest.mark.parametrize("size", [20, 34, 51, 100])
def test_square_pictures_with_a_border(tmp_path: Path, key: Path, size: int) -> None:
    one = desk(tmp_path, key, oblique_ct(), size=size)
    placed = square_of(ROWS, COLUMNS, size)
    assert placed.top > 0
    mask = np.zeros((size, size))
    mask[: placed.top + placed.height // 2] = 1  # the border above, and the upper half
    name = png_of(one, 2).name
    done = brought(one, mask_file(tmp_path, name, mask))
    assert done.problems == ()
    rows = np.arange(ROWS)
    centre = (rows + 0.5) * placed.height / ROWS + placed.top - 0.5  # of a stored row, in rows of the picture
    expected = np.floor(centre + 0.5) < placed.top + placed.height // 2
    assert np.array_equal(one.masks("a")[1][2], np.repeat(expected[:, None], COLUMNS, axis=1))


def test_outlines_on_square_pictures_lie_where_the_image_is(tmp_path: Path, key: Path) -> None:
    one = desk(tmp_path, key, oblique_ct(), size=2 * COLUMNS)
    top = square_of(ROWS, COLUMNS, 2 * COLUMNS).top
    box = {"label": "liver", "points": [[4, 0], [20, top + 10]], "shape_type": "rectangle", "flags": {}}
    triangle = {"label": "ring", "points": [[0, top], [2 * COLUMNS, top], [0, top + 2 * ROWS]], "shape_type": "polygon"}
    content = {"shapes": [box, triangle], "imagePath": png_of(one, 0).name, "imageHeight": 68, "imageWidth": 68}
    (tmp_path / "one.json").write_text(json.dumps(content))
    assert brought(one, tmp_path / "one.json").problems == ()
    shapes = {shape.kind: shape.rings for shape in one.container.annotations["a"].shapes}
    assert shapes["box"][0].tolist() == [[2, 0], [10, 5]]  # cut at the edge of the image
    assert shapes["polygon"][0].tolist() == [[0, 0], [COLUMNS, 0], [0, ROWS]]


def test_what_is_drawn_on_the_border_alone_is_an_error(tmp_path: Path, key: Path) -> None:
    one = desk(tmp_path, key, oblique_ct(), size=68)
    mask = np.zeros((68, 68))
    mask[:5] = 1
    refused(brought(one, mask_file(tmp_path, png_of(one, 0).name, mask)), "border")


def test_pictures_that_were_rendered_elsewhere_are_known_by_the_table_beside_them(tmp_path: Path, one: Desk) -> None:
    name = png_of(one, 3).name
    mask = mask_file(tmp_path, name, np.ones((64, 64)))
    refused(brought(one, mask), "64 x 64")
    render_again(one.out, tmp_path / "square", drawing_of(size=64))
    assert brought(one, mask, pictures=(tmp_path / "square",)).problems == ()
    assert one.masks("a")[1][3].all()


def test_a_slice_in_several_windows_is_one_frame(tmp_path: Path, key: Path) -> None:
    one = desk(tmp_path, key, oblique_ct(), window=["lung", "bone"])
    name = png_of(one, 2).name
    (tmp_path / "lung").mkdir()
    shutil.copy(png_of(one, 2), tmp_path / "lung/renamed.png")
    files = [via(tmp_path, name), via(tmp_path / "lung", "renamed.png", x=9)]
    assert brought(one, *files).problems == ()
    assert frames_of(one) == [2, 2]
