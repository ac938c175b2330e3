"""Several pictures of each frame: which there are, where they lie, what the rows say of them."""

import csv
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert, open_container
from dicomconv.errors import UsageError
from dicomconv.pipeline import draw
from dicomconv.pipeline.redraw import png_names, render_again
from dicomconv.pipeline.views import drawing_of
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.raw import sample_offset
from tests import make, wheel
from tests.outputs import containers, left_over, rows, tree

TWO_WINDOWS = {"WindowCenter": ["40", "-600"], "WindowWidth": ["400", "1500"]}
NO_WINDOW = {"WindowCenter": None, "WindowWidth": None}


def converted(folder: Path, key: Path, files: list[bytes], **choices: Any) -> Path:
    """OUT of a run over these files, in a folder of their own."""
    source = make.write(folder / "in", {f"{number:03}": content for number, content in enumerate(files)})
    convert(source, folder / "out", key=key, **choices)
    return folder / "out"


def pictures(out: Path) -> dict[str, NDArray[Any]]:
    """Every PNG by its name below the folder of its series."""
    return {_below(out, path): np.asarray(Image.open(path)) for path in sorted(out.rglob("*.png"))}


def _below(out: Path, path: Path) -> str:
    return Path(*path.relative_to(out).parts[3:]).as_posix()


