"""Members of archives are what files in a folder are: the same rows, the same bytes, in whatever stretches they are read."""

import bz2
import io
import lzma
import pickle
import random
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dicomconv.archives import stream
from dicomconv.archives.member import AT_ONCE, HEAD, Archive, Member
from dicomconv.archives.names import Names
from dicomconv.archives.stream import GZIP, RAW, Inflated
from dicomconv.archives.zipped import members_of_zip
from dicomconv.inspected import Aside
from dicomconv.model import Span
from dicomconv.source import SourceFile
from dicomconv.stored import all_bytes, shown, span_of
from dicomconv.walk import walk
from tests import make, wheel
from tests.archives.pack import KINDS, deflated, gzipped, pack, tar_member

IN_TMP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FILES = {"a/IM1": make.ct_slice(), "a/IM2": make.ct_slice(rows=6), "b/note.txt": b"text", "DICOMDIR": b""}


def rows(source: Path) -> list[tuple[str, object]]:
    """What is found in a source, without where it lies."""
    found = [(one.name, one.sop_instance_uid) for one in walk([source]) if isinstance(one, SourceFile)]
    return sorted(
        found + [("", (one.failed, one.reason)) for one in walk([source]) if isinstance(one, Aside)], key=repr
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_wheels_files_are_found_in_an_archive_as_in_a_folder(tmp_path: Path, kind: str) -> None:
    plain = [path for path in wheel.paths() if path.suffix != ".gz"]  # one that is an archive itself
    files = {path.relative_to(wheel.FOLDER).as_posix(): path.read_bytes() for path in plain}
    make.write(tmp_path / "folder", files)
    archive = pack(tmp_path / kind, files)
    assert rows(archive) == rows(tmp_path / "folder")
    assert all(all_bytes(one.path) == files[one.name] for one in walk([archive]) if isinstance(one, SourceFile))


@pytest.mark.parametrize("kind", KINDS)
@IN_TMP
@given(data=st.data())
def test_any_stretch_of_a_member_is_that_of_the_file(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    noise = random.Random(1).randbytes(3 * HEAD)
    content = make.ct_slice(rows=400, columns=310)[: -len(noise)] + noise
    [member] = [one for one in walk([pack(tmp_path / kind, {"x": b"", "y": content})]) if isinstance(one, SourceFile)]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(content) + 9)] * 2)))
    assert span_of(member.path).read(start, stop) == content[start:stop]


