"""Contact sheets: what is on them, where, and what must not be."""

import stat
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert
from dicomconv.errors import UsageError
from dicomconv.pipeline.look import sheet as sheet_module
from dicomconv.pipeline.look.find import look
from dicomconv.pipeline.look.ink import BACKGROUND, MARGIN
from dicomconv.pipeline.look.layout import GAP, Choice, Layout, shown
from dicomconv.pipeline.look.series import TILES, WHOLE_SLIDE
from dicomconv.pipeline.look.sheet import sheet
from dicomconv.pipeline.look.tiles import fitted
from dicomconv.pixels.png_bands import BandedPng
from tests import make, wheel

TILE = 60


def pixels_of(path: Path) -> NDArray[Any]:
    """A PNG as (rows, columns, 3)."""
    with Image.open(path) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def tile_at(path: Path, layout: Layout, row: int, column: int) -> NDArray[Any]:
    """A tile of the first series of a sheet."""
    top = layout.notice_height + layout.heading_height + row * layout.row_height
    left = MARGIN + column * (TILE + GAP)
    return pixels_of(path)[top : top + TILE, left : left + TILE]


def flat(value: int, **attributes: Any) -> bytes:
    """A slice of one value."""
    return make.instance("CT", np.full((4, 5), value, "uint16"), **attributes)


def of_source(folder: Path, **options: Any) -> Layout:
    """The layout that a sheet of a folder of DICOM has."""
    return Layout(
        shown(look([folder]).series, Choice()), TILE, options.get("columns", 10), sheet_module.NOT_DEIDENTIFIED
    )


@pytest.fixture
def grey_steps(tmp_path: Path) -> Path:
    """Five slices, each brighter than the one before along the body, named and numbered the other way round."""
    files = {}
    for step in range(5):
        place = {"ImagePositionPatient": ["0", "0", f"{step}"], "InstanceNumber": 9 - step}
        window = {"WindowCenter": "100.5", "WindowWidth": "201", "RescaleIntercept": "0"}
        files[f"{9 - step}.dcm"] = flat(40 * step + 20, **place, **window)
    return make.write(tmp_path / "in", files)