def tables(out: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of each slices.csv by the name of its folder below that of the series."""
    found = {}
    for path in out.rglob("slices.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[_below(out, path.parent)] = list(csv.DictReader(file))
    return found


def test_one_window_is_drawn_in_the_folder_of_the_series(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, make.series(2), window=["lung"])
    assert (sorted(tables(out)), {"/" in name for name in pictures(out)}) == (["."], {False})


def test_each_of_several_windows_is_drawn_as_it_is_alone(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path / "all", key, make.series(2, **TWO_WINDOWS), window=["file", "file:2", "40.0,400"])
    alone = converted(tmp_path / "alone", key, make.series(2, **TWO_WINDOWS), window="lung")
    drawn, one = pictures(out), pictures(alone)
    assert sorted({name.split("/")[0] for name in drawn}) == ["40_400", "file", "file-2"]
    assert all(np.array_equal(drawn[f"file-2/{name}"], picture) for name, picture in one.items())
    assert all(np.array_equal(drawn[f"file/{name}"], drawn[f"40_400/{name}"]) for name in one)


def test_each_view_has_its_own_table_with_the_same_names(tmp_path: Path, key: Path) -> None:
    found = tables(converted(tmp_path, key, make.series(2), window=["lung", "auto"]))
    assert {view: {row["window"] for row in table} for view, table in found.items()} == {
        "lung": {"lung"}, "auto": {"auto"},
    }  # fmt: skip
    assert [row["file"] for row in found["lung"]] == [row["file"] for row in found["auto"]]
    assert {row["window_center"] for row in found["lung"]} == {"-600"}


def test_the_row_of_the_manifest_names_every_window(tmp_path: Path, key: Path) -> None:
    [row] = rows(converted(tmp_path, key, [make.ct_slice()], window=["file", "lung"]))
    assert row["window"] == {"file": [40.0, 400.0, "LINEAR"], "lung": [-600, 1500, "LINEAR"]}
    assert row["pngs"] == 2


def test_a_frame_without_the_window_that_was_asked_for_gets_no_other(tmp_path: Path, key: Path) -> None:
    one, two = make.series(2)[0], make.series(2, **TWO_WINDOWS)[1]
    out = converted(tmp_path, key, [one, two], window=["file:2", "lung"])
    assert [name[-8:] for name in pictures(out)] == ["0002.png", "0001.png", "0002.png"]
    told = {row["pngs"]: row.get("no_png") for row in rows(out)}
    assert told == {1: "file-2: there is no window 2 in the file", 2: None}


def test_the_row_counts_the_frames_that_lack_the_window(tmp_path: Path, key: Path) -> None:
    with_two = {"FrameVOILUTSequence": [TWO_WINDOWS]}
    with_one = {"FrameVOILUTSequence": [{"WindowCenter": "1", "WindowWidth": "9"}]}
    file = make.multiframe(3, PerFrameFunctionalGroupsSequence=[with_one, with_two, with_one])
    out = converted(tmp_path, key, [file], window="file:2", burned_in="keep")
    assert [name[-8:] for name in pictures(out)] == ["0002.png"]
    assert rows(out)[0]["no_png"] == "2 of 3 frames: there is no window 2 in the file"


def test_the_voi_lut_is_taken_although_there_is_a_window(tmp_path: Path, key: Path) -> None:
    lut = {"LUTDescriptor": [4096, 0, 8], "LUTData": bytes([7] * 4096)}
    out = converted(tmp_path, key, [make.ct_slice(VOILUTSequence=[lut], RescaleIntercept="0")], window=["lut", "file"])
    assert np.unique(pictures(out)["lut/" + tables(out)["lut"][0]["file"]]).tolist() == [7]
    assert tables(out)["lut"][0]["window_function"] == "LUT"


def test_colour_is_drawn_alike_in_every_view(tmp_path: Path, key: Path) -> None:
    file = make.instance("SC", make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB", ConversionType="WSD")
    drawn = pictures(converted(tmp_path, key, [file], window=["file:7", "lung"], burned_in="keep"))
    first, second = drawn.values()
    assert sorted(name.split("/")[0] for name in drawn) == ["file-7", "lung"]
    assert np.array_equal(first, second)


@pytest.mark.parametrize("drawn", [{}, {"window": ["lung", "auto", "file:9"]}, {"png": False}], ids=str)
def test_the_container_is_the_same_whatever_is_drawn(tmp_path: Path, key: Path, drawn: dict[str, Any]) -> None:
    files = [*make.series(2), make.instance("CT", make.ramp(4, 5, dtype="uint8"), InstanceNumber=9,
                                            PhotometricInterpretation="PALETTE COLOR")]  # fmt: skip
    out, plain = converted(tmp_path / "a", key, files, **drawn), converted(tmp_path / "b", key, files, window="bone")
    assert containers(out)[0].read_bytes() == containers(plain)[0].read_bytes()


def test_overwriting_leaves_no_picture_of_the_windows_that_were_drawn_before(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, make.series(3), window=["lung", "bone"])
    converted(tmp_path, key, make.series(3), window=["lung", "auto"], existing="overwrite")
    assert sorted(tables(out)) == ["auto", "lung"]
    converted(tmp_path, key, make.series(3), window="lung", existing="overwrite")
    fresh = tmp_path / "fresh"
    convert(tmp_path / "in", fresh, key=key, window="lung")
    leave_out = ["manifest.jsonl", "report.json"]
    assert tree(out, leave_out) == tree(fresh, leave_out)
    assert [path.name for path in out.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_overwriting_leaves_what_others_put_beside_the_pictures(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, make.series(2), window=["lung", "bone"])
    series = containers(out)[0].with_suffix("")
    (series / "lung/notes.txt").write_text("mine")
    make.write(series / "mine", {"slices.csv": b"name,label\n", "a.png": b"no picture of ours"})
    converted(tmp_path, key, make.series(2), window=["lung"], existing="overwrite")
    assert {"mine/slices.csv", "mine/a.png", "lung/notes.txt"} <= set(tree(series))


def test_a_view_that_a_folder_of_others_is_in_the_way_of_is_written_all_the_same(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, make.series(2), window=["lung", "bone"])
    (containers(out)[0].with_suffix("") / "lung/notes.txt").write_text("mine")
    converted(tmp_path, key, make.series(2), window=["lung", "bone"], existing="overwrite")
    assert len(tables(out)["lung"]) == 2


def test_the_residual_search_looks_into_every_view(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = draw.png.encode
    monkeypatch.setattr(draw.png, "encode", lambda *args: encode(*args)[:-12] + b"\0\0\0\x08tEXtDOE^JANE\0\0\0\0")
    out = converted(tmp_path, key, make.series(2), window=["lung", "bone"])
    assert {row["outcome"] for row in rows(out)} == {"refused"}
    assert (pictures(out), containers(out), left_over(out)) == ({}, [], [])


def test_render_draws_the_views_that_convert_draws(tmp_path: Path, key: Path) -> None:
    windows = ["file", "file:2", "auto"]
    files = [*make.series(2, **TWO_WINDOWS), make.ct_slice(InstanceNumber=3, **NO_WINDOW)]
    out = converted(tmp_path, key, files, window=windows)
    redrawn = render_again(out, tmp_path / "again", drawing_of(windows))
    assert tree(containers(out)[0].with_suffix("")) == tree(tmp_path / "again")
    assert (redrawn.pngs, redrawn.not_drawn) == (8, {"there is no window 2 in the file": 1})


@pytest.mark.parametrize("same", [["lung", "LUNG"], ["lung", "-600,1500"], ["40,400", "40.0,4e2"], ["file:2", "file:02"],
                                  ["auto", "full", "auto"]], ids=str)  # fmt: skip
def test_the_same_window_twice_is_a_usage_error(same: list[str]) -> None:
    with pytest.raises(UsageError, match="same window"):
        drawing_of(same)


def drawn_by_name(out: Path) -> dict[str, NDArray[Any]]:
    """Every PNG by its name, 16-bit colour included."""
    return {path.name: decoded_png(path.read_bytes()) for path in sorted(out.rglob("*.png"))}


def decoded_png(data: bytes) -> NDArray[Any]:
    """The samples of a PNG, read by imagecodecs: Pillow makes 8 bits of 16-bit colour."""
    picture: NDArray[Any] = imagecodecs.png_decode(data)
    return picture


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("windows", [["lung", "40,400"], ["auto", "file", "full"]], ids=str)
def test_a_stack_has_the_windows_as_its_channels(tmp_path: Path, key: Path, windows: list[str], depth: Any) -> None:
    out = converted(tmp_path / "rgb", key, make.series(2), window=windows, stack=True, depth=depth)
    for picture in drawn_by_name(out).values():
        assert (picture.shape, picture.dtype) == ((4, 5, 3), np.uint8 if depth == 8 else np.uint16)
        assert windows[2:] or not picture[..., 2].any()
    for channel, window in enumerate(windows):
        alone = converted(tmp_path / window, key, make.series(2), window=window, depth=depth)
        rgb = drawn_by_name(out)
        assert all(np.array_equal(rgb[name][..., channel], one) for name, one in drawn_by_name(alone).items())


def test_the_table_and_the_row_of_a_stack_name_its_windows_in_order(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, [make.ct_slice()], window=["lung", "file"], stack=True)
    [line] = tables(out)["."]
    assert [line[name] for name in ("window", "window_center", "window_width", "window_function")] == [
        "lung|file", "-600|40.0", "1500|400.0", "LINEAR|LINEAR",
    ]  # fmt: skip
    assert list(rows(out)[0]["window"].items()) == [("lung", [-600, 1500, "LINEAR"]), ("file", [40, 400, "LINEAR"])]


def test_a_stack_lacks_what_one_of_its_windows_lacks(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, [make.ct_slice()], window=["auto", "file:2"], stack=True)
    assert (pictures(out), rows(out)[0]["no_png"]) == ({}, "there is no window 2 in the file")


def test_colour_is_drawn_as_it_is_in_a_stack(tmp_path: Path, key: Path) -> None:
    colour = make.ramp(4, 5, 3, dtype="uint8")
    file = make.instance("SC", colour, PhotometricInterpretation="RGB", ConversionType="WSD")
    out = converted(tmp_path, key, [file], window=["lung", "bone"], stack=True, burned_in="keep")
    assert [np.array_equal(one, colour) for one in pictures(out).values()] == [True]


@pytest.mark.parametrize("choices", [
    {"stack": True}, {"stack": True, "window": "lung"}, {"stack": True, "window": ["lung", "bone", "file", "auto"]},
    {"raw": True, "window": "file"}, {"raw": True, "stack": True}, {"raw": True, "depth": 16},
    {"raw": True, "size": 64}, {"size": 0}, {"size": -1}, {"size": 10**6}, {"depth": 12},
], ids=str)  # fmt: skip
def test_choices_that_do_not_go_together_are_a_usage_error_before_anything_is_written(
    tmp_path: Path, key: Path, choices: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        converted(tmp_path, key, [make.ct_slice()], **choices)
    assert not (tmp_path / "out").exists()


def float_pixels() -> bytes:
    """A parametric map of floats."""
    values = {"FloatPixelData": np.ones((4, 5), "<f4").tobytes(), "Rows": 4, "Columns": 5, "SamplesPerPixel": 1,
              "BitsAllocated": 32, "PhotometricInterpretation": "MONOCHROME2"}  # fmt: skip
    return make.instance("1.2.840.10008.5.1.4.1.1.30", InstanceNumber=7, **values)


@pytest.mark.parametrize(("pixels", "fields", "offset"), [
    (make.ramp(4, 5, dtype="int16") - 9, {}, 32768),
    (make.ramp(4, 5, dtype="uint16"), {"BitsStored": 12}, 0),
    (make.ramp(4, 5, dtype="int16") - 9, {"BitsStored": 8}, 128),
    (make.ramp(4, 5, dtype="uint8"), {}, 0),
], ids=["int16", "12 bits", "8 of 16 bits", "uint8"])  # fmt: skip
def test_raw_less_its_offset_is_what_was_stored(
    tmp_path: Path, key: Path, pixels: NDArray[Any], fields: dict[str, Any], offset: int
) -> None:
    out = converted(tmp_path, key, [make.instance("CT", pixels, **fields)], raw=True)
    [picture] = drawn_by_name(out).values()
    assert np.array_equal(picture.astype(int) - offset, pixels)
    [line] = tables(out)["."]
    assert (line["window"], line["window_center"], int(line["offset"])) == ("raw", "", offset)
    assert (rows(out)[0]["offset"], "window" in rows(out)[0]) == (offset, False)


def test_raw_says_what_no_png_can_hold(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, [make.ct_slice(), float_pixels()], raw=True)
    assert {row["pngs"]: row.get("no_png") for row in rows(out)} == {
        1: None, 0: "stored values are floats, which a PNG cannot hold",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_raw_pictures_of_real_files_are_the_frames_of_their_containers(tmp_path: Path, key: Path) -> None:
    convert(wheel.FOLDER, tmp_path / "out", key=key, burned_in="keep", duplicates="keep-both", raw=True)
    compared = 0
    for path in containers(tmp_path / "out"):
        names, drawn = png_names(open_container(path)), drawn_by_name(path.with_suffix(""))
        for (stack, index), name in names.items():
            if name in drawn:
                one = open_container(path).stacks[stack]
                frame = one[index]
                by_pixel = np.moveaxis(frame, 0, -1) if one.format.planar_configuration else frame
                stored = stored_values(by_pixel, one.format).astype(np.int64)
                assert np.array_equal(drawn[name].astype(np.int64) - sample_offset(one.format), stored)
                compared += 1
    assert compared > 100


def test_a_square_picture_says_where_its_pixels_came_from(tmp_path: Path, key: Path) -> None:
    pixels = np.zeros((20, 30), "uint16")
    pixels[4, 25] = 4000
    out = converted(tmp_path, key, [make.instance("CT", pixels, **NO_WINDOW)], window=["auto", "full"], size=60)
    assert {picture.shape for picture in pictures(out).values()} == {(60, 60)}
    picture = next(one for name, one in pictures(out).items() if name.startswith("auto/"))
    across, down = (picture.sum(axis) @ np.arange(60) / picture.sum() for axis in (0, 1))
    matrix = np.array(tables(out)["auto"][0]["png_to_stored"].split(" "), float).reshape(3, 3)
    assert np.allclose(matrix @ (across, down, 1), (25, 4, 1), atol=0.05)
    assert np.array_equal(matrix, rows(out)[0]["png_to_stored"])
    assert (tables(out)["auto"][0]["rows"], tables(out)["auto"][0]["columns"]) == ("20", "30")


def test_without_a_size_the_transform_is_the_identity(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, [make.ct_slice()])
    assert tables(out)["."][0]["png_to_stored"] == "1 0 0 0 1 0 0 0 1"
    assert "png_to_stored" not in rows(out)[0]


def test_the_spacing_in_a_png_follows_its_size(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, [make.ct_slice(rows=4, columns=8, PixelSpacing=["0.5", "0.25"])], size=16)
    [path] = out.rglob("*.png")
    assert [round(dpi / 25.4, 3) for dpi in Image.open(path).info["dpi"]] == [8, 4]


@pytest.mark.parametrize("choices", [
    {"window": ["lung", "file", "auto"], "stack": True}, {"raw": True}, {"size": 11, "window": "auto", "depth": 16},
    {"window": ["lung", "auto"], "size": 3},
], ids=str)  # fmt: skip
def test_render_draws_what_convert_draws(tmp_path: Path, key: Path, choices: dict[str, Any]) -> None:
    colour = make.instance("CT", make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB", InstanceNumber=9)
    out = converted(tmp_path, key, [*make.series(2, **NO_WINDOW), colour], burned_in="keep", **choices)
    render_again(out, tmp_path / "again", drawing_of(**choices))
    assert tree(containers(out)[0].with_suffix("")) == tree(tmp_path / "again")
