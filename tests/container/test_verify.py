"""Damage is found wherever it is, and named."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from dicomconv.container import rebuild
from dicomconv.container.footer import write_footer
from dicomconv.container.reader import Container, open_container
from dicomconv.container.verify import verify
from dicomconv.errors import NotAContainer
from tests.container import build


@pytest.fixture
def path(tmp_path: Path) -> Path:
    encapsulated = build.Case(build.instance("9.9", build.head("9.9"), bytes(range(256)) * 40, encapsulated=True))
    build.pack(tmp_path / "series.h5", [*build.series(3), encapsulated], grid=True, planned_instances=8)
    return tmp_path / "series.h5"


def test_a_container_as_it_was_packed_has_no_faults(path: Path) -> None:
    assert verify(path) == []


@contextmanager
def changing(path: Path) -> Iterator[h5py.File]:
    """The file to be changed through HDF5, and a footer that says nothing of it."""
    with h5py.File(path, "r+") as file:
        yield file
    write_footer(path)


def change(path: Path, dataset: str, index: object, value: object) -> list[str]:
    """Write another value through HDF5, as somebody could who knows of the footer."""
    with changing(path) as file:
        file[dataset][index] = value
    return verify(path)


def test_a_changed_frame_is_named(path: Path) -> None:
    faults = change(path, "stacks/0/pixels", (1, 2, 3), 99)
    assert faults == ["stack 0 frame 1: not what was packed", "instance 1: its file is not what was packed"]


def test_a_frame_beside_an_encapsulated_value_is_checked_too(tmp_path: Path) -> None:
    frame = build.ct_case().frames[0]
    one = build.instance("1.2", build.head(), b"fragments", encapsulated=True)
    build.pack(tmp_path / "a.h5", [build.Case(one, [frame])])
    faults = change(tmp_path / "a.h5", "stacks/0/pixels", (0, 0, 0), 99)
    assert faults == ["stack 0 frame 0: not what was packed"]


def test_a_changed_byte_of_what_is_kept_verbatim_is_named(path: Path) -> None:
    assert change(path, "encoded/data", 7, 99) == ["instance 3: its file is not what was packed"]


def test_a_changed_header_is_named(path: Path) -> None:
    assert change(path, "headers/bytes", (2, 5), 1) == ["instance 2: its file is not what was packed"]


def test_a_byte_in_the_padding_of_a_header_row_is_named(path: Path) -> None:
    length = open_container(path).header_lengths[3]
    assert change(path, "headers/bytes", (3, length), 1) == ["header row 3: the padding is not zero"]


@pytest.mark.parametrize(
    ("dataset", "index", "value"),
    [
        ("stacks/0/frames/position", (0, 2), 1.0),
        ("stacks/0/frames/sha256", (0, 0), 1),
        ("instances/file_length", 0, 1),
        ("instances/sop_instance_uid", 0, b"1.2.3.2"),
        ("recipe/offset", 1, 1),
        ("headers/length", 0, 1),
        ("index/InstanceNumber", 0, 9),
    ],
)
def test_a_changed_column_breaks_the_root_digest(path: Path, dataset: str, index: object, value: object) -> None:
    assert "root digest: the tables or attributes are not what was packed" in change(path, dataset, index, value)


@pytest.mark.parametrize(
    ("place", "name"),
    [("/", "container_uuid"), ("stacks/0/pixels", "affine_lps"), ("constants", "PatientID"), ("index", "column-order")],
)
def test_a_changed_attribute_breaks_the_root_digest(path: Path, place: str, name: str) -> None:
    with changing(path) as file:
        file[place].attrs[name] = 7
    assert verify(path) == ["root digest: the tables or attributes are not what was packed"]


@pytest.mark.parametrize(
    "name", ["stacks/0/pixels", "stacks/0/frames/sha256", "headers/bytes", "instances/sha256", "recipe/start", "index"]
)
def test_what_is_missing_is_named(path: Path, name: str) -> None:
    with changing(path) as file:
        del file[name]
    assert f"{name}: missing" in verify(path)


def test_a_link_to_another_file_is_not_followed(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    other.write_bytes(path.read_bytes())
    with changing(path) as file:
        del file["headers/bytes"]
        file["headers/bytes"] = h5py.ExternalLink(str(other), "headers/bytes")
    assert verify(path) == ["headers/bytes: a link to elsewhere, which no container has"]


def test_a_column_of_another_length_is_named(path: Path) -> None:
    with changing(path) as file:
        del file["instances/head_length"]
        file["instances/head_length"] = np.zeros(9, "<u8")
    assert verify(path) == ["instances/head_length: of shape (9,)"]


def test_recipes_that_reach_beyond_what_is_kept_are_named(path: Path) -> None:
    faults = change(path, "recipe/offset", slice(None), 2**63)
    assert "instance 0: its recipe reaches beyond what is kept" in faults


def test_bytes_that_belong_to_no_file_are_named(path: Path) -> None:
    with changing(path) as file:
        file["encoded/data"].resize((len(file["encoded/data"]) + 3,))
    assert "encoded/data: 3 bytes more than the recipes use" in verify(path)


def test_other_groups_do_not_concern_the_root_digest(path: Path) -> None:
    with changing(path) as file:
        file.create_group("annotations").attrs["anything"] = 1
        file.attrs["sealed"] = b"embedded"
    assert verify(path) == []


@pytest.mark.parametrize("dataset", ["stacks/0/pixels", "headers/bytes", "encoded/data"])
def test_a_byte_flipped_in_a_chunk_is_found_or_changes_nothing(path: Path, dataset: str) -> None:
    whole, chance = path.read_bytes(), random.Random(4711)
    with h5py.File(path) as file:
        chunks = [file[dataset].id.get_chunk_info(i) for i in range(file[dataset].id.get_num_chunks())]
    found = 0
    for _ in range(40):
        chunk = chance.choice(chunks)
        damaged = bytearray(whole)
        damaged[chunk.byte_offset + chance.randrange(chunk.size)] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        faults = verify(path)
        found += bool(faults)
        assert faults or _content(path) == _content_of(whole, path)
    assert found >= 38  # the last bits of a deflate stream may be nobody's, as the line above has shown


def _content(path: Path) -> list[bytes]:
    with Container(path) as container:
        return [b"".join(file.chunks()) for file in container.recover()]


def _content_of(whole: bytes, path: Path) -> list[bytes]:
    """What the undamaged container holds."""
    path.write_bytes(whole)
    return _content(path)


def test_a_byte_flipped_anywhere_never_changes_a_file_unnoticed(path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(11)
    expected = _content(path)
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            assert verify(path) or _content(path) == expected
        except NotAContainer:
            continue


def test_each_frame_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[int, int]] = []
    plain = Container.frame_bytes

    def counting(self: Container, stack: int, index: int) -> memoryview:
        read.append((stack, index))
        return plain(self, stack, index)

    monkeypatch.setattr(Container, "frame_bytes", counting)
    assert verify(path) == []
    assert sorted(read) == [(0, 0), (0, 1), (0, 2)]


def test_part_of_a_file_is_the_same_part_of_its_recipe(path: Path) -> None:
    container = open_container(path)
    whole = b"".join(rebuild.file_chunks(container, container.recipes[0]))
    for start, stop in ((0, 10), (130, len(whole) - 3), (len(whole) - 30, len(whole))):
        assert b"".join(rebuild.file_chunks(container, container.recipes[0], start, stop)) == whole[start:stop]
