"""What a PNG says of itself: the same as its row, true of its pixels, and nobody's name."""

import csv
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.search import ResidualSearch
from dicomconv.pipeline import level_pictures
from dicomconv.pipeline.audit.png import in_png
from dicomconv.pipeline.audit.suspects import suspects_of
from dicomconv.pipeline.audit.texts import in_text_file
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.redraw_level import render_level
from dicomconv.pipeline.residual import leaks_of_pictures
from dicomconv.pipeline.views import drawing_of
from dicomconv.pixels import png
from dicomconv.pixels.picture_read import decoded, digests
from tests import make, slides, videos
from tests.pipeline.test_views import converted
from tests.videos import needs_ffmpeg

NO_WINDOW = {"WindowCenter": None, "WindowWidth": None}
COLOUR = {"PhotometricInterpretation": "RGB"}
CHOICES: dict[str, dict[str, Any]] = {
    "file": {},
    "waiting for the range": {"window": ["auto"]},
    "several": {"window": ["lung", "auto"]},
    "16 bits": {"depth": 16},
    "stacked in 16 bits": {"window": ["lung", "bone"], "stack": True, "depth": 16},
    "raw": {"raw": True},
    "square": {"size": 9},
}


def key_by_pillow(path: Path) -> dict[str, Any]:
    """What stands in the chunk, as a stranger reads it."""
    with Image.open(path) as image:
        return dict(json.loads(image.info["dicomconv"]))


def digest_by_hand(path: Path) -> str:
    """The digest as docs/annotations.md defines it."""
    pixels = np.asarray(imagecodecs.png_decode(path.read_bytes()))
    head = struct.pack(">IIII", *pixels.shape[:2], pixels.shape[2] if pixels.ndim == 3 else 1, 8 * pixels.itemsize)
    return hashlib.sha256(head + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()).hexdigest()