def test_slices_stand_in_order_along_the_body_in_the_window_of_their_file(grey_steps: Path, tmp_path: Path) -> None:
    sheet(grey_steps, tmp_path / "a.png", columns=3, tile=TILE)
    layout = of_source(grey_steps, columns=3)
    centres = [int(tile_at(tmp_path / "a.png", layout, n // 3, n % 3)[TILE // 2, TILE // 2, 0]) for n in range(5)]
    assert centres == pytest.approx([255 * value / 200 for value in (20, 60, 100, 140, 180)], abs=1)


def test_a_sheet_of_a_container_shows_what_the_sheet_of_its_originals_shows(grey_steps: Path, tmp_path: Path) -> None:
    convert(grey_steps, tmp_path / "out")
    for source, name in ((grey_steps, "a.png"), (tmp_path / "out", "b.png")):
        sheet(source, tmp_path / name, tile=TILE)
    originals = of_source(grey_steps)
    packed = Layout(shown(look([tmp_path / "out"]).series, Choice()), TILE, 10)
    for column in range(5):
        one, other = tile_at(tmp_path / "a.png", originals, 0, column), tile_at(tmp_path / "b.png", packed, 0, column)
        assert (one == other).all()


def test_frames_are_numbered_as_in_the_names_of_pngs(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.multiframe(3), "b": make.multiframe(2, InstanceNumber=2)})
    convert(folder, tmp_path / "out", burned_in="keep")
    labels = [place.label for place in look([tmp_path / "out"]).series[0].places]
    stems = [path.stem.split("_")[1:] for path in sorted((tmp_path / "out").rglob("*.png"))]
    assert labels == ["_".join(str(int(part)) for part in stem) for stem in stems]
    assert [place.label for place in look([folder], "keep").series[0].places] == labels


def test_a_sheet_is_the_same_bytes_every_time(grey_steps: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        sheet(grey_steps, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_pixels_longer_than_wide_are_drawn_so(tmp_path: Path) -> None:
    tall = make.ct_slice(10, 10, PixelSpacing=["2", "0.5"], WindowCenter="0", WindowWidth="1", RescaleIntercept="0")
    folder = make.write(tmp_path / "in", {"a": tall})
    sheet(folder, tmp_path / "a.png", tile=TILE)
    bright = tile_at(tmp_path / "a.png", of_source(folder), 0, 0)[..., 0] > 128
    assert (int(bright.any(axis=1).sum()), int(bright.any(axis=0).sum())) == (TILE, TILE // 4)


def test_a_series_without_window_gets_one_for_all_its_slices_chosen_or_not(tmp_path: Path) -> None:
    none = {"WindowCenter": None, "WindowWidth": None, "RescaleIntercept": "0"}
    files = {str(n): flat(value, InstanceNumber=n, ImagePositionPatient=["0", "0", str(n)], **none)
             for n, value in enumerate((0, 500, 1000), 1)}  # fmt: skip
    folder = make.write(tmp_path / "in", files)
    sheet(folder, tmp_path / "a.png", tile=TILE, choice=Choice(most=1))
    assert tile_at(tmp_path / "a.png", of_source(folder), 0, 0)[TILE // 2, TILE // 2].tolist() == [128] * 3


@given(st.integers(1, 3000), st.integers(1, 50), st.integers(1, 30))
def test_a_selection_is_evenly_spaced_and_has_both_ends(count: int, most: int, every: int) -> None:
    chosen = Choice(every, most).of(count)
    full = range(0, count, every)
    assert chosen == sorted(set(chosen) & set(full))
    assert len(chosen) == min(most, len(full))
    if most > 1:
        assert (chosen[0], chosen[-1]) == (full[0], full[-1])
        steps = {(b - a) // every for a, b in pairwise(chosen)}
        assert max(steps, default=0) - min(steps, default=0) <= 1


@given(st.integers(1, 5000), st.integers(1, 5000), st.floats(0.01, 100), st.integers(48, 500))
def test_an_image_fills_its_tile_and_does_not_leave_it(rows: int, columns: int, aspect: float, side: int) -> None:
    width, height = fitted(rows, columns, aspect, side)
    assert (max(width, height), min(width, height) >= 1) == (side, True)


def test_images_that_may_show_text_are_left_out_and_counted(tmp_path: Path) -> None:
    ultrasound = make.instance("US", make.ramp(4, 5, dtype="uint8"))
    folder = make.write(tmp_path / "in", {"a": ultrasound, "b": make.ct_slice(SeriesInstanceUID="1.2")})
    done = sheet(folder, tmp_path / "a.png")
    assert (done.series, sorted(one.status for one in done.outcomes)) == (1, ["converted", "refused"])
    assert sheet(folder, tmp_path / "b.png", burned_in="keep").series == 2


def test_no_file_is_written_if_everything_is_left_out(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.instance("US", make.ramp(4, 5, dtype="uint8"))})
    assert sheet(folder, tmp_path / "a.png").paths == ()
    assert not (tmp_path / "a.png").exists()


def test_reports_and_broken_images_get_a_tile_and_are_counted(tmp_path: Path) -> None:
    broken = make.ct_slice(Rows=400, InstanceNumber=2)
    folder = make.write(tmp_path / "in", {"a": make.structured_report(SeriesInstanceUID="1.2"), "b": broken})
    done = sheet(folder, tmp_path / "a.png")
    assert (done.series, sorted(one.status for one in done.outcomes)) == (2, ["failed", "skipped"])


def test_a_copy_of_a_file_is_shown_once(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.ct_slice(), "b": make.ct_slice()})
    assert [one.status for one in sheet(folder, tmp_path / "a.png").outcomes] == ["skipped", "converted"]


def test_a_file_that_claims_frames_without_end_costs_one_tile(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.ct_slice(NumberOfFrames=2_000_000_000)})
    done = sheet(folder, tmp_path / "a.png")
    assert [one.status for one in done.outcomes] == ["failed"]


def test_nothing_of_the_patient_is_in_the_chunks_or_words_of_a_sheet_of_originals(tmp_path: Path) -> None:
    odd = {"Modality": "DOE", "RescaleType": "DOE JANE", "PatientName": "DOE^JANE"}
    folder = make.write(tmp_path / "DOE", {"DOE.dcm": make.ct_slice(**odd), "x": b"DOE"})
    done = sheet(folder, tmp_path / "a.png")
    [series] = look([folder]).series
    data = (tmp_path / "a.png").read_bytes()
    assert chunk_kinds(data) <= {b"IHDR", b"IDAT", b"IEND"}
    assert "DOE" not in repr([series, done.outcomes, shown([series], Choice())[0].facts])


def chunk_kinds(data: bytes) -> set[bytes]:
    """The kinds of chunk of a PNG."""
    at, found = 8, set()
    while at < len(data):
        found.add(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return found


@pytest.mark.skipif(not hasattr(__import__("os"), "getuid"), reason="modes of files are those of POSIX")
def test_a_sheet_of_originals_says_so_and_is_the_users_alone(grey_steps: Path, tmp_path: Path) -> None:
    done = sheet(grey_steps, tmp_path / "a.png")
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o600
    assert any("not de-identified" in warning for warning in done.warnings)
    convert(grey_steps, tmp_path / "out")
    assert sheet(tmp_path / "out", tmp_path / "b.png").warnings == ()


def test_a_folder_gets_a_sheet_for_each_series_and_none_takes_anothers_name(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.ct_slice(), "b": make.ct_slice(SeriesInstanceUID="1.2")})
    sheet(folder, tmp_path / "sheets")
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == ["series_1.png", "series_2.png"]
    convert(folder, tmp_path / "out")
    copy = make.write(tmp_path / "copy", {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*.h5")})
    assert len(sheet([tmp_path / "out", copy], tmp_path / "both").paths) == 4


def test_a_sheet_is_not_written_over_what_is_looked_at(tmp_path: Path) -> None:
    source = make.write(tmp_path, {"a.png": make.ct_slice()}) / "a.png"
    before = source.read_bytes()
    with pytest.raises(UsageError):
        sheet(source, source)
    assert source.read_bytes() == before


def test_a_damaged_container_is_counted_and_the_others_are_shown(grey_steps: Path, tmp_path: Path) -> None:
    convert(grey_steps, tmp_path / "out")
    (tmp_path / "out" / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    done = sheet(tmp_path / "out", tmp_path / "a.png")
    assert (done.series, sorted({one.status for one in done.outcomes})) == (1, ["converted", "failed"])


def test_no_letter_of_a_heading_is_cut_off_at_the_right(grey_steps: Path, tmp_path: Path) -> None:
    sheet(grey_steps, tmp_path / "a.png", columns=1, tile=48)
    assert (pixels_of(tmp_path / "a.png")[:, -MARGIN // 2 :] == BACKGROUND).all()


def test_the_real_files_of_pydicom_make_one_sheet(tmp_path: Path) -> None:
    done = sheet(wheel.FOLDER, tmp_path / "a.png", tile=48, burned_in="keep", choice=Choice(most=3))
    assert sum(one.status == "converted" for one in done.outcomes) > 90
    assert not [one.reason for one in done.outcomes if "error of ours" in one.reason]
    pixels_of(tmp_path / "a.png")


def test_a_png_in_bands_is_refused_rows_that_are_too_many_or_missing(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        png = BandedPng(file, 3, 2)
        png.add(np.zeros((2, 2, 3), np.uint8))
        with pytest.raises(ValueError):
            png.finish()
        with pytest.raises(ValueError):
            png.add(np.zeros((2, 2, 3), np.uint8))


def test_the_word_of_an_empty_tile_stays_in_it(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.ct_slice(), "b": make.ct_slice(Rows=400, InstanceNumber=2)})
    sheet(folder, tmp_path / "a.png", tile=48)
    layout = Layout(shown(look([folder]).series, Choice()), 48, 10, sheet_module.NOT_DEIDENTIFIED)
    top, left = layout.notice_height + layout.heading_height, MARGIN + 48
    row = pixels_of(tmp_path / "a.png")[top : top + 48]
    assert (row[:, left : left + GAP] == BACKGROUND).all()
    assert (row[:, left + GAP + 48 :] == BACKGROUND).all()


def test_a_window_that_a_file_lacks_is_no_other_one_and_colour_needs_none(tmp_path: Path) -> None:
    colour = make.instance(
        "VL", make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB", SeriesInstanceUID="1"
    )
    folder = make.write(tmp_path / "in", {"a": make.ct_slice(), "b": colour})
    done = sheet(folder, tmp_path / "a.png", window="file:2")
    assert sorted(one.status for one in done.outcomes) == ["converted", "skipped"]
    assert "left out: there is no window 2 in the file" in [one.reason for one in done.outcomes]


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.JPEG_BASELINE])
def test_of_a_slide_one_frame_is_shown_and_tiles_are_left_out_packed_or_not(tmp_path: Path, syntax: str) -> None:
    def slide(number: int, pixels: NDArray[Any], kind: str) -> bytes:
        colour = {
            "PhotometricInterpretation": "RGB",
            "ImageType": ["DERIVED", "PRIMARY", kind, "NONE"],
            "Modality": "SM",
        }
        whole = {**colour, "SOPClassUID": WHOLE_SLIDE, "InstanceNumber": number, "TotalPixelMatrixRows": 8}
        whole |= {"TotalPixelMatrixColumns": 16, "DimensionOrganizationType": "TILED_FULL"}
        if syntax == make.EXPLICIT:
            return make.instance(WHOLE_SLIDE, pixels, **whole)
        return make.encapsulated(pixels, syntax, sop_class=WHOLE_SLIDE, **whole)

    tiles, thumbnail = make.ramp(2, 8, 8, 3, dtype="uint8"), make.ramp(8, 16, 3, dtype="uint8")
    folder = make.write(tmp_path / "in", {"a": slide(1, tiles, "VOLUME"), "b": slide(2, thumbnail, "THUMBNAIL")})
    convert(folder, tmp_path / "out")
    for source in (folder, tmp_path / "out"):
        done = sheet(source, tmp_path / "a.png")
        assert [(one.status, one.reason) for one in done.outcomes] == [("skipped", TILES.reason), ("converted", "")]
