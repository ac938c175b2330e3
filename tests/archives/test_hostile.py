"""Archives that were made to do harm, or came to it: a row with a sentence, no file elsewhere, no crash, no waiting."""

import gc
import io
import random
import struct
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomconv.archives import limits
from dicomconv.archives.member import Archive, unfolded
from dicomconv.archives.stream import GZIP, Inflated
from dicomconv.errors import DicomconvError, Malformed
from dicomconv.inspected import Aside
from dicomconv.model import Span
from dicomconv.source import SourceFile
from dicomconv.stored import all_bytes
from dicomconv.walk import walk
from tests import make
from tests.archives.pack import KINDS, deflated, gzipped, pack, tar_member, zip_of

SLICE = make.ct_slice()
CRC = zlib.crc32(SLICE)
BOMB = "as a bomb does"
ESCAPES = ["../../out", "/etc/passwd", "C:\\Windows\\a", "..\\..\\b", "//server/share/c", "a/../../../d", "./e", "~/f"]


def reasons(path: Path) -> list[tuple[bool, str]]:
    """Why what is in an archive was put aside."""
    found = list(walk([path]))
    assert all(isinstance(one, Aside) for one in found)
    return [(one.failed, one.reason) for one in found if isinstance(one, Aside)]


def written(folder: Path, content: bytes) -> Path:
    """A file with this content."""
    return make.write(folder, {"a.dcm": content}) / "a.dcm"


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_lead_elsewhere_lead_down(tmp_path: Path, kind: str) -> None:
    path = pack(tmp_path / kind, [(name, make.ct_slice(SOPInstanceUID=make.uid(name))) for name in ESCAPES])
    names = [one.name for one in walk([path]) if isinstance(one, SourceFile)]
    assert names == ["out", "etc/passwd", "Windows/a", "b", "server/share/c", "a/d", "e", "~/f"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_each_there_under_another(tmp_path: Path, kind: str) -> None:
    slices = make.series(3)
    path = pack(tmp_path / kind, [("IM1.dcm", one) for one in slices])
    found = {one.name: all_bytes(one.path) for one in walk([path]) if isinstance(one, SourceFile)}
    assert found == dict(zip(["IM1.dcm", "IM1-2.dcm", "IM1-3.dcm"], slices, strict=True))


def test_links_and_devices_in_a_tar_are_skipped(tmp_path: Path) -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number, kind in enumerate(kinds):
            archive.addfile(tar_member(f"x{number}", kind=kind, link="/etc/passwd"))
    assert reasons(tmp_path / "a.tar") == [
        (False, "a link in an archive, which is not followed"),
        (False, "a second name of another member of its archive (a hard link)"),
        *[(False, "not a regular file")] * 3,
    ]


def test_a_link_in_a_zip_is_skipped(tmp_path: Path) -> None:
    content = bytearray(zip_of((b"x", b"/etc/passwd", {"method": 0})))
    entry = content.index(b"PK\x01\x02")
    content[entry + 5] = 3  # made by Unix
    struct.pack_into("<L", content, entry + 38, 0o120777 << 16)
    assert reasons(written(tmp_path, content)) == [(False, "a link in an archive, which is not followed")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inner", KINDS)
def test_an_archive_in_an_archive_is_skipped(tmp_path: Path, kind: str, inner: str) -> None:
    within = pack(tmp_path / inner, {"IM1": SLICE}).read_bytes()
    make.write(tmp_path / "in", {"note": b""})
    assert reasons(pack(tmp_path / "in" / kind, {"inner": within})) == [
        (False, "an archive within an archive, which is not opened; unpack the outer one, and name its folder")
    ]


def test_a_member_that_unfolds_to_many_times_its_size_fails(tmp_path: Path) -> None:
    zeros = deflated(bytes(1 << 20))
    content = zip_of((b"IM1", zeros, {"size": 2 << 30}), (b"IM2", deflated(SLICE), {"size": len(SLICE), "crc": CRC}))
    bomb, other = walk([written(tmp_path, content)])
    assert isinstance(bomb, Aside)
    assert (bomb.failed, BOMB in bomb.reason, isinstance(other, SourceFile)) == (True, True, True)


def test_a_zip_that_unfolds_to_many_times_its_size_is_not_opened(tmp_path: Path) -> None:
    content = zip_of(*[(b"IM%d" % one, deflated(bytes(9)), {"size": 1 << 30}) for one in range(17)])
    [(failed, reason)] = reasons(written(tmp_path, content))
    assert (failed, BOMB in reason) == (True, True)


def test_members_that_share_their_bytes_are_not_opened(tmp_path: Path) -> None:
    said = {"size": len(SLICE), "crc": CRC, "packed": len(deflated(SLICE)), "start": 0}
    content = zip_of((b"IM0", deflated(SLICE), {"size": len(SLICE), "crc": CRC}), (b"IM1", b"", said))
    [(failed, reason)] = reasons(written(tmp_path, content))
    assert (failed, "lie in one another" in reason) == (True, True)


@pytest.mark.parametrize("place", [0, 5])
def test_a_compressed_tar_that_unfolds_to_many_times_its_size_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(limits, "UNASKED_ARCHIVE", 1 << 20)
    files = [(f"IM{one}", make.ct_slice(SOPInstanceUID=make.uid(str(one)))) for one in range(place)]
    path = pack(tmp_path / "a.tar.gz", [*files, ("zeros", bytes(8 << 20)), ("behind", SLICE)])
    *before, last = walk([path])
    assert isinstance(last, Aside)
    assert (last.failed, BOMB in last.reason) == (True, True)
    assert sum(isinstance(one, SourceFile) for one in before) == place


def test_a_file_that_unfolds_to_many_times_its_size_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNASKED_ARCHIVE", 1 << 20)
    [(failed, reason)] = reasons(written(tmp_path, gzipped(SLICE + bytes(8 << 20))))
    assert (failed, BOMB in reason) == (True, True)


def test_a_blank_image_is_no_bomb(tmp_path: Path) -> None:
    content = make.ct_slice(rows=400, columns=401, PixelData=bytes(2 * 400 * 401))
    for kind in KINDS:
        [found] = walk([pack(tmp_path / kind, {"IM1": content})])
        assert isinstance(found, SourceFile)
        assert all_bytes(found.path) == content


@pytest.mark.parametrize("bits", [0x1, 0x41])
def test_an_encrypted_member_fails(tmp_path: Path, bits: int) -> None:
    content = zip_of((b"IM1", deflated(SLICE), {"size": len(SLICE), "flags": bits}))
    assert reasons(written(tmp_path, content)) == [
        (True, "encrypted in its archive; unpack that with its password, and name the folder")
    ]


def test_a_member_compressed_in_another_way_fails(tmp_path: Path) -> None:
    content = zip_of((b"IM1", b"\0" * 9, {"size": 99, "method": 9}))
    assert reasons(written(tmp_path, content)) == [
        (True, "compressed by a method that is not read here (9); unpack it")
    ]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"size": len(SLICE), "crc": CRC ^ 1}, "the size or checksum"),
        ({"size": len(SLICE) - 1, "crc": CRC}, "the size or checksum"),
        ({"size": len(SLICE) + 1, "crc": CRC}, "ends early"),
    ],
)
def test_a_member_that_is_not_what_its_archive_says_cannot_be_read(
    tmp_path: Path, said: dict[str, int], fault: str
) -> None:
    path = written(tmp_path, zip_of((b"IM1", deflated(SLICE), said)))
    with pytest.raises(Malformed, match=fault):
        [all_bytes(one.path) for one in walk([path]) if isinstance(one, SourceFile)] or fails(path)