def told_twice(folder: Path) -> list[dict[str, Any]]:
    """Every picture below a folder: its chunk, which says what its row says, and is true."""
    found = []
    for table in sorted(folder.rglob("slices.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                path = table.with_name(row["file"])
                key = key_by_pillow(path)
                matrix = " ".join(f"{number:.17g}" for number in key["png_to_stored"])
                assert {**row, **{name: str(value) for name, value in key.items()}, "png_to_stored": matrix} == row
                assert key["pixel_sha256"] == digest_by_hand(path)
                assert digests(path.read_bytes()) == {key["pixel_sha256"]}
                found.append(key)
    assert len(found) == len(list(folder.rglob("*.png")))
    return found


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_each_picture_says_what_its_row_says(tmp_path: Path, key: Path, choices: dict[str, Any]) -> None:
    colour = make.instance("VL", make.ramp(4, 5, 3, dtype="uint8"), SeriesInstanceUID=make.uid("colour"), **COLOUR)
    frames = make.multiframe(2, SeriesInstanceUID=make.uid("frames"))
    out = converted(tmp_path, key, [*make.series(2, **NO_WINDOW), frames, colour], burned_in="keep", **choices)
    told = told_twice(out)
    assert {one["frame_number"] for one in told} == {1, 2}
    again = tmp_path / "again"
    render_again(out, again, drawing_of(choices.pop("window", ()), **choices))
    assert sorted(map(str, told_twice(again))) == sorted(map(str, told))
    files = [{path.relative_to(top).name: path.read_bytes() for path in top.rglob("*.png")} for top in (out, again)]
    assert files[0] == files[1]


def test_a_chunk_has_nothing_that_identifies(tmp_path: Path, key: Path) -> None:
    out = converted(tmp_path, key, make.series(1))
    told = key_by_pillow(next(out.rglob("*.png")))
    originals = [make.IDENTITY[name] for name in ("PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber")]
    assert not any(value in json.dumps(told) for value in (*originals, make.uid(f"{make.uid('series')} 1")))


def name_in(digest: str) -> str:
    """Four letters that stand alone among the figures of a digest, as a name does; the search finds it there."""
    words = ["".join(part) for part in np.lib.stride_tricks.sliding_window_view(list(f"0{digest}0"), 6)]
    return next((word[1:5] for word in words if word[1:5].isalpha() and (word[0] + word[5]).isdigit()), "")


def test_a_name_that_a_digest_spells_by_chance_is_no_leak(tmp_path: Path) -> None:
    images = (np.full((3, 4), 0, np.uint8) + np.array([[n // 256], [n % 256], [0]], np.uint8) for n in range(5000))
    image, digest = next((one, d) for one in images if name_in(d := png.pixel_sha256(one)))
    text = png.text_chunk("dicomconv", json.dumps({"pixel_sha256": digest}))
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(image, None, text))
    (tmp_path / "slices.csv").write_text(f"file,pixel_sha256\na.png,{digest}\n")
    names = Identifiers(names=frozenset({name_in(digest)}))
    assert leaks_of_pictures(tmp_path, ResidualSearch(names)) == ["*.csv", "*.png"]
    assert leaks_of_pictures(tmp_path, ResidualSearch(names), {digest}) == []
    suspects = suspects_of(names)
    assert not in_png(path, suspects, pixels=False) + in_text_file(tmp_path / "slices.csv", "utf-8", suspects)
    path.write_bytes(png.encode(image + 1, None, text))  # now the digest is that of nothing
    assert in_png(path, suspects, pixels=False)
    assert in_text_file(tmp_path / "slices.csv", "utf-8", suspects)


def test_the_audit_searches_the_chunk(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(np.zeros((3, 4), np.uint8), None, png.text_chunk("dicomconv", '{"file":"Zqxjones"}')))
    found = in_png(path, suspects_of(Identifiers(names=frozenset({"Zqxjones"}))), pixels=False)
    assert set(found) == {("chunk iTXt", "name")}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_the_digest_of_a_grey_picture_is_found_in_what_a_tool_made_of_it(tmp_path: Path, mode: str) -> None:
    image = np.arange(15, dtype=np.uint8).reshape(3, 5)
    grey = Image.fromarray(image)
    grey.convert(mode).save(tmp_path / "b.png")
    assert png.pixel_sha256(image) in digests((tmp_path / "b.png").read_bytes())


def test_what_is_no_picture_cannot_be_decoded() -> None:
    for data in (b"", b"no picture", png.SIGNATURE, png.encode(np.zeros((3, 4), np.uint16), None)[:30]):
        with pytest.raises(ValueError, match="cannot be decoded"):
            decoded(data)


def test_the_picture_of_a_tile_says_which_frame_it_is(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_pictures, "LARGEST_PICTURE", 1)
    matrix = np.arange(30 * 50 * 3).reshape(30, 50, 3).astype(np.uint8)
    out = converted(tmp_path, key, [slides.slide(matrix, (8, 16))])
    render_level(out, tmp_path / "tiles", 0, drawing_of())
    with (tmp_path / "tiles/tiles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16
    for row in rows:
        path = tmp_path / "tiles" / row["file"]
        told = key_by_pillow(path)
        assert told["pixel_sha256"] == digest_by_hand(path)
        same = ("file", "container_uuid", "sop_instance_uid", "frame_number")
        assert [str(told[name]) for name in same] == [row[name] for name in same]
        assert (told["rows"], told["columns"], told["png_to_stored"]) == (8, 16, [1, 0, 0, 0, 1, 0, 0, 0, 1])


@needs_ffmpeg
def test_the_pictures_of_a_video_say_which_frame_they_are(tmp_path: Path, key: Path) -> None:
    stream = videos.stream([videos.bars(240, 320, number) for number in range(3)], videos.Kind("libx264", "mpegts"))
    out = converted(tmp_path, key, [videos.video(stream, 240, 320, 3)], burned_in="keep")
    assert [one["frame_number"] for one in told_twice(out)] == [1, 2, 3]
