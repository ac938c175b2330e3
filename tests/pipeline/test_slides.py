"""Whole slides: tiles stay tiles, `levels` finds them, and a level is drawn as it lies in its matrix."""

import csv
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert, deidentify, open_container
from dicomconv.container.reader import Container
from dicomconv.deid.burned_in.risk import LABEL
from dicomconv.errors import UsageError
from dicomconv.pipeline import level_pictures
from dicomconv.pipeline.info import info
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.redraw_level import COLUMNS, LevelReport, render_level
from dicomconv.pipeline.views import Drawing, drawing_of
from tests import make, slides
from tests.cli.command import call
from tests.outputs import containers, rows

TILE = (8, 16)  # rows, columns
FILE = drawing_of()


def tissue(height: int = 30, width: int = 50) -> NDArray[np.uint8]:
    """A matrix in colour whose size is no multiple of a tile's."""
    down, across = np.mgrid[0:height, 0:width]
    return np.stack([down * 8, across * 5, (down + across) * 3], axis=2).astype(np.uint8)


def converted(folder: Path, key: Path, *files: bytes, **choices: Any) -> Path:
    """The container of a series of these files."""
    convert(make.write(folder / "in", {f"{n}": one for n, one in enumerate(files)}), folder / "out", key=key, **choices)
    return containers(folder / "out")[0]


def drawn(container: Path, folder: Path, level: int = 0, drawing: Drawing = FILE) -> tuple[LevelReport, list[Path]]:
    """A level drawn: what is said, and the PNGs."""
    return render_level(container, folder, level, drawing), sorted(folder.glob("*.png"))


def pixels(path: Path) -> NDArray[np.uint8]:
    """A PNG as an array."""
    return np.asarray(Image.open(path))


def table(folder: Path) -> list[dict[str, str]]:
    """The rows of tiles.csv."""
    with (folder / "tiles.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.RLE, make.JPEG_2000_LOSSLESS])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_level_is_the_matrix_that_was_cut_into_tiles(tmp_path: Path, key: Path, syntax: str, sparse: bool) -> None:
    container = converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=syntax, sparse=sparse))
    report, [path] = drawn(container, tmp_path / "pictures")
    assert report == LevelReport(1, ())
    assert np.array_equal(pixels(path), tissue())


@pytest.mark.parametrize("lowest", [1, 16, 64])
def test_a_level_does_not_depend_on_how_many_rows_are_drawn_at_a_time(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, lowest: int
) -> None:
    monkeypatch.setattr(level_pictures, "LOWEST_STRIP", lowest)
    container = converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=make.RLE))
    _, [path] = drawn(container, tmp_path / "pictures")
    assert np.array_equal(pixels(path), tissue())


def test_a_level_too_large_for_one_picture_comes_as_tiles_that_say_where_they_lie(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level_pictures, "LARGEST_PICTURE", 30 * 50 - 1)
    container = converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=make.RLE))
    report, paths = drawn(container, tmp_path / "pictures")
    assert report.pictures == len(paths) == 16
    whole, found = np.zeros_like(tissue()), table(tmp_path / "pictures")
    for row in found:
        top, left = int(row["row_position"]) - 1, int(row["column_position"]) - 1
        part = pixels(tmp_path / "pictures" / row["file"])
        assert part.shape == (int(row["rows"]), int(row["columns"]), 3)
        assert row["file"].endswith(f"_level_0_row{top + 1:02}_column{left + 1:02}.png")
        whole[top : top + len(part), left : left + part.shape[1]] = part
    assert np.array_equal(whole, tissue())
    assert tuple(found[0]) == COLUMNS


def test_where_a_slide_has_no_tile_the_level_is_white(tmp_path: Path, key: Path) -> None:
    container = converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=make.RLE, sparse=True, left_out=[5]))
    _, [path] = drawn(container, tmp_path / "pictures")
    expected = tissue()
    expected[8:16, 16:32] = 255
    assert np.array_equal(pixels(path), expected)


def test_a_fluorescent_slide_is_black_there_and_has_one_window(tmp_path: Path, key: Path) -> None:
    matrix = (1000 + 20 * np.arange(30 * 50).reshape(30, 50)).astype(np.uint16)
    container = converted(tmp_path, key, slides.slide(matrix, TILE, sparse=True, left_out=[15]))
    _, [path] = drawn(container, tmp_path / "pictures")
    picture = pixels(path)
    assert (picture[24:, 48:] == 0).all()
    assert (picture[0, 0], int(picture.max())) == (0, 255)


