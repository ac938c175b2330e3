"""What was packed comes back, byte for byte (law L2), and a damaged container gives nothing."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.container import pack as pack_module
from dicomconv.container import schema
from dicomconv.container.reader import open_container
from dicomconv.container.verify import verify
from dicomconv.errors import VerificationFailed
from dicomconv.model import Deidentified, Span
from tests.container import build

MANY = st.lists(build.cases(), max_size=5, unique_by=lambda case: case.instance.sop_instance_uid)


@settings(max_examples=60, deadline=None)
@given(cases=MANY, planned=st.integers(0, 4), compression=st.sampled_from(["fast", "small"]))
def test_recover_of_pack_gives_the_files_that_were_packed(
    cases: list[build.Case], planned: int, compression: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.h5"
        build.pack(path, cases, planned_instances=planned, compression=compression)
        with open_container(path) as container:
            assert [b"".join(file.chunks()) for file in container.recover()] == build.files(cases)


def test_files_are_written_under_their_uid_and_nothing_else_is(tmp_path: Path) -> None:
    cases = build.series(3)
    build.pack(tmp_path / "series.h5", cases)
    paths = open_container(tmp_path / "series.h5").recover_to(tmp_path / "out")
    assert [path.name for path in paths] == ["1.2.3.1.dcm", "1.2.3.2.dcm", "1.2.3.3.dcm"]
    assert [path.read_bytes() for path in paths] == build.files(cases)
    assert sorted((tmp_path / "out").iterdir()) == paths


def test_a_uid_that_is_no_uid_is_not_a_file_name(tmp_path: Path) -> None:
    case = build.Case(build.instance("../../etc/evil", build.head(), b""))
    build.pack(tmp_path / "series.h5", [case])
    assert [file.name for file in open_container(tmp_path / "series.h5").recover()] == ["instance_0001.dcm"]


def test_the_folder_for_recovered_files_never_leads_upwards(tmp_path: Path) -> None:
    for folder, expected in (("P1/St1/Se1", "P1/St1/Se1"), ("../../etc", "."), ("/etc", ".")):
        build.pack(tmp_path / "series.h5", [], folder=folder)
        assert str(open_container(tmp_path / "series.h5").folder) == expected


def test_a_header_of_more_than_a_mebibyte_is_kept_outside_the_rows(tmp_path: Path) -> None:
    before = build.head() + os.urandom(schema.LARGEST_HEADER)
    case = build.Case(build.instance("1.2.3", before, b"", b"tail"))
    build.pack(tmp_path / "series.h5", [case, build.ct_case(2)])
    container = open_container(tmp_path / "series.h5")
    assert container.header_lengths[0] == 0
    assert container.header_lengths[1] > 0
    assert [b"".join(file.chunks()) for file in container.recover()] == build.files([case, build.ct_case(2)])


def test_a_pixel_value_in_a_file_is_packed_in_pieces(tmp_path: Path) -> None:
    value = os.urandom(3 * schema.ENCODED_CHUNK + 77)
    (tmp_path / "source").write_bytes(b"x" * 9 + value)
    span = Span(tmp_path / "source", 9, len(value))
    one = Deidentified(build.CT, "1.2.3", build.JPEG, 132, "PixelData", True, build.head(), span, b"")
    build.pack(tmp_path / "series.h5", [build.Case(one)])
    recovered = next(open_container(tmp_path / "series.h5").recover())
    sizes = [len(chunk) for chunk in recovered.chunks()]
    assert max(sizes) <= schema.ENCODED_CHUNK
    assert b"".join(recovered.chunks()) == b"".join(one.chunks())


def test_native_pixels_are_kept_once(tmp_path: Path) -> None:
    added = build.pack(tmp_path / "series.h5", [build.ct_case(1, excess=b"\0", after=b"tail")])
    container = open_container(tmp_path / "series.h5")
    assert added[0].is_direct
    assert len(container.dataset(schema.ENCODED_DATA)) == 0
    assert [piece.kind for piece in container.recipes[0]] == [0, 1, 0]


def test_frames_that_are_not_the_pixel_value_are_kept_beside_it(tmp_path: Path) -> None:
    case = build.ct_case(1)
    other = build.Case(case.instance, [case.frames[0] + np.int16(1)], is_direct=True)
    added = build.pack(tmp_path / "series.h5", [other])
    container = open_container(tmp_path / "series.h5")
    assert not added[0].is_direct
    assert (container.stacks[0][0] == other.frames[0]).all()
    assert [b"".join(file.chunks()) for file in container.recover()] == build.files([case])


def test_an_undecodable_frame_leaves_the_bytes_and_takes_the_frames(tmp_path: Path) -> None:
    case = build.ct_case(2)
    broken = build.Case(case.instance, case.frames, is_direct=True, undecodable=True)
    added = build.pack(tmp_path / "series.h5", [build.ct_case(1), broken, build.ct_case(3)])
    container = open_container(tmp_path / "series.h5")
    assert added[1].undecodable == "frame 3 of this made-up instance is damaged"
    assert [one.frame_count for one in container.instances] == [1, 0, 1]
    assert len(container.stacks[0]) == 2
    assert [b"".join(file.chunks()) for file in container.recover()] == build.files(build.series(3))


def test_a_stack_that_only_an_undecodable_instance_began_is_not_there(tmp_path: Path) -> None:
    case = build.ct_case(1)
    broken = build.Case(case.instance, [np.zeros((6, 7), "u1")], is_direct=True, undecodable=True)
    build.pack(tmp_path / "series.h5", [broken, build.ct_case(2)])
    stacks = open_container(tmp_path / "series.h5").stacks
    assert [stack.shape for stack in stacks] == [(1, 4, 5)]


@pytest.mark.parametrize("dataset", ["headers/bytes", "stacks/0/pixels", "instances/sha256", "recipe/offset"])
def test_a_damaged_container_gives_no_files(tmp_path: Path, dataset: str) -> None:
    path = tmp_path / "series.h5"
    build.pack(path, build.series(3))
    _change(path, dataset)
    assert verify(path)
    with pytest.raises(VerificationFailed):
        open_container(path).recover_to(tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def _change(path: Path, dataset: str) -> None:
    """Change the last value of a dataset, through HDF5: nothing but the digests can notice."""
    import h5py

    with h5py.File(path, "r+") as file:
        values = file[dataset][()]
        values.reshape(-1).view("u1")[-1] ^= 1
        file[dataset][...] = values


def test_the_comparison_at_pack_time_is_what_keeps_a_wrong_recipe_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = build.ct_case(1)
    other = build.Case(case.instance, [case.frames[0] + np.int16(1)], is_direct=True)
    monkeypatch.setattr(pack_module, "same_bytes", lambda *_: True)
    added = build.pack(tmp_path / "series.h5", [other])
    assert added[0].sha256 != case.instance.sha256()
