"""A block in front of a container: HDF5 and all readers pass over it, and what follows it is the container as it was."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv import convert, open_container, verify
from dicomconv.container.user_block import set_user_block, user_block_length
from dicomconv.errors import NotAContainer
from tests import make
from tests.outputs import containers, left_over


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A container without a block."""
    folder = tmp_path_factory.mktemp("plain")
    make.write(folder / "in", {str(number): one for number, one in enumerate(make.series(3))})
    convert(folder / "in", folder / "out", png=False)
    return containers(folder / "out")[0].read_bytes()


@pytest.mark.parametrize("power", range(6))
def test_a_container_behind_a_block_is_read_as_ever(tmp_path: Path, plain: bytes, power: int) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(plain)
    set_user_block(path, [bytes(range(256)) * (2 << power)])
    with h5py.File(path) as file, open_container(path) as container:
        assert file.userblock_size == user_block_length(path) == 512 << power
        assert np.array_equal(container.stacks[0][1], file["stacks/0/pixels"][1])
    [report] = verify(path)
    assert (report.count, [fault for fault in report.faults if "seal" not in fault]) == (3, [])


def test_a_block_is_replaced_and_removed_without_a_trace(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(plain)
    path.chmod(0o640)
    for block in (b"1" * 1024, b"2" * 512, b"", b"3" * 2048, b""):
        set_user_block(path, [block[:100], block[100:]])
        assert path.read_bytes() == block + plain
    assert (path.stat().st_mode & 0o777, left_over(tmp_path)) == (0o640, [])


@pytest.mark.parametrize("length", [1, 511, 1536, 1000])
def test_a_block_that_hdf5_would_not_find_its_way_behind_is_refused(tmp_path: Path, plain: bytes, length: int) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(plain)
    with pytest.raises(NotAContainer):
        set_user_block(path, [bytes(length)])
    assert (path.read_bytes(), left_over(tmp_path)) == (plain, [])


@given(st.binary(max_size=2000))
def test_other_files_have_no_block(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "other"
    path.write_bytes(content)
    assert user_block_length(path) is None
