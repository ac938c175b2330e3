"""Containers are the same bytes every time, whole or not there, and refuse what they cannot keep."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from dicomconv.container import chunks
from dicomconv.container import pack as pack_module
from dicomconv.container.chunks import encode_frame, inflate, shuffle, unshuffle
from dicomconv.container.frames import PackedFrame
from dicomconv.container.pack import ContainerWriter
from dicomconv.container.verify import verify
from dicomconv.errors import Undecodable, UsageError, VerificationFailed
from tests.container import build


def test_the_same_calls_give_the_same_bytes_at_another_time(tmp_path: Path) -> None:
    build.pack(tmp_path / "a.h5", build.series(5), grid=True)
    time.sleep(1.1)
    build.pack(tmp_path / "b.h5", build.series(5), grid=True)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_container_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "series.h5"
    with ContainerWriter(path, container_uuid="", planned_instances=1, profile=build.PROFILE) as writer:
        writer.add(build.ct_case().instance, build.packed(build.ct_case()), is_direct=True, decoder="")
        assert not path.exists()
        writer.complete()
        assert not path.exists()
        assert verify(writer.temporary) == []
        writer.publish()
        assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    def interrupted() -> Iterator[PackedFrame]:
        yield from build.packed(build.ct_case())
        raise KeyboardInterrupt

    path = tmp_path / "series.h5"
    path.write_bytes(b"an older container")
    with pytest.raises(KeyboardInterrupt):
        _pack_one(path, interrupted())
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"an older container"


def _pack_one(path: Path, frames: Iterator[PackedFrame]) -> None:
    with ContainerWriter(path, container_uuid="", planned_instances=1, profile=build.PROFILE) as writer:
        writer.add(build.ct_case().instance, frames, is_direct=True, decoder="")
        writer.finish()


def test_a_writer_that_is_left_unfinished_leaves_nothing(tmp_path: Path) -> None:
    with ContainerWriter(tmp_path / "a.h5", container_uuid="", planned_instances=1, profile=build.PROFILE):
        pass
    assert not list(tmp_path.iterdir())


def test_a_container_that_does_not_verify_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_module, "written_faults", lambda *_: ["stack 0 frame 0: not what was packed"])
    with pytest.raises(VerificationFailed, match="stack 0 frame 0"):
        build.pack(tmp_path / "series.h5", build.series(1))
    assert not list(tmp_path.iterdir())


def test_after_an_error_the_writer_is_of_no_further_use(tmp_path: Path) -> None:
    def failing() -> Iterator[PackedFrame]:
        yield from build.packed(build.ct_case(2))
        raise EOFError("the file became shorter while it was read")

    with ContainerWriter(tmp_path / "a.h5", container_uuid="", planned_instances=1, profile=build.PROFILE) as writer:
        writer.add(build.ct_case(1).instance, build.packed(build.ct_case(1)), is_direct=True, decoder="")
        with pytest.raises(EOFError):
            writer.add(build.ct_case(2).instance, failing(), is_direct=True, decoder="")
        with pytest.raises(UsageError, match="cannot be finished"):
            writer.finish()
    assert not list(tmp_path.iterdir())


def test_an_instance_is_in_a_container_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        build.pack(tmp_path / "series.h5", [build.ct_case(1), build.ct_case(1)])


def test_a_frame_that_hdf5_cannot_hold_is_undecodable() -> None:
    huge = as_strided(np.zeros(1, np.uint8), (70_000, 70_001), (0, 0))
    with pytest.raises(Undecodable, match="HDF5 takes 1 to 4294967295"):
        encode_frame(huge)


def test_a_frame_without_pixels_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="0 bytes"):
        encode_frame(np.zeros((0, 5), np.uint8))


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "<u4", ">f8"])
def test_unshuffle_undoes_shuffle(dtype: str) -> None:
    octets = np.frombuffer(os.urandom(20 * np.dtype(dtype).itemsize), np.uint8)
    size = np.dtype(dtype).itemsize
    assert bytes(unshuffle(bytes(shuffle(octets, size)), size)) == octets.tobytes()


@pytest.mark.parametrize("compression", ["fast", "small"])
def test_without_the_fast_packages_pythons_zlib_does_the_same(
    compression: chunks.Compression, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = build.ct_case(rows=40, columns=50).frames[0]
    fast = encode_frame(values, compression)
    monkeypatch.setattr(chunks, "libdeflate", None)
    monkeypatch.setattr(chunks, "isal_zlib", None)
    slow = encode_frame(values, compression)
    assert inflate(slow.chunk, values.nbytes) == inflate(fast.chunk, values.nbytes)
    with pytest.raises(chunks.zlib.error):
        inflate(fast.chunk[:-5], values.nbytes)


def test_frames_are_taken_one_by_one(tmp_path: Path) -> None:
    alive: list[int] = []

    def counting() -> Iterator[PackedFrame]:
        for number in range(50):
            alive.append(number)
            yield next(build.packed(build.ct_case(1)))

    value = build.ct_case(1).frames[0].tobytes() * 50
    one = build.instance("1.2.3", build.head(), value)
    with ContainerWriter(tmp_path / "a.h5", container_uuid="", planned_instances=1, profile=build.PROFILE) as writer:
        added = writer.add(one, counting(), is_direct=True, decoder="")
        writer.finish()
    assert len(alive) == 50
    assert [(place.first, place.count) for place in added.places] == [(0, 50)]
    assert added.is_direct