def test_a_damaged_tile_is_left_blank_and_counted(tmp_path: Path, key: Path) -> None:
    frames = [b"\xff\x4f\xff\x51 no codestream", make.compressed(tissue(8, 16), make.JPEG_2000_LOSSLESS)]
    said = slides.attributes(32, 8, TILE, 2, sparse=False, PhotometricInterpretation="RGB")
    slide = make.encapsulated(np.stack([tissue(8, 16)] * 2), make.JPEG_2000_LOSSLESS, sop_class=slides.WHOLE_SLIDE,
                              frames=frames, **said)  # fmt: skip
    report, [path] = drawn(converted(tmp_path, key, slide), tmp_path / "pictures")
    assert [note.partition(": ")[2] for note in report.notes] == [
        "1 of the tiles cannot be decoded, their places are left blank"
    ]
    assert (pixels(path)[:, :16] == 255).all()
    assert np.array_equal(pixels(path)[:, 16:], tissue(8, 16))


def pyramid() -> list[bytes]:
    """Two levels and a thumbnail, not in their order."""
    kinds = {"THUMBNAIL": 4, "VOLUME": 2}
    more = [
        slides.slide(tissue()[::step, ::step], TILE, syntax=make.RLE, ImageType=["DERIVED", "PRIMARY", kind, "NONE"],
                     InstanceNumber=number)
        for number, (kind, step) in enumerate(kinds.items(), 1)
    ]  # fmt: skip
    return [*more, slides.slide(tissue(), TILE, syntax=make.RLE, InstanceNumber=3)]


def test_levels_count_from_the_largest_and_the_thumbnail_comes_last(tmp_path: Path, key: Path) -> None:
    with open_container(converted(tmp_path, key, *pyramid())) as container:
        assert [(one.columns, one.rows, one.tile_count, one.kind) for one in container.levels] == [
            (50, 30, 16, "VOLUME"), (25, 15, 4, "VOLUME"), (13, 8, 1, "THUMBNAIL"),
        ]  # fmt: skip


def test_info_tells_the_levels(tmp_path: Path, key: Path) -> None:
    [facts] = info(converted(tmp_path, key, *pyramid()))
    assert [facts[f"level {number}"] for number in range(3)] == [
        "50 x 30, 16 tiles of 16 x 8", "25 x 15, 4 tiles of 16 x 8", "thumbnail, 13 x 8, 1 tile of 16 x 8",
    ]  # fmt: skip


def test_a_level_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path, key: Path) -> None:
    container = converted(tmp_path, key, *pyramid())
    with pytest.raises(UsageError, match=r"no level 3; there are 0 \(50 x 30, .*\), 1 \(.*\), 2 \(thumbnail, 13 x 8"):
        drawn(container, tmp_path / "pictures", 3)
    assert not (tmp_path / "pictures").exists()


def test_where_there_is_no_slide_the_option_is_refused(tmp_path: Path, key: Path) -> None:
    with pytest.raises(UsageError, match="no whole slide"):
        drawn(converted(tmp_path, key, make.ct_slice()), tmp_path / "pictures")


def test_a_level_in_several_pieces_is_put_together(tmp_path: Path, key: Path) -> None:
    upper, lower = (
        slides.slide(
            tissue(), TILE, syntax=make.RLE, order=order, InstanceNumber=number, ConcatenationUID=make.uid("whole"),
            InConcatenationNumber=number, ConcatenationFrameOffsetNumber=order[0],
        )
        for number, order in ((1, range(7)), (2, range(7, 16)))
    )  # fmt: skip
    _, [path] = drawn(converted(tmp_path, key, upper, lower), tmp_path / "pictures")
    assert np.array_equal(pixels(path), tissue())


def test_another_image_of_the_same_size_is_not_drawn_and_is_said(tmp_path: Path, key: Path) -> None:
    one, other = (slides.slide(tissue(), TILE, syntax=make.RLE, InstanceNumber=number) for number in (1, 2))
    report, paths = drawn(converted(tmp_path, key, one, other), tmp_path / "pictures")
    assert len(paths) == 1
    assert report.notes[0].startswith("1 more instances of the same size")


