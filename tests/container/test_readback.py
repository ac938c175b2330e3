"""What is not what was to be written is found before a container gets its name."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest

from dicomconv.container import chunks as chunks_module
from dicomconv.container.chunks import checksum, encode_frame, inflate, same_bytes
from dicomconv.container.pack import ContainerWriter
from dicomconv.container.readback import Written, written_faults
from dicomconv.errors import Undecodable
from tests.container import build


def written_by(path: Path, cases: list[build.Case]) -> Written:
    """Pack, and give what the container is held against."""
    build.pack(path, cases)
    with h5py.File(path) as file:
        stacks = [file[f"stacks/{index}/pixels"] for index in range(int(file.attrs["stack_count"]))]
        sums = [
            [checksum(stack.id.read_direct_chunk((i,) + (0,) * (stack.ndim - 1))[1]) for i in range(len(stack))]
            for stack in stacks
        ]
        lengths = file["headers/length"][()]
        rows = [checksum(file["headers/bytes"][i, :length].tobytes()) for i, length in enumerate(lengths)]
    return Written(sums, rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "series.h5"


def test_what_was_written_is_what_was_to_be(path: Path) -> None:
    assert written_faults(path, written_by(path, build.series(3))) == []


def test_another_frame_is_named(path: Path) -> None:
    written = written_by(path, build.series(3))
    written.chunks[0][1] ^= 1
    assert written_faults(path, written) == ["stack 0 frame 1: not what was packed"]


def test_another_header_row_is_named(path: Path) -> None:
    written = written_by(path, build.series(3))
    written.rows[2] ^= 1
    assert written_faults(path, written) == ["header row 2: not what was packed"]


def test_kept_bytes_are_held_against_the_digest_of_their_file(path: Path) -> None:
    written = written_by(path, [build.Case(build.instance("1.2.3", build.head(), b"fragments " * 20))])
    with h5py.File(path, "r+") as file:
        data = file["encoded/data"][()]
        data[150] ^= 1
        file["encoded/data"][...] = data
    assert "instance 0: its file is not what was packed" in written_faults(path, written)


def test_frames_that_were_taken_back_are_not_expected(path: Path) -> None:
    def undecodable() -> Iterator[object]:
        yield from build.packed(build.ct_case(2))
        raise Undecodable("no more")

    with ContainerWriter(path, container_uuid="", planned_instances=3, profile=build.PROFILE) as writer:
        for number in (1, 2, 3):
            case = build.ct_case(number)
            frames = undecodable() if number == 2 else build.packed(case)
            writer.add(case.instance, frames, is_direct=True, decoder="")
        writer.finish()
    with h5py.File(path) as file:
        assert len(file["stacks/0/pixels"]) == 2


def test_a_compressor_that_errs_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = build.ct_case(rows=40, columns=50).frames[0]
    right = encode_frame(values)
    monkeypatch.setattr(chunks_module, "deflate", lambda plain, compression: right.chunk[:-9] + bytes(9))
    assert inflate(encode_frame(values).chunk, values.nbytes) == inflate(right.chunk, values.nbytes)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 64, 65])
def test_bytes_are_compared_to_the_last(length: int) -> None:
    one = bytes(range(length))
    assert same_bytes(one, bytearray(one))
    assert same_bytes(one, one)
    for place in range(length):
        other = bytearray(one)
        other[place] ^= 255
        assert not same_bytes(one, other)
    assert not same_bytes(one, one + b"x")
