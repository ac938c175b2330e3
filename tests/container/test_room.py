"""Room for the end of a container: reserved without a trace in the file, and asked for where it cannot be."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from dicomconv.container import room


def test_what_is_reserved_is_not_in_the_file(tmp_path: Path) -> None:
    sizes = []
    for is_reserved in (False, True):
        path = tmp_path / f"{is_reserved}.h5"
        with h5py.File(path, "w", libver=("v110", "v110")) as file:
            file["data"] = np.zeros(1000, np.uint8)
            if is_reserved:
                room.reserve(file, 5000)
        room.release(path)
        sizes.append((path.read_bytes(), path.stat().st_blocks))
    assert sizes[0] == sizes[1]


@pytest.mark.skipif(not hasattr(os, "fstatvfs"), reason="how full a disk is cannot be asked here")
@pytest.mark.parametrize(("blocks", "is_enough"), [(10, False), (1000, True)])
def test_where_nothing_can_be_reserved_free_blocks_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int, is_enough: bool
) -> None:
    monkeypatch.setattr(room, "_fallocate", lambda: None)
    monkeypatch.setattr(os, "fstatvfs", lambda _: SimpleNamespace(f_bavail=blocks, f_frsize=4096))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if is_enough:
            room.reserve(file, 10)
            return
        with pytest.raises(OSError) as caught:
            room.reserve(file, 10)
        assert caught.value.errno == errno.ENOSPC


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no files in memory here")
def test_a_file_that_is_given_up_is_written_to_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    file = h5py.File(path, "w")
    file["data"] = np.zeros(100_000, np.uint8)
    before = path.read_bytes()
    room.divert(file)
    file.close()
    assert path.read_bytes() == before
