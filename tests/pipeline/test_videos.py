"""Videos: kept as they are, drawn by an installed ffmpeg program in the colours they have, and hostile ones endured."""

import csv
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert, deidentify, open_container
from dicomconv.model import Span
from dicomconv.pipeline import ffmpeg
from dicomconv.pipeline.redraw import render_again
from dicomconv.pipeline.views import drawing_of
from dicomconv.pixels.attributes import PixelFormat
from tests import make, videos
from tests.cli.command import call
from tests.outputs import containers, rows
from tests.videos import Kind, needs_ffmpeg

SD, HD = (240, 320), (720, 1280)  # rows, columns
COUNT = 3
NEAR = 3  # grey levels that chrominance in 8 bits and limited range costs
TRANSPORT = Kind("libx264", "mpegts")
KINDS = {
    "mpeg2 stream": (Kind("mpeg2video", "mpeg2video"), SD, "mpeg2"),
    "mpeg2 of high definition that does not say its colours":
        (Kind("mpeg2video", "mpegts", "bt709", is_told=False), HD, "mpeg2 high"),
    "h264 transport stream": (TRANSPORT, SD, "h264"),
    "h264 of full range": (Kind("libx264", "mpegts", "bt601", "pc"), SD, "h264"),
    "h264 mp4, whose table stands at its end": (Kind("libx264", "mp4", "bt709"), HD, "h264"),
    "h264 that does not say its colours": (Kind("libx264", "h264", "bt709", is_told=False), HD, "h264"),
    "hevc that does not say its colours": (Kind("libx265", "mpegts", "bt709", is_told=False), HD, "hevc"),
    "hevc mp4 of full range": (Kind("libx265", "mp4", "bt709", "pc"), HD, "hevc"),
}  # fmt: skip


def frames(size: tuple[int, int], count: int = COUNT) -> list[NDArray[np.uint8]]:
    """Bars that move on from frame to frame."""
    return [videos.bars(*size, number) for number in range(count)]


def converted(folder: Path, key: Path, content: bytes, **choices: Any) -> dict[str, Any]:
    """The row of a video that was converted."""
    convert(make.write(folder / "in", {"v": content}), folder / "out", key=key, **{"burned_in": "keep", **choices})
    return rows(folder / "out")[0]