def fails(path: Path) -> None:
    """Raise what the only row of an archive says."""
    [(_, reason)] = reasons(path)
    raise Malformed(reason, "a member")


@pytest.mark.parametrize("size", [1 << 16, (1 << 24) + 5])
@pytest.mark.parametrize("method", [0, 8])
def test_a_large_member_that_is_not_what_its_archive_says_cannot_be_read(
    tmp_path: Path, size: int, method: int
) -> None:
    content = SLICE + bytes(size)
    packed = deflated(content) if method else content
    said = {"size": len(content), "crc": zlib.crc32(content) ^ 1, "method": method}
    [found] = walk([written(tmp_path, zip_of((b"IM1", packed, said)))])
    assert isinstance(found, SourceFile)
    with pytest.raises(Malformed, match="checksum"):
        all_bytes(found.path)


def test_a_large_member_that_is_longer_than_its_archive_says_cannot_be_read(tmp_path: Path) -> None:
    content = SLICE + bytes(1 << 25)
    [found] = walk([written(tmp_path, zip_of((b"IM1", deflated(content), {"size": (1 << 24) + 9, "crc": 0})))])
    assert isinstance(found, SourceFile)
    with pytest.raises(Malformed, match="size or checksum"):
        all_bytes(found.path)


@pytest.mark.parametrize("encoded", ["Müller/IM1".encode("latin-1"), "山田/IM1".encode("shift-jis"), b"\xff\xfe/IM1"])
def test_names_in_no_known_encoding_are_names(tmp_path: Path, encoded: bytes) -> None:
    path = written(tmp_path, zip_of((encoded, SLICE, {"method": 0, "crc": CRC})))
    [found] = walk([path])
    assert isinstance(found, SourceFile)
    with tarfile.open(tmp_path / "a.tar", "w", encoding="utf-8", errors="surrogateescape") as archive:
        archive.addfile(tar_member(encoded.decode("utf-8", "surrogateescape"), len(SLICE)), io.BytesIO(SLICE))
    [found] = walk([tmp_path / "a.tar"])
    assert isinstance(found, SourceFile)
    assert found.name.encode("utf-8", "surrogateescape") == encoded


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_cut_short_fails_and_says_so(tmp_path: Path, kind: str) -> None:
    noise = random.Random(1).randbytes(4000)
    files = [(f"IM{one}", SLICE + noise) for one in range(5)]
    whole = pack(tmp_path / kind, files).read_bytes()
    found = list(walk([written(tmp_path / "in", whole[: len(whole) // 2])]))
    assert [
        one
        for one in found
        if isinstance(one, Aside) and one.failed and ("short" in one.reason or "early" in one.reason)
    ]


@pytest.mark.parametrize("kind", KINDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(seed=st.integers(0, 1 << 30))
def test_a_damaged_archive_gives_rows_and_what_is_read_of_it_is_right_or_fails(
    tmp_path: Path, kind: str, seed: int
) -> None:
    """Bytes changed, cut out, put in, zeroed: nothing but rows comes out; where there are checksums, no wrong bytes."""
    files = {f"a/IM{one}": content for one, content in enumerate(make.series(4, rows=30, columns=31))}
    content = bytearray(pack(tmp_path / kind, files).read_bytes())
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        place = chance.choice([chance.randrange(len(content)), len(content) - 1 - chance.randrange(600)])
        stretch = chance.choice([1, 1, 2, 4, 60])
        content[place : place + stretch] = chance.choice(
            [chance.randbytes(stretch), b"", b"\0" * stretch, b"\xff" * stretch, chance.randbytes(2 * stretch)]
        )
    unfolded.cache_clear()
    for found in walk([written(tmp_path / "in", bytes(content))]):
        if isinstance(found, SourceFile) and kind.endswith(".zip"):
            try:
                assert all_bytes(found.path) in files.values()
            except (DicomconvError, OSError, EOFError):
                continue


def test_a_tar_with_impossible_numbers_fails(tmp_path: Path) -> None:
    for field in (b"\xff" * 12, b"99999999999\0", b"77777777777\0", b"\x80" + b"\xff" * 11, b"-1\0" + b" " * 9):
        block = bytearray(tar_member("IM1", 9).tobuf(tarfile.USTAR_FORMAT))
        block[124:136] = field
        block[148:156] = b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 8 * 32)
        found = list(walk([written(tmp_path, bytes(block) + bytes(2048))]))
        assert [one.failed for one in found if isinstance(one, Aside)][-1] is True


def test_a_tar_that_says_very_much_of_a_member_is_left(tmp_path: Path) -> None:
    for kind in (b"x", b"L"):
        header = tar_member("IM1", 5 << 30, kind).tobuf(tarfile.GNU_FORMAT)
        [(failed, reason)] = reasons(written(tmp_path, header + bytes(4096)))
        assert (failed, "more of a member than there is to say" in reason) == (True, True)


def test_very_many_short_streams_are_read_in_passing(tmp_path: Path) -> None:
    """A gzip file of 20,000 files of no byte each, and one of a byte each."""
    for content in (b"", b"a"):
        packed = gzipped(content) * 20_000
        taken: list[int] = []

        class Counted:
            def read(self, start: int, stop: int) -> bytes:
                taken.append(stop - start)  # noqa: B023 - read at once
                return packed[start:stop]  # noqa: B023

        assert Inflated(Span(Counted(), 0, len(packed)), GZIP).size() == 20_000 * len(content)
        assert sum(taken) < 10 * len(packed)


def test_an_archive_that_was_changed_since_it_was_walked_is_said_to_be(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"IM1": SLICE})
    [found] = walk([path])
    assert isinstance(found, SourceFile)
    pack(path, {"IM1": SLICE, "IM2": SLICE})
    with pytest.raises(OSError, match="changed after it was walked"):
        found.path.stamp()  # type: ignore[union-attr]


def test_a_zip_of_very_many_members_is_walked_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    from dicomconv.archives.zipped import members_of_zip

    path = written(tmp_path, zip_of(*[(b"%d" % one, b"", {"method": 0}) for one in range(20_000)]))
    archive, before = Archive(path, path.stat().st_size, path.stat().st_mtime_ns), gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # a command that ran in this process before has it wait for longer
    tracemalloc.start()
    try:
        assert sum(1 for _ in members_of_zip(archive)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 600 * 20_000
    finally:
        tracemalloc.stop()
        gc.set_threshold(*before)
