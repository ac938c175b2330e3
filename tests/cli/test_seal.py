"""Sealed originals from end to end: what went in comes back, byte for byte, for the right key and for nobody else."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import h5py
import pytest

from dicomconv import convert, open_container, part10
from dicomconv.cli import recover
from dicomconv.container.pack import ContainerWriter
from dicomconv.container.user_block import set_user_block, user_block_length
from dicomconv.model import Span
from dicomconv.pipeline.containers import verify_all
from dicomconv.pipeline.originals import recover_originals
from dicomconv.pipeline.seal_keys import make_pair, read_identity
from dicomconv.pipeline.seals import seal_beside, seal_of
from dicomconv.seal import sealer
from dicomconv.seal.keys import Identity
from dicomconv.seal.opened import Unpacked, open_seal
from dicomconv.seal.records import LeftOut, OriginalFile, SealedInstance, SealedSeries
from dicomconv.seal.sealer import Sealer
from dicomconv.stored import all_bytes, shown
from dicomconv.walk import named
from tests import make, wheel
from tests.benchmarks import phantom
from tests.cli.command import PROGRAM, call, environment
from tests.outputs import containers, left_over, rows, tree
from tests.seal.seals import bare, pair

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
SOURCE = {
    **{f"Doe Jane/{number}.dcm": content for number, content in enumerate(make.series(3))},
    "Doe Jane/copy of 1": make.series(3)[1],
    "odd/\udcffname": make.series(1, SeriesInstanceUID="1.2.4")[0] + b"trailing" * 3,
    "odd/no preamble": make.raw_dataset(*make.minimal(SeriesInstanceUID="1.2.5"), start=b""),
    "note.txt": b"text",
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs of keys: custodian, escrow, stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("custodian", "escrow", "stranger"):
        make_pair(folder / name)
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of originals with times of their own."""
    folder = make.write(tmp_path_factory.mktemp("originals"), SOURCE)
    for number, path in enumerate(sorted(folder.rglob("*"))):
        os.utime(path, ns=(0, 1_500_000_000_123_456_000 + number))
    return folder


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory, original: Path, keys: Path, key: Path) -> Path:
    """Sealed containers of it."""
    out = tmp_path_factory.mktemp("sealed") / "out"
    assert (
        call("convert", original, "-o", out, "--key", key, "--no-png", *seal_to(keys, "custodian", "escrow")).exit_code
        == 0
    )
    return out


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    """A copy of them to change."""
    return Path(shutil.copytree(sealed_once, tmp_path / "sealed"))


def seal_to(keys: Path, *names: str) -> list[object]:
    """The options that seal for these people."""
    return [word for name in names for word in ("--seal-to", keys / f"{name}.pub")]


def back(out: Path, keys: Path, folder: Path, name: str = "custodian") -> int:
    """Recover originals; the exit code."""
    return call("recover", "--original", "--identity", keys / f"{name}.pem", "-o", folder, out).exit_code


def dicom(original: Path) -> dict[str, bytes]:
    """The originals that can come back."""
    return {name: content for name, content in tree(original).items() if not name.endswith(".txt")}


@pytest.mark.parametrize("name", ["custodian", "escrow"])
def test_the_original_tree_comes_back_with_its_times(
    sealed_once: Path, original: Path, keys: Path, tmp_path: Path, name: str
) -> None:
    assert back(sealed_once, keys, tmp_path / "back", name) == 0
    assert tree(tmp_path / "back") == dicom(original)
    times = {path: (original / path).stat().st_mtime_ns for path in dicom(original)}
    assert {path: (tmp_path / "back" / path).stat().st_mtime_ns for path in times} == times


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_converted_file_of_the_wheel_comes_back(tmp_path: Path, keys: Path, jobs: int) -> None:
    choices = {"seal_to": [keys / "custodian.pub"], "burned_in": "keep", "duplicates": "keep-both", "png": False}
    report = convert(wheel.FOLDER, tmp_path / "out", jobs=jobs, **choices)  # type: ignore[arg-type]
    recover_originals(tmp_path / "out", tmp_path / "back", read_identity(keys / "custodian.pem", bytes), jobs=jobs)
    there = {o.row for o in report.outcomes if o.status == "converted" or o.reason.startswith("a copy of")}
    places = [report.paths[row] for row in there]
    expected = {shown(place).removeprefix(f"{wheel.FOLDER.as_posix()}/"): all_bytes(place) for place in places}
    assert len(expected) > 150
    assert tree(tmp_path / "back") == dict(sorted(expected.items()))