def test_a_compressed_slide_is_kept_as_it_is_and_nothing_of_it_is_decoded(tmp_path: Path, key: Path) -> None:
    path = converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=make.RLE))
    [row] = rows(tmp_path / "out")
    assert (row["frames"], row["pngs"], list((tmp_path / "out").rglob("*.png"))) == (0, 0, [])
    assert "render CONTAINER --level" in str(row["no_png"])
    with open_container(path) as container:
        assert container.stacks == ()
        assert container.instances[0].encapsulated


def test_what_is_recovered_is_what_deidentify_writes(tmp_path: Path, key: Path) -> None:
    container = converted(tmp_path, key, *pyramid())
    deidentify(tmp_path / "in", tmp_path / "plain", key=key)
    with open_container(container) as opened:
        back = {path.name: path.read_bytes() for path in opened.recover_to(tmp_path / "back")}
    assert back == {path.name: path.read_bytes() for path in (tmp_path / "plain").rglob("*.dcm")}


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.RLE])
def test_a_program_gets_a_tile_by_its_frame_and_by_its_place(tmp_path: Path, key: Path, syntax: str) -> None:
    with open_container(converted(tmp_path, key, slides.slide(tissue(), TILE, syntax=syntax))) as container:
        frames = container.frames_of(0)
        assert (len(frames), np.asarray(frames[5]).tolist()) == (16, tissue()[8:16, 16:32].tolist())
        tile = container.levels[0].tile(1, 1)
        assert tile is not None
        assert tile.tolist() == tissue()[8:16, 16:32].tolist()
        assert container.levels[0].tile(4, 0) is None


def test_frames_of_an_ordinary_instance_are_those_of_its_stack(tmp_path: Path, key: Path) -> None:
    with open_container(converted(tmp_path, key, *make.series(3))) as container:
        assert [container.frames_of(index)[0].tolist() for index in range(3)] == [
            frame.tolist() for frame in container.stacks[0]
        ]


def test_render_without_a_level_draws_no_tiles(tmp_path: Path, key: Path) -> None:
    container = converted(tmp_path, key, slides.slide(tissue(), TILE))
    assert render_again(container, tmp_path / "pictures", FILE).pngs == 0
    said = call("render", container, "-o", tmp_path / "more")
    assert (said.exit_code, "--level N draws" in said.stderr) == (0, True)


def test_the_command_draws_a_level(tmp_path: Path, key: Path) -> None:
    container = converted(tmp_path, key, *pyramid())
    said = call("render", container, "-o", tmp_path / "pictures", "--level", "1")
    assert (said.exit_code, said.output) == (0, f"1 PNG in {tmp_path / 'pictures'}\n")


def test_a_slide_of_which_one_frame_is_a_label_is_refused_whole(tmp_path: Path, key: Path) -> None:
    frame_type = "WholeSlideMicroscopyImageFrameTypeSequence"
    groups = [{frame_type: [{"FrameType": ["ORIGINAL", "PRIMARY", kind, "NONE"]}]} for kind in ("VOLUME", "LABEL")]
    slide = slides.slide(tissue(8, 32), TILE, syntax=make.RLE, PerFrameFunctionalGroupsSequence=groups)
    report = convert(make.write(tmp_path / "in", {"a": slide}), tmp_path / "out", key=key)
    assert [(one.status, LABEL in one.reason) for one in report.outcomes] == [("refused", True)]
    assert containers(tmp_path / "out") == []


def test_header_and_frames_that_disagree_cost_a_sentence(tmp_path: Path, key: Path) -> None:
    slide = slides.slide(tissue(), TILE, syntax=make.JPEG_2000_LOSSLESS, NumberOfFrames=2**31 - 1)
    report, paths = drawn(converted(tmp_path, key, slide), tmp_path / "pictures")
    assert (report.pictures, paths) == (0, [])
    assert "cannot be drawn" in report.notes[0]


def test_a_container_that_is_pickled_still_has_levels(tmp_path: Path, key: Path) -> None:
    with open_container(converted(tmp_path, key, *pyramid())) as container:
        again: Container = pickle.loads(pickle.dumps(container))
        assert len(again.levels) == 3
