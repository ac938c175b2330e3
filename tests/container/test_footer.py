"""The footer: every flipped bit is found and named, a file that is cut short is told from one that is damaged."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.container.footer import BLOCK, body_length_of, end_of_hdf5, footer_length, write_footer
from dicomconv.container.reader import open_container
from dicomconv.container.user_block import set_user_block
from dicomconv.container.verify import verify
from dicomconv.errors import NotAContainer
from dicomconv.pipeline.containers import recover, verify_all
from tests.container import build

NAMED = re.compile(
    r"bytes \d+ to \d+ are not what was written: "
    r"(stack \d+ frame \d+|headers/|encoded/|instances/|recipe/|stacks/\d+/frames/|index/|the structure of"
    r"|damaged where HDF5 begins"
    r"|damaged: its attributes|an HDF5 file, but|of format version|not written to its end)"
    r"|the footer is damaged: its (signature|length|digest|own digest)"
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A container of several blocks, with frames, headers and kept bytes."""
    path = tmp_path_factory.mktemp("footer") / "series.h5"
    chance = np.random.default_rng(5)
    fragments = chance.integers(0, 256, 100_000, np.uint8).tobytes()
    encapsulated = build.Case(build.instance("9.9", build.head("9.9"), fragments, encapsulated=True))
    cases = []
    for number in range(1, 5):
        values = chance.integers(-900, 900, (90, 80)).astype("<i2")
        one = build.instance(f"1.2.3.{number}", build.head(f"1.2.3.{number}"), values.tobytes())
        cases.append(build.Case(one, [values], is_direct=True))
    build.pack(path, [*cases, encapsulated])
    return path


@pytest.fixture
def path(packed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(packed, tmp_path / "series.h5"))


def faults(path: Path) -> list[str]:
    """What `dicomconv verify` says of one file."""
    [report] = verify_all(path)
    return list(report.faults)


def test_every_flipped_bit_is_found_and_named(path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(2026)
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        assert NAMED.match(faults(path)[0])


def test_a_flipped_bit_in_every_part_of_the_footer_is_found_and_named(path: Path) -> None:
    whole = path.read_bytes()
    end = end_of_hdf5(path, 0) or 0
    for place in range(end, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        [fault] = verify(path)
        assert fault.startswith("the footer is damaged: its ")


def test_the_damaged_frame_is_named(path: Path) -> None:
    with h5py.File(path) as file:
        chunk = file["stacks/0/pixels"].id.get_chunk_info(2)
    damaged = bytearray(path.read_bytes())
    damaged[chunk.byte_offset + 5] ^= 1
    path.write_bytes(damaged)
    [footer, frame, instance] = verify(path)
    assert "stack 0 frame" in footer
    assert frame.startswith("stack 0 frame 2: ")
    assert instance.startswith("instance 2: ")


@pytest.mark.parametrize("sealed", [0, 1024])
def test_a_file_cut_short_anywhere_is_told_from_a_damaged_one(path: Path, sealed: int) -> None:
    set_user_block(path, [b"S" * sealed])
    whole, chance = path.read_bytes(), random.Random(7)
    end = end_of_hdf5(path, sealed) or 0
    for length in [sealed + 48, sealed + 100, end - 1, end + 1, len(whole) - 1, *chance.choices(range(5000, end), k=20)]:
        path.write_bytes(whole[:length])
        assert faults(path)[0].startswith("cut short")
    path.write_bytes(whole[:end])
    assert faults(path) == [
        "the footer is missing: the file was cut short where its HDF5 ends, or changed by another program",
        *["there is no seal at offset 0"] * bool(sealed),
    ]


def test_bytes_that_were_added_at_the_end_are_named(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")
    assert verify(path) == ["4 bytes follow the footer, at whose end the file should end"]


def test_a_file_that_hdf5_does_not_open_is_named_by_its_bytes(path: Path) -> None:
    whole = path.read_bytes()
    for place in (3, 9, 28, 30, 45):  # signature, sizes, where it ends, checksum
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 128]) + whole[place + 1 :])
        assert faults(path) == [
            f"bytes 0 to {BLOCK} are not what was written: damaged where HDF5 begins to read it"
        ]
        with pytest.raises(NotAContainer, match="damaged where HDF5 begins"):
            open_container(path)


def test_a_seal_in_front_changes_nothing_of_what_is_named(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    plain = verify(path)
    set_user_block(path, [b"S" * 2048])
    shifted = [re.sub(r"\d+ to \d+ are", lambda _: "X are", one) for one in verify(path)]
    assert shifted == [re.sub(r"\d+ to \d+ are", lambda _: "X are", one) for one in plain]


def test_a_change_by_another_program_is_found_until_the_footer_is_written_anew(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.create_group("annotations").attrs["anything"] = 1
    assert len(verify(path)) == 1
    write_footer(path)
    assert verify(path) == []
    whole = path.read_bytes()
    write_footer(path)
    assert path.read_bytes() == whole


def test_files_are_recovered_where_only_the_footer_is_missing(path: Path, tmp_path: Path) -> None:
    with h5py.File(path, "r+"):
        pass
    [report] = recover([path], tmp_path / "back")
    assert (report.count, report.faults) == (5, ())
    with h5py.File(path, "r+") as file:
        file["headers/bytes"][1, 7] ^= 1
    [report] = recover([path], tmp_path / "again")
    assert (report.count, report.faults) == (0, ("instance 1: its file is not what was packed",))


def test_a_container_of_the_first_format_needs_no_footer(path: Path) -> None:
    golden = Path(__file__).parents[1] / "golden/container-v1/series1.h5"
    shutil.copy(golden, path)
    assert verify(path) == []
    write_footer(path)
    assert verify(path) == []


@given(st.integers(1, 1 << 40))
def test_the_length_of_a_file_says_where_its_footer_begins(body: int) -> None:
    assert body_length_of(body + footer_length(body)) == body


def test_other_readers_pass_over_the_footer(path: Path) -> None:
    with h5py.File(path) as file:
        assert file.attrs["format_version"] == b"1.1"
        assert file["stacks/0/pixels"].shape == (4, 90, 80)
    if program := shutil.which("h5dump"):
        done = subprocess.run([program, "-d", "/instances/sha256", str(path)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