@pytest.mark.parametrize(
    ("wbits", "coded"), [(RAW, deflated), (GZIP, gzipped), (GZIP, lambda b: gzipped(b[:9]) + gzipped(b[9:]))]
)
@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 99), stretches=st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 3_000)), max_size=12)
)
def test_any_stretch_of_a_stream_is_what_was_put_in(wbits, coded, seed, stretches) -> None:  # type: ignore[no-untyped-def]
    """With places and blocks so small that all of them are forgotten now and then."""
    content = random.Random(seed).randbytes(9_000) + bytes(11_000) + random.Random(seed).randbytes(13_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK", 512)
        patch.setattr(stream, "BLOCKS", 3)
        patch.setattr(stream, "PLACES", 5)
        packed = coded(content)
        inflated = Inflated(Span(packed, 0, len(packed)), wbits)
        for start, length in stretches:
            assert inflated.read(start, start + length) == content[start : start + length]
        assert inflated.size() == len(content)


def test_a_stream_is_read_backwards_without_inflating_all_of_it_each_time() -> None:
    content = random.Random(1).randbytes(stream.BLOCK * 64)
    packed = gzipped(content)
    taken = []

    class Counted:
        def read(self, start: int, stop: int) -> bytes:
            taken.append(stop - start)
            return packed[start:stop]

    inflated = Inflated(Span(Counted(), 0, len(packed)), GZIP)
    size = stream.BLOCK // 4
    for start in range(len(content) - size, -1, -size):
        assert inflated.read(start, start + size) == content[start : start + size]
    assert sum(taken) < 4 * len(packed)


def test_a_large_member_is_read_part_by_part(tmp_path: Path) -> None:
    content = make.ct_slice(rows=4, columns=5) + random.Random(1).randbytes(1 << 20) + bytes(AT_ONCE)
    path = pack(tmp_path / "a.zip", {"a": content})
    [member] = members_of_zip(Archive(path, path.stat().st_size, path.stat().st_mtime_ns))
    assert isinstance(member, Member)
    assert b"".join(span_of(member).chunks(1 << 21)) == content


def test_a_compressed_file_is_the_one_in_it(tmp_path: Path) -> None:
    content = make.ct_slice(rows=99, columns=100)
    make.write(
        tmp_path / "in", {"IM1.dcm.gz": gzipped(content), "IM1.dcm": make.ct_slice(), "notes.gz": gzipped(b"text")}
    )
    found = {one.name: all_bytes(one.path) for one in walk([tmp_path / "in"]) if isinstance(one, SourceFile)}
    assert found == {"IM1.dcm.gz/IM1.dcm": content, "IM1.dcm": make.ct_slice()}
    assert [one.reason for one in walk([tmp_path / "in"]) if isinstance(one, Aside)] == [
        "a compressed file that holds neither DICOM nor a tar archive"
    ]


def test_an_archive_of_another_kind_is_skipped_and_named(tmp_path: Path) -> None:
    packed = {"a.tar.bz2": bz2.compress(make.ct_slice()), "b.tar.xz": lzma.compress(make.ct_slice())}
    found = walk([make.write(tmp_path, packed)])
    assert [one.reason for one in found if isinstance(one, Aside) and not one.failed] == [
        "the content is not DICOM but compressed by bzip2: unpack it first",
        "the content is not DICOM but compressed by xz: unpack it first",
    ]


@pytest.mark.parametrize("name", ["a.dcm", "a", "a.txt"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_known_whatever_its_name_is(tmp_path: Path, kind: str, name: str) -> None:
    pack(tmp_path / kind, {"IM1": make.ct_slice()}).rename(tmp_path / name)
    assert [isinstance(one, SourceFile) for one in walk([tmp_path])] == [True]


def test_dicom_called_zip_is_dicom_though_its_preamble_is_that_of_a_zip(tmp_path: Path) -> None:
    content = make.ct_slice()
    make.write(
        tmp_path, {"a.zip": content, "b.zip": b"PK\x03\x04" + content[4:], "c.gz": b"\x1f\x8b\x08" + content[3:]}
    )
    assert {one.name for one in walk([tmp_path]) if isinstance(one, SourceFile)} == {"a.zip", "b.zip", "c.gz"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_has_a_place_that_travels_and_shows_no_name(tmp_path: Path, kind: str) -> None:
    [found] = walk([pack(tmp_path / kind, {"DOE^JANE/IM1": make.ct_slice()})])
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found.path) == hash(pickle.loads(pickle.dumps(found.path)))
    assert "DOE" not in repr(found) + repr(found.path)
    assert shown(found.path) == f"{tmp_path / kind}/DOE^JANE/IM1"


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_in_a_folder_stands_for_a_folder_of_its_name(tmp_path: Path, kind: str) -> None:
    make.write(tmp_path / "in", {"IM1": make.ct_slice()})
    pack(tmp_path / "in" / kind, {"x/IM1": make.ct_slice()})
    assert {one.name for one in walk([tmp_path / "in"]) if isinstance(one, SourceFile)} == {"IM1", f"{kind}/x/IM1"}


def test_times_of_members_are_known(tmp_path: Path) -> None:
    for kind in KINDS:
        [found] = walk([pack(tmp_path / kind, {"IM1": make.ct_slice()})])
        assert isinstance(found.path, Member)
        told = time.gmtime(found.path.modified_ns / 10**9)
        assert told[:6] == (2001, 2, 3, 4, 5, 6)


def test_a_zip64_with_something_in_front_and_a_comment_is_read(tmp_path: Path) -> None:
    content = io.BytesIO(b"#!/bin/sh\n" * 9)
    content.seek(0, io.SEEK_END)
    with zipfile.ZipFile(content, "w") as archive:
        archive.comment = b"PK\x05\x06 is where a directory ends" * 3
        with archive.open("IM1", "w", force_zip64=True) as member:
            member.write(make.ct_slice())
    path = make.write(tmp_path, {"a": content.getvalue()}) / "a"
    [member] = members_of_zip(Archive(path, path.stat().st_size, path.stat().st_mtime_ns))
    assert isinstance(member, Member)
    assert all_bytes(member) == make.ct_slice()


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_kind_of_tar_are_whole(tmp_path: Path, format: int) -> None:
    name = "/".join(["folder of some length"] * (5 if format == tarfile.USTAR_FORMAT else 30) + ["IM1"])
    with tarfile.open(tmp_path / "a.tar", "w", format=format) as archive:
        archive.addfile(tar_member(name, len(make.ct_slice())), io.BytesIO(make.ct_slice()))
    assert [one.name for one in walk([tmp_path / "a.tar"])] == [name]  # type: ignore[union-attr]


@example(names=["a", "a/b", "a/c", "a-2/b", "a"])
@given(names=st.lists(st.text(alphabet="a/.\\-2:\0é", max_size=12), max_size=12))
def test_names_lead_down_and_no_two_are_one_or_above_another(names: list[str]) -> None:
    given_names = Names()
    found = [given_names.of(name) for name in names]
    steps = [tuple(name.split("/")) for name in found]
    assert not {"", ".", ".."} & {step for one in steps for step in one}
    assert not any("\\" in name or "\0" in name for name in found)
    assert len(set(steps)) == len(steps)
    assert not any(one != other and other[: len(one)] == one for one in steps for other in steps)