def test_files_too_large_for_memory_come_back(
    original: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are read piece by piece, and the ciphertext waits on disk; nothing of it is left there."""
    monkeypatch.setattr(part10, "WHOLE", 100)
    monkeypatch.setattr(sealer, "IN_MEMORY", 100)
    convert(original, tmp_path / "out", png=False, seal_to=[keys / "custodian.pub"])
    assert (back(tmp_path / "out", keys, tmp_path / "back"), left_over(tmp_path / "out")) == (0, [])
    assert tree(tmp_path / "back") == dicom(original)
    assert {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()} == {".h5", ".json", ".jsonl"}


def test_pixels_are_not_sealed_a_second_time(sealed_once: Path, keys: Path, tmp_path: Path) -> None:
    noise = os.urandom(2 * 200 * 210)
    content = make.ct_slice(rows=200, columns=210)
    make.write(tmp_path / "in", {"a": content[: -len(noise)] + noise})
    call("convert", tmp_path / "in", "-o", tmp_path / "out", "--no-png", *seal_to(keys, "custodian"))
    assert user_block_length(containers(tmp_path / "out")[0]) == 2048


def test_headers_of_300_ct_slices_seal_in_16_kib(tmp_path: Path, keys: Path) -> None:
    shared = phantom.header(1)
    for number in range(300):
        shared.SOPInstanceUID = phantom.uid(f"instance {number}")
        shared.InstanceNumber, shared.SliceLocation = number + 1, f"{1.25 * number:g}"
        shared.ImagePositionPatient = ["-191.625", "-191.625", f"{1.25 * number:g}"]
        shared.Rows, shared.Columns, shared.PixelData = 4, 5, bytes(40)
        make.write(tmp_path / "in", {f"IM{number * 7 % 300:05}": make.encoded(shared)})
    call("convert", tmp_path / "in", "-o", tmp_path / "out", "--no-png", *seal_to(keys, "custodian", "escrow"))
    assert user_block_length(containers(tmp_path / "out")[0]) == 1 << 14


def test_nothing_of_an_original_is_outside_the_seal(sealed_once: Path) -> None:
    for path in containers(sealed_once):
        content = path.read_bytes()
        assert not any(word in content for word in (b"Doe", b"DOE", b"ID-4711", make.uid("study").encode(), b".dcm"))


def test_another_key_gets_nothing(sealed_once: Path, keys: Path, tmp_path: Path) -> None:
    assert back(sealed_once, keys, tmp_path / "back", "stranger") == 7
    assert tree(tmp_path / "back") == {}


@pytest.mark.parametrize("where", [0, 20, 300, 600, -1])
def test_a_changed_byte_of_a_seal_gives_no_file(sealed: Path, keys: Path, tmp_path: Path, where: int) -> None:
    for path in containers(sealed):
        content, length = bytearray(path.read_bytes()), user_block_length(path) or 0
        content[where % length] ^= 1
        path.write_bytes(content)
    assert back(sealed, keys, tmp_path / "back") == 5
    assert (tree(tmp_path / "back"), left_over(tmp_path / "back")) == ({}, [])


def test_a_container_cut_short_within_its_seal_is_said_to_be(sealed: Path) -> None:
    path = containers(sealed)[0]
    content, length = path.read_bytes(), user_block_length(path) or 0
    for end in (1, 15, 100, 511, 512, length - 1, length):
        path.write_bytes(content[:end])
        [report] = verify_all(path)
        assert report.faults == ("cut short within its seal; copy it again",)
    path.write_bytes(b"")
    assert verify_all(path)[0].faults == ("empty: it was cut short",)


def test_a_changed_pixel_gives_no_file_of_its_container(sealed: Path, keys: Path, tmp_path: Path) -> None:
    [path] = [path for path in containers(sealed) if len(open_container(path)) == 3]
    with open_container(path) as container:
        place = container.stacks[0].pixels.id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 12] ^= 0xFF
    path.write_bytes(content)
    assert back(path, keys, tmp_path / "back") == 5
    assert (tree(tmp_path / "back"), left_over(tmp_path / "back")) == ({}, [])


def test_pixels_that_were_exchanged_give_no_file_of_their_container(sealed: Path, keys: Path, tmp_path: Path) -> None:
    """No digest of tables covers pixels: what is rebuilt is compared with the original's own."""
    [path] = [path for path in containers(sealed) if len(open_container(path)) == 3]
    with h5py.File(path, "r+") as file:
        file["stacks/0/pixels"][1, 2, 3] += 1
    assert back(path, keys, tmp_path / "back") == 5
    assert (tree(tmp_path / "back"), left_over(tmp_path / "back")) == ({}, [])


def test_no_file_is_begun_before_the_whole_seal_is_authentic(sealed: Path, keys: Path, tmp_path: Path) -> None:
    path = containers(sealed)[0]
    content, length = path.read_bytes(), user_block_length(path) or 0
    end = int.from_bytes(content[72:76], "little")
    last = content[end : length - 1] + bytes([content[length - 1] ^ 1])
    digest = hashlib.sha256(content[: end - 32] + last).digest()
    path.write_bytes(content[: end - 32] + digest + last + content[length:])
    make.write(tmp_path / "back", {"mine": b""})
    before = (tmp_path / "back").stat().st_mtime_ns
    assert back(path, keys, tmp_path / "back") == 5
    assert (tmp_path / "back").stat().st_mtime_ns == before


def test_a_seal_moved_to_another_container_gives_no_file(sealed: Path, keys: Path, tmp_path: Path) -> None:
    one, other, *_ = containers(sealed)
    set_user_block(one, [other.read_bytes()[: user_block_length(other)]])
    assert back(one, keys, tmp_path / "back") == 5
    assert (tree(tmp_path / "back"), call("verify", one).exit_code) == ({}, 5)


def test_a_seal_of_an_earlier_state_of_its_container_gives_no_file(
    sealed: Path, keys: Path, key: Path, tmp_path: Path
) -> None:
    make.write(tmp_path / "in", {"0": make.series(3)[0]})
    convert(tmp_path / "in", tmp_path / "less", key=key, png=False)
    [less] = containers(tmp_path / "less")
    whole = sealed / less.relative_to(tmp_path / "less")
    set_user_block(less, [whole.read_bytes()[: user_block_length(whole)]])
    assert back(less, keys, tmp_path / "back") == 5


def test_a_sealed_container_verifies_and_damage_to_its_seal_is_seen_without_a_key(sealed: Path) -> None:
    assert call("verify", sealed).exit_code == call("recover", sealed, "-o", sealed.parent / "back").exit_code == 0
    path = containers(sealed)[0]
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    result = call("verify", sealed)
    assert (result.exit_code, "the seal is damaged" in result.stderr) == (5, True)


def test_a_container_without_a_seal_says_so(made: Path, keys: Path, tmp_path: Path) -> None:
    result = call("recover", "--original", "--identity", keys / "custodian.pem", "-o", tmp_path / "back", made)
    assert (result.exit_code, "there is no seal in it" in result.stderr) == (2, True)


def test_stripped_containers_are_those_made_without_a_seal(
    sealed: Path, original: Path, key: Path, tmp_path: Path
) -> None:
    convert(original, tmp_path / "plain", key=key, png=False)
    assert call("strip", sealed).exit_code == 0
    expected = {path.relative_to(tmp_path / "plain"): path.read_bytes() for path in containers(tmp_path / "plain")}
    assert {path.relative_to(sealed): path.read_bytes() for path in containers(sealed)} == expected
    assert call("strip", sealed).stdout.startswith("0 seals removed")


def test_a_damaged_container_keeps_its_seal(sealed: Path) -> None:
    path = containers(sealed)[0]
    before = path.read_bytes()[:-40]
    path.write_bytes(before)
    assert (call("strip", path).exit_code, path.read_bytes()) == (5, before)


def test_a_detached_seal_opens_beside_a_container_made_without_one(
    original: Path, keys: Path, key: Path, tmp_path: Path
) -> None:
    convert(original, tmp_path / "plain", key=key, png=False)
    options = ["--key", key, "--no-png", "--detach-seal", *seal_to(keys, "custodian")]
    assert call("convert", original, "-o", tmp_path / "out", *options).exit_code == 0
    seals = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.seal")}
    assert seals == {seal_beside(path.relative_to(tmp_path / "out")) for path in containers(tmp_path / "out")}
    for path in containers(tmp_path / "out"):
        assert path.read_bytes() == (tmp_path / "plain" / path.relative_to(tmp_path / "out")).read_bytes()
    assert back(tmp_path / "out", keys, tmp_path / "back") == 0
    assert tree(tmp_path / "back") == dicom(original)


def test_a_detached_seal_can_be_put_into_its_container_as_it_is(original: Path, keys: Path, tmp_path: Path) -> None:
    options = ["--no-png", "--detach-seal", *seal_to(keys, "custodian")]
    call("convert", original, "-o", tmp_path / "out", *options)
    for path in containers(tmp_path / "out"):
        set_user_block(path, [seal_beside(path).read_bytes()])
        seal_beside(path).unlink()
    assert back(tmp_path / "out", keys, tmp_path / "back") == 0


@pytest.mark.parametrize("detached", [False, True])
def test_rewrap_changes_who_opens_seals(original: Path, keys: Path, tmp_path: Path, detached: bool) -> None:
    options = ["--no-png", *["--detach-seal"] * detached, *seal_to(keys, "custodian")]
    call("convert", original, "-o", tmp_path / "out", *options)
    change = ["--add", keys / "escrow.pub", "--remove", keys / "custodian.pub"]
    result = call("rewrap", tmp_path / "out", "--identity", keys / "custodian.pem", *change)
    assert (result.exit_code, result.stdout.count("1 recipient")) == (0, len(containers(tmp_path / "out")))
    assert back(tmp_path / "out", keys, tmp_path / "no") == 7
    assert back(tmp_path / "out", keys, tmp_path / "back", "escrow") == 0
    assert tree(tmp_path / "back") == dicom(original)
    assert (call("verify", tmp_path / "out").exit_code, left_over(tmp_path / "out")) == (0, [])


def test_rewrap_never_leaves_a_seal_without_a_recipient(sealed: Path, keys: Path) -> None:
    before = tree(sealed)
    remove = [word for name in ("custodian", "escrow") for word in ("--remove", keys / f"{name}.pub")]
    assert call("rewrap", sealed, "--identity", keys / "custodian.pem", *remove).exit_code == 2
    assert tree(sealed) == before


def test_rewrap_with_a_key_that_opens_nothing_changes_nothing(sealed: Path, keys: Path) -> None:
    before = tree(sealed)
    change = ["--identity", keys / "stranger.pem", "--add", keys / "stranger.pub"]
    assert (call("rewrap", sealed, *change).exit_code, tree(sealed)) == (7, before)


def test_info_says_for_how_many_a_container_is_sealed(sealed_once: Path, made: Path, keys: Path) -> None:
    shown = call("info", sealed_once).stdout
    assert shown.count("sealed: in the container, for 2 recipients") == len(containers(sealed_once))
    assert "sealed: no" in call("info", made).stdout


def test_what_was_refused_or_failed_is_told_as_not_in_there(keys: Path, tmp_path: Path) -> None:
    picture = make.instance("US", make.ramp(4, 5, dtype="uint8"), SeriesInstanceUID="1.2.9")
    good = make.instance("Enhanced SR", SeriesInstanceUID="1.2.9", InstanceNumber=2)
    make.write(tmp_path / "in", {"Doe/refused": picture, "Doe/copy": picture, "good": good})
    call("convert", tmp_path / "in", "-o", tmp_path / "out", *seal_to(keys, "custodian"))
    identity = read_identity(keys / "custodian.pem", bytes)
    [report] = recover_originals(tmp_path / "out", tmp_path / "back", identity)
    assert sorted(line.split(" (")[0] for line in report.left_out) == ["Doe/copy", "Doe/refused"]
    assert list(tree(tmp_path / "back")) == ["good"]
    assert "Doe" not in repr(report)


def test_several_sources_are_told_apart(keys: Path, tmp_path: Path) -> None:
    one, two, three = make.series(3)
    make.write(tmp_path, {"a/in/1": one, "b/in/1": two, "c.dcm": three})
    sources = [tmp_path / name for name in ("a/in", "b/in", "c.dcm")]
    call("convert", *sources, "-o", tmp_path / "out", *seal_to(keys, "custodian"))
    assert back(tmp_path / "out", keys, tmp_path / "back") == 0
    assert tree(tmp_path / "back") == {"c.dcm": three, "in-2/1": two, "in/1": one}


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["a"], [""]),
        (["a", "x/a", "y/A"], ["a", "a-2", "A-3"]),
        (["x/1.dcm", "y/1.dcm", "1-2.dcm"], ["1.dcm", "1-2.dcm", "1-2-2.dcm"]),
        (["x/y/..", "x"], ["x", "x-2"]),
    ],
)
def test_each_of_several_sources_has_a_name_of_its_own(sources: list[str], names: list[str]) -> None:
    assert [name for _, name in named([Path(source) for source in sources])] == names