def pngs(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Every PNG by its name."""
    return {path.name: np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))}


def middles(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The colours in the middles of the bars."""
    rows_, columns = picture.shape[:2]
    width = columns // len(videos.COLOURS)
    return picture[rows_ // 2, width // 2 :: width].astype(np.int64)[: len(videos.COLOURS)]


@needs_ffmpeg
@pytest.mark.parametrize("name", KINDS)
def test_frames_have_the_colours_that_went_in(tmp_path: Path, key: Path, name: str) -> None:
    kind, size, syntax = KINDS[name]
    stream = videos.stream(frames(size), kind)
    row = converted(tmp_path, key, videos.video(stream, *size, COUNT, syntax=videos.SYNTAXES[syntax]))
    found = pngs(tmp_path / "out")
    assert (row["pngs"], len(found), row.get("no_png")) == (COUNT, COUNT, None)
    for picture, original in zip(found.values(), frames(size), strict=True):
        assert np.abs(middles(picture) - middles(original)).max() <= NEAR


@needs_ffmpeg
def test_a_video_in_several_fragments_is_one_stream(tmp_path: Path, key: Path) -> None:
    syntax = videos.SYNTAXES["h264 fragmentable"]
    stream = videos.stream(frames(SD), TRANSPORT)
    assert converted(tmp_path, key, videos.video(stream, *SD, COUNT, syntax=syntax, pieces=5))["pngs"] == COUNT


@needs_ffmpeg
def test_a_video_is_kept_as_it_is_and_named_and_listed_like_any_multi_frame_object(tmp_path: Path, key: Path) -> None:
    row = converted(tmp_path, key, videos.video(videos.stream(frames(SD), TRANSPORT), *SD, COUNT))
    deidentify(tmp_path / "in", tmp_path / "plain", key=key, burned_in="keep")
    [plain] = (tmp_path / "plain").rglob("*.dcm")
    with open_container(containers(tmp_path / "out")[0]) as container:
        assert container.recover_to(tmp_path / "back")[0].read_bytes() == plain.read_bytes()
    assert (row["frames"], row["decoder"][:7]) == (0, "ffmpeg ")
    [listed] = (tmp_path / "out").rglob("slices.csv")
    with listed.open(encoding="utf-8", newline="") as file:
        told = [(one["file"], one["frame_number"], one["photometric_interpretation"]) for one in csv.DictReader(file)]
    assert told == [(name, str(number), "RGB") for number, name in enumerate(pngs(tmp_path / "out"), 1)]
    assert [name[-14:] for name in pngs(tmp_path / "out")] == [f"_0001_000{number}.png" for number in (1, 2, 3)]


@needs_ffmpeg
def test_render_draws_the_same_again(tmp_path: Path, key: Path) -> None:
    converted(tmp_path, key, videos.video(videos.stream(frames(SD), TRANSPORT), *SD, COUNT))
    assert render_again(tmp_path / "out", tmp_path / "again", drawing_of()).pngs == COUNT
    first, again = pngs(tmp_path / "out"), pngs(tmp_path / "again")
    assert list(first) == list(again)
    assert all(np.array_equal(first[name], again[name]) for name in first)


@needs_ffmpeg
@pytest.mark.parametrize(("claimed", "drawn", "said"), [
    (5, 3, "it has 3 frames, and NumberOfFrames says 5"),
    (2, 2, "it has more frames than NumberOfFrames says; the first 2 are drawn"),
])  # fmt: skip
def test_another_number_of_frames_is_said(tmp_path: Path, key: Path, claimed: int, drawn: int, said: str) -> None:
    row = converted(tmp_path, key, videos.video(videos.stream(frames(SD), TRANSPORT), *SD, claimed))
    assert (row["pngs"], row["video"]) == (drawn, said)


@needs_ffmpeg
@pytest.mark.parametrize("size", [(SD[0], SD[1] + 16), (SD[0] * 4, SD[1] * 4)])
def test_a_video_of_another_size_has_no_pictures_and_the_row_says_why(
    tmp_path: Path, key: Path, size: tuple[int, int]
) -> None:
    row = converted(tmp_path, key, videos.video(videos.stream(frames(size), TRANSPORT), *SD, COUNT))
    assert (row["outcome"], row["pngs"], pngs(tmp_path / "out")) == ("converted", 0, {})
    assert "Rows" in row["no_png"]


@needs_ffmpeg
@pytest.mark.parametrize("content", [b"", b"\0" * 4000, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
                                     b"ffconcat version 1.0\nfile '/etc/passwd'\n"])  # fmt: skip
def test_what_is_no_video_costs_a_sentence(tmp_path: Path, key: Path, content: bytes) -> None:
    row = converted(tmp_path, key, videos.video(content, *SD, COUNT))
    assert (row["outcome"], row["pngs"], bool(row["no_png"])) == ("converted", 0, True)


@needs_ffmpeg
def test_a_video_that_claims_far_more_than_it_can_hold_costs_a_sentence(tmp_path: Path, key: Path) -> None:
    stream = videos.stream(frames(SD), TRANSPORT)
    row = converted(tmp_path, key, videos.video(stream, *SD, 10**8))
    assert "thousands of times" in row["no_png"]


@needs_ffmpeg
def test_the_program_sees_neither_names_nor_more_than_pipes() -> None:
    content = b"".join(make.item(part) for part in (b"", bytes(8))) + make.element(make.SEQUENCE_END, "", b"")
    layout = PixelFormat(*SD, 3, "YBR_PARTIAL_420", 0, 8, 8, 7, 0, COUNT, videos.SYNTAXES["h264"])
    command = ffmpeg.Video(layout, Span(content, 0, len(content)), ffmpeg.installed())._input()
    assert command[command.index("-i") + 1] == "pipe:0"
    assert command[command.index("-protocol_whitelist") + 1] == "pipe,cache"


def pretended(folder: Path, script: str) -> str:
    """A folder with a program called ffmpeg that does what a script says."""
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f'#!/bin/sh\n[ "$1" = "-version" ] && echo "ffmpeg version 9.9-pretended" && exit\n{script}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(folder)


def any_video() -> bytes:
    """A video that nobody decodes."""
    return videos.video(bytes(100), *SD, COUNT)


def test_without_the_program_the_row_says_what_to_install(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    row = converted(tmp_path, key, any_video())
    assert (row["outcome"], row["pngs"], row["no_png"]) == ("converted", 0, ffmpeg.NOT_INSTALLED)
    said = call("render", tmp_path / "out", "-o", tmp_path / "pictures")
    assert (said.exit_code, ffmpeg.NOT_INSTALLED in said.stderr) == (0, True)


@pytest.mark.parametrize("script", ["exit 1", "printf 'P6\\n320 240\\n255\\nshort'", "printf nonsense", "cat"])
def test_a_program_that_gives_something_else_costs_a_sentence(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setenv("PATH", f"{pretended(tmp_path / 'bin', script)}:/usr/bin:/bin")
    row = converted(tmp_path, key, any_video())
    assert (row["outcome"], row["pngs"], bool(row["no_png"])) == ("converted", 0, True)


def test_a_program_that_says_nothing_is_ended(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "SILENCE_SECONDS", 0.2)
    monkeypatch.setenv("PATH", f"{pretended(tmp_path / 'bin', 'sleep 600; exit')}:/usr/bin:/bin")
    assert converted(tmp_path, key, any_video())["pngs"] == 0


def test_a_program_that_would_send_frames_for_ever_is_ended_behind_the_last(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = "printf 'P6\\n320 240\\n255\\n'; head -c 230400 /dev/zero"
    monkeypatch.setenv("PATH", f"{pretended(tmp_path / 'bin', f'while :; do {frame}; done')}:/usr/bin:/bin")
    row = converted(tmp_path, key, any_video())
    assert (row["pngs"], "more frames" in row["video"]) == (COUNT, True)


@needs_ffmpeg
def test_no_png_draws_no_video(tmp_path: Path, key: Path) -> None:
    row = converted(tmp_path, key, videos.video(videos.stream(frames(SD), TRANSPORT), *SD, COUNT), png=False)
    assert (row["pngs"], pngs(tmp_path / "out")) == (0, {})