def test_originals_that_are_there_stay_unless_they_may_be_replaced(
    sealed_once: Path, keys: Path, tmp_path: Path
) -> None:
    words = ["recover", "--original", "--identity", keys / "custodian.pem", "-o", tmp_path / "back", sealed_once]
    call(*words)
    victim = tmp_path / "back" / "Doe Jane" / "0.dcm"
    victim.write_bytes(b"mine")
    assert (call(*words).exit_code, victim.read_bytes()) == (2, b"mine")
    assert (call(*words, "--existing", "skip").exit_code, victim.read_bytes()) == (5, b"mine")
    assert (call(*words, "--existing", "overwrite").exit_code, len(victim.read_bytes()) > 4) == (0, True)
    again = call(*words, "--existing", "skip")
    assert (again.exit_code, "0 files recovered" in again.stdout) == (0, True)


@pytest.mark.parametrize("existing", ["error", "skip", "overwrite"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_two_runs_into_one_folder_never_take_each_others_originals(
    keys: Path, key: Path, tmp_path: Path, existing: str, jobs: int
) -> None:
    contents = {make.ct_slice(SeriesInstanceUID=f"1.2.{number}") for number in (3, 4)}
    for number, content in enumerate(contents):
        source = make.write(tmp_path / str(number), {"IM1": content})
        call("convert", source, "-o", tmp_path / "out", "--no-png", "--key", key, *seal_to(keys, "custodian"))
    words = ["--existing", existing, "--jobs", jobs, "--identity", keys / "custodian.pem", "-o", tmp_path / "back"]
    result = call("recover", "--original", *words, tmp_path / "out")
    assert (result.exit_code, result.stdout.splitlines()[0].split(" to ")[0]) == (5, "1 file recovered")
    assert "of its own" in result.stderr
    [content] = tree(tmp_path / "back").values()
    assert content in contents
    assert left_over(tmp_path / "back") == []


def test_of_a_container_that_cannot_be_placed_whole_nothing_stays_and_nothing_is_lost(
    sealed_once: Path, keys: Path, tmp_path: Path
) -> None:
    [path] = [path for path in containers(sealed_once) if len(open_container(path)) == 3]
    before = {"Doe Jane/0.dcm": b"mine", "Doe Jane/2.dcm/a folder": b"mine too"}
    folder = make.write(tmp_path / "back", before)
    words = ["--existing", "overwrite", "--identity", keys / "custodian.pem", "-o", folder]
    assert call("recover", "--original", *words, path).exit_code == 5
    assert (tree(folder), left_over(folder)) == (before, [])


def evil(path: Path, file: OriginalFile, left_out: tuple[LeftOut, ...] = ()) -> Identity:
    """Somebody else's seal in front of a container; the key that opens it."""
    identity, recipient = pair(1)
    with open_container(path) as container:
        uuid, root = bytes.fromhex(container.container_uuid.replace("-", "")), container.root_sha256
    sealing = Sealer([recipient], uuid, folder=path.parent)
    sealing.add(bare(b"evil"), Span(b"", 0, 0), index=0, files=(file,))
    set_user_block(path, sealing.finish(root, SealedSeries("", "", None, {}, left_out)))
    return identity


@pytest.mark.parametrize("modified_ns", [1 << 90, 1 << 200, -1 << 200])
def test_a_time_that_no_disk_can_keep_is_left(tmp_path: Path, made: Path, modified_ns: int) -> None:
    path = Path(shutil.copy(containers(made)[0], tmp_path / "a.h5"))
    [report] = recover_originals(path, tmp_path / "back", evil(path, OriginalFile("a", modified_ns)))
    assert (report.faults, tree(tmp_path / "back")) == ((), {"a": b"evil"})


def test_a_name_in_a_seal_does_nothing_to_the_terminal(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(containers(made)[0], tmp_path / "a.h5"))
    identity = evil(path, OriginalFile("a", 0), (LeftOut("\x1b[2Jpäth\udcff", "failed", "why"),))
    monkeypatch.setattr(recover, "identity_from", lambda *_: identity)
    result = call("recover", "--original", "--identity", "x", path, "-o", tmp_path / "back")
    assert ("\x1b" in result.stderr, r"\x1b[2Jpäth\udcff" in result.stderr) == (False, True)


@POSIX
@pytest.mark.parametrize("is_there", [False, True])
def test_folders_of_originals_are_their_owners_alone_unless_the_folder_was_there(
    sealed_once: Path, keys: Path, tmp_path: Path, is_there: bool
) -> None:
    if is_there:
        (tmp_path / "back").mkdir(mode=0o755)
    back(sealed_once, keys, tmp_path / "back")
    modes = {(tmp_path / "back" / name).stat().st_mode & 0o777 for name in (".", "Doe Jane", "odd")}
    assert modes == ({0o755} if is_there else {0o700})


def test_a_seal_by_itself_recovers_nothing_and_says_what_does(keys: Path, tmp_path: Path) -> None:
    make.write(tmp_path, {"a.seal": b"x"})
    words = ["--identity", keys / "custodian.pem", "-o", tmp_path / "back"]
    result = call("recover", "--original", *words, tmp_path / "a.seal")
    assert (result.exit_code, "name its container" in result.stderr) == (2, True)


def test_a_container_that_does_not_get_its_name_has_no_detached_seal(
    source: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: ContainerWriter) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ContainerWriter, "publish", full)
    call("convert", source, "-o", tmp_path / "out", "--no-png", "--detach-seal", *seal_to(keys, "custodian"))
    assert {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()} == {".json", ".jsonl"}
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize("is_sealed_again", [False, True])
def test_a_container_that_is_made_again_has_no_seal_of_the_one_before(
    original: Path, keys: Path, tmp_path: Path, is_sealed_again: bool
) -> None:
    options, seal = ["-o", tmp_path / "out", "--no-png"], seal_to(keys, "custodian")
    call("keygen", "-o", tmp_path / "key")
    call("convert", original, *options, "--key", tmp_path / "key", "--detach-seal", *seal)
    assert list((tmp_path / "out").rglob("*.seal"))
    again = ["--key", tmp_path / "key", "--existing", "overwrite"]
    assert call("convert", original, *options, *again, *seal * is_sealed_again).exit_code == 0
    assert list((tmp_path / "out").rglob("*.seal")) == []


def test_strip_removes_detached_seals_and_counts_them(original: Path, keys: Path, tmp_path: Path) -> None:
    options = ["--no-png", "--detach-seal", *seal_to(keys, "custodian")]
    call("convert", original, "-o", tmp_path / "out", *options)
    found = containers(tmp_path / "out")
    set_user_block(found[0], [seal_beside(found[0]).read_bytes()])
    result = call("strip", tmp_path / "out")
    assert result.stdout.startswith(f"{len(found) + 1} seals removed, 0 without")
    assert (list((tmp_path / "out").rglob("*.seal")), user_block_length(found[0])) == ([], 0)


def test_strip_says_where_a_seal_without_its_container_is(tmp_path: Path) -> None:
    make.write(tmp_path, {"a.seal": b"x"})
    result = call("strip", tmp_path)
    assert (result.exit_code, "a.seal: a seal whose container" in result.stderr) == (5, True)


def test_what_is_there_without_a_seal_for_the_key_is_not_said_to_be_sealed(
    source: Path, keys: Path, key: Path, tmp_path: Path
) -> None:
    words = ["convert", source, "-o", tmp_path / "out", "--no-png", "--key", key]
    call(*words, *seal_to(keys, "escrow"))
    skipping = [*words, "--existing", "skip"]
    assert call(*skipping, *seal_to(keys, "escrow")).exit_code == 0
    result = call(*skipping, *seal_to(keys, "custodian", "escrow"))
    assert (result.exit_code, result.stderr.count("without a seal for this key")) == (1, 3)
    call(*words, "--existing", "overwrite", *seal_to(keys, "custodian", "escrow"))
    assert call(*skipping, *seal_to(keys, "custodian", "escrow")).exit_code == 0


@pytest.mark.parametrize(("change", "reason"), [("longer", "changed"), ("shorter", "shorter"), ("same", "changed")])
def test_a_file_that_changes_while_it_is_sealed_fails_with_its_series(
    source: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, reason: str
) -> None:
    """Pixels of large files are read where they lie: what was packed and what is sealed would be of two states."""
    add = Sealer.add

    def changed(*words: Any, **options: Any) -> SealedInstance:
        content = (source / "1").read_bytes()
        new = {"longer": content + b"x", "shorter": content[:400], "same": content[:-1] + b"x"}[change]
        (source / "1").write_bytes(new)
        return add(*words, **options)

    monkeypatch.setattr(Sealer, "add", changed)
    monkeypatch.setattr(part10, "WHOLE", 100)
    result = call("convert", source, "-o", tmp_path / "out", "--no-png", *seal_to(keys, "custodian"))
    assert (result.exit_code, containers(tmp_path / "out"), left_over(tmp_path / "out")) == (1, [], [])
    assert result.stderr.count(reason) == 3


def test_rewrap_changes_no_seal_if_one_of_them_would_be_left_without_a_recipient(sealed: Path, keys: Path) -> None:
    change = ["rewrap", "--identity", keys / "custodian.pem", "--remove"]
    call(*change, keys / "escrow.pub", containers(sealed)[-1])
    before = tree(sealed)
    assert call(*change, keys / "custodian.pub", sealed).exit_code == 2
    assert tree(sealed) == before


def test_rewrap_says_that_a_key_to_be_removed_is_in_no_seal(sealed: Path, keys: Path) -> None:
    before = tree(sealed)
    change = ["rewrap", "--identity", keys / "custodian.pem", "--remove", keys / "stranger.pub"]
    result = call(*change, sealed)
    assert (result.exit_code, "none of the seals is for" in result.stderr, tree(sealed)) == (2, True, before)


@pytest.mark.parametrize("command", ["rewrap", "strip"])
def test_a_link_to_a_container_stays_one_and_the_container_is_changed(
    sealed: Path, keys: Path, tmp_path: Path, command: str
) -> None:
    path, link = containers(sealed)[0], tmp_path / "link.h5"
    link.symlink_to(path)
    before = path.read_bytes()
    change = ["--identity", keys / "custodian.pem", "--remove", keys / "escrow.pub"] if command == "rewrap" else []
    assert call(command, link, *change).exit_code == 0
    assert (link.is_symlink(), path.read_bytes() == before) == (True, False)


def test_a_passphrase_is_not_asked_for_where_nobody_can_type_it_unseen(tmp_path: Path) -> None:
    words = [*PROGRAM, "keygen", "--seal", tmp_path / "a"]
    done = subprocess.run(
        list(map(str, words)), input=b"secret\nsecret\n", capture_output=True, env=environment(),
        start_new_session=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count(b"\n"), b"--passphrase-file" in done.stderr) == (7, 1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/../../up", "", "a//b", ".", "a\0b"])
def test_a_seal_writes_nothing_outside_the_folder(tmp_path: Path, made: Path, name: str) -> None:
    """Anyone can seal for a public key: what is in a seal is not to be trusted."""
    path = Path(shutil.copy(containers(made)[0], tmp_path / "a.h5"))
    [report] = recover_originals(path, tmp_path / "deep" / "back", evil(path, OriginalFile(name, 0)))
    assert (len(report.faults), tree(tmp_path / "deep")) == (1, {})
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.h5", "deep"]


@pytest.mark.parametrize(
    "words",
    [
        ["convert", "x", "-o", "y", "--detach-seal"],
        ["recover", "x", "-o", "y", "--original"],
        ["recover", "x", "-o", "y", "--identity", "z"],
        ["rewrap", "x", "--identity", "z"],
        ["keygen"],
        ["keygen", "-o", "a", "--seal", "b"],
        ["keygen", "--seal", "b", "--no-passphrase", "--passphrase-file", "c"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(words: list[str]) -> None:
    assert call(*words).exit_code == 2


def test_a_key_that_is_not_there_is_an_error_of_the_key(made: Path, source: Path, tmp_path: Path) -> None:
    assert call("convert", source, "-o", tmp_path / "out", "--seal-to", tmp_path / "no.pub").exit_code == 7
    words = ["recover", made, "-o", tmp_path / "back", "--original", "--identity", tmp_path / "no.pem"]
    assert call(*words).exit_code == 7


def test_a_passphrase_is_asked_for_or_read_from_a_file(source: Path, tmp_path: Path) -> None:
    assert call("keygen", "--seal", tmp_path / "a", stdin=b"secret\nsecret\n").exit_code == 0
    call("convert", source, "-o", tmp_path / "out", "--seal-to", tmp_path / "a.pub")
    words = ["recover", "--original", tmp_path / "out", "--identity", tmp_path / "a.pem", "-o"]
    (tmp_path / "right").write_text("secret\n", encoding="utf-8")
    (tmp_path / "wrong").write_text("Secret\n", encoding="utf-8")
    assert call(*words, tmp_path / "one", stdin=b"secret\n").exit_code == 0
    assert call(*words, tmp_path / "two", "--passphrase-file", tmp_path / "right").exit_code == 0
    assert call(*words, tmp_path / "three", "--passphrase-file", tmp_path / "wrong").exit_code == 7
    assert call(*words, tmp_path / "four").exit_code == 7


def test_two_passphrases_that_differ_make_no_key(tmp_path: Path) -> None:
    assert call("keygen", "--seal", tmp_path / "a", stdin=b"one\ntwo\n").exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_the_report_of_a_run_names_keys_by_their_id(sealed_once: Path) -> None:
    settings = json.loads((sealed_once / "report.json").read_text(encoding="utf-8"))["runs"][0]["settings"]
    assert (len(settings["seal_to"]), settings["detach_seal"]) == (2, False)
    assert len(rows(sealed_once)) == len(SOURCE)


def test_the_mapping_of_uids_and_the_patient_are_in_the_seal(sealed_once: Path, keys: Path) -> None:
    [path] = [path for path in containers(sealed_once) if len(open_container(path)) == 3]
    block = seal_of(path)
    assert block is not None
    seal = open_seal(block, read_identity(keys / "custodian.pem", bytes))
    assert seal is not None
    unpacked = Unpacked(seal.plain())
    record, _ = unpacked.record()
    while isinstance(record, SealedInstance):
        unpacked.read(record.sealed_length)
        record, _ = unpacked.record()
    with open_container(path) as container:
        new = container.header(0)
    assert record.patient_id == "ID-4711"
    expected = {make.uid("study"): new.text("StudyInstanceUID"), make.uid("series"): new.text("SeriesInstanceUID")}
    assert record.uids == expected | {make.uid("frame of reference"): new.text("FrameOfReferenceUID")}


def test_what_was_not_converted_is_said_to_be_in_no_seal(tmp_path: Path) -> None:
    slices = make.series(2)
    files = {"a.dcm": slices[0], "copy of a.dcm": slices[0], "b.dcm": slices[1], "notes.txt": b"not DICOM"}
    source = make.write(tmp_path / "in", files)
    call("keygen", "--seal", tmp_path / "owner", "--no-passphrase")
    call("convert", source, "-o", tmp_path / "out", "--seal-to", tmp_path / "owner.pub")
    result = call(
        "recover", "--original", "--identity", tmp_path / "owner.pem", "-o", tmp_path / "back", tmp_path / "out"
    )
    assert sorted(path.name for path in (tmp_path / "back").rglob("*") if path.is_file()) == sorted(files)[:3]
    assert [line for line in result.output.splitlines() if line.startswith("not in any seal")] == [
        "not in any seal: 1 file of the manifest, skipped: the content is not DICOM"
    ]
