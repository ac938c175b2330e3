"""Sources behind s3://: what a folder gives, over a real connection, and what is said when it breaks."""

import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomconv import convert
from dicomconv.cli import main
from dicomconv.errors import UsageError
from dicomconv.inspected import Aside
from dicomconv.pipeline.originals import recover_originals
from dicomconv.pipeline.seal_keys import make_pair, read_identity
from dicomconv.remote import BLOCK, WHOLE, Remote, Source, Url, _system, listed, source_of
from dicomconv.source import SourceFile
from dicomconv.stored import all_bytes, span_of
from dicomconv.walk import walk
from tests import make, wheel
from tests.archives.pack import pack
from tests.outputs import key_file, rows, tree

pytest.importorskip("s3fs")
pytest.importorskip("moto")

from tests.s3 import Server, serve

SLICES = {f"in/S1/IM{one}": content for one, content in enumerate(make.series(4, rows=60, columns=61))}


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    logging.getLogger("werkzeug").disabled = True
    yield from serve()


@pytest.fixture
def s3(running: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that nothing goes wrong with yet, and the only one that clients know."""
    running.fault = lambda _: 0
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.seen.clear()
    return running


def failures(source: Source) -> list[str]:
    return [one.reason for one in walk([source]) if isinstance(one, Aside) and one.failed]


def test_the_wheels_objects_are_found_as_its_files_are(s3: Server, tmp_path: Path) -> None:
    files = {f"a/{path.relative_to(wheel.FOLDER).as_posix()}": path.read_bytes() for path in wheel.paths()[::4]}
    s3.put("wheel", files)
    local = make.write(tmp_path, files) / "a"
    expected, found = (
        [one for one in walk([source]) if isinstance(one, SourceFile)] for source in (local, Url("s3://wheel/a"))
    )
    assert {one.name: all_bytes(one.path) for one in found} == {one.name: all_bytes(one.path) for one in expected}
    assert sorted(failures(Url("s3://wheel/a"))) == sorted(failures(local))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bucket_gives_what_the_folder_gives(s3: Server, tmp_path: Path, jobs: int) -> None:
    files = SLICES | {"in/note.txt": b"text", "in/S2/CT": (wheel.FOLDER / "test_files" / "CT_small.dcm").read_bytes()}
    s3.put("hospital", files)
    make.write(tmp_path, files)
    key = key_file(tmp_path / "key")
    convert(tmp_path / "in", tmp_path / "local", key=key)
    arguments = ["convert", "s3://hospital/in", "-o", tmp_path / "remote", "--key", key, "--jobs", jobs, "-q"]
    assert main([*map(str, arguments)], standalone_mode=False) == 0
    assert tree(tmp_path / "remote") == tree(tmp_path / "local")


def test_originals_come_back_from_a_seal(s3: Server, tmp_path: Path) -> None:
    make_pair(tmp_path / "k")
    s3.put("sealed", SLICES)
    convert("s3://sealed/in", tmp_path / "out", png=False, seal_to=[tmp_path / "k.pub"])
    recover_originals(tmp_path / "out", tmp_path / "back", read_identity(tmp_path / "k.pem", bytes))
    assert tree(tmp_path / "back") == {name.removeprefix("in/"): content for name, content in SLICES.items()}


def test_one_object_alone_is_a_source(s3: Server) -> None:
    s3.put("single", SLICES)
    assert [one.name for one in walk([Url("s3://single/in/S1/IM2")])] == ["IM2"]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["deflated.zip", "a.tar.gz"])
def test_an_archive_in_a_bucket_is_opened(s3: Server, tmp_path: Path, kind: str) -> None:
    s3.put("archives", {f"in/{kind}": pack(tmp_path / kind, SLICES).read_bytes()})
    found = {
        one.name: all_bytes(one.path) for one in walk([Url(f"s3://archives/in/{kind}")]) if isinstance(one, SourceFile)
    }
    assert found == {f"{kind}/{name}": content for name, content in SLICES.items()}


def test_a_large_object_is_read_in_blocks_whatever_is_wanted_of_it(s3: Server) -> None:
    content = random.Random(1).randbytes(WHOLE + 3 * BLOCK + 7)
    s3.put("large", {"a": content})
    [(place, _)] = listed(Url("s3://large/a"))
    s3.seen.clear()
    for start in range(0, len(content), len(content) // 50):
        assert place.read(start, start + 999) == content[start : start + 999]
    assert s3.seen["GET /large/a"] <= len(content) // BLOCK + 1
    assert b"".join(span_of(place).chunks()) == content


def test_names_of_objects_are_in_no_message_and_no_repr(s3: Server, tmp_path: Path) -> None:
    s3.put("named", {"DOE^JANE/IM1": make.ct_slice(), "DOE^JANE/bad": make.ct_slice()[:400]})
    convert("s3://named/", tmp_path / "out", png=False)
    assert not [name for name, content in tree(tmp_path / "out", ()).items() if b"JANE" in content or "JANE" in name]
    assert "JANE" not in repr(list(walk([Url("s3://named")])))


def test_a_bucket_that_is_not_there_is_one_sentence(s3: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^s3://nowhere/x does not exist, or is empty$"):
        convert("s3://nowhere/x", tmp_path / "out")


def test_a_bucket_that_is_closed_is_one_sentence(s3: Server, tmp_path: Path) -> None:
    s3.fault = lambda _: 403
    with pytest.raises(UsageError, match=r"^s3://closed/x: access is denied$"):
        convert("s3://closed/x", tmp_path / "out")


def test_a_server_that_is_not_there_is_one_sentence(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    monkeypatch.setattr("s3fs.core.S3FileSystem.cachable", False)
    monkeypatch.setattr("dicomconv.remote._system", _system.__wrapped__)
    with pytest.raises(UsageError, match="cannot be reached or read: EndpointConnectionError"):
        convert("s3://hospital/in", tmp_path / "out")


def test_a_protocol_that_is_not_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gs:// is none"):
        convert("gs://hospital/in", tmp_path / "out")


def test_an_object_that_is_denied_fails_alone(s3: Server, tmp_path: Path) -> None:
    s3.put("partly", SLICES)
    s3.fault = lambda path: 403 if path.endswith("IM2") else 0
    convert("s3://partly/in", tmp_path / "out", png=False)
    found = {row["outcome"]: row.get("reason") for row in rows(tmp_path / "out")}
    assert found == {"converted": None, "failed": "cannot be read (access is denied)"}


def test_an_object_that_vanishes_after_it_was_listed_fails_alone(s3: Server) -> None:
    s3.put("vanishing", SLICES)
    found = [one for one in walk([Url("s3://vanishing/in")]) if isinstance(one, SourceFile)]
    s3.delete("vanishing", "in/S1/IM1")
    [gone] = [one.path for one in found if one.name == "S1/IM1"]
    for act in (lambda: all_bytes(gone), gone.stamp):  # type: ignore[union-attr]
        with pytest.raises(OSError, match="no such bucket or object"):
            act()


def test_an_object_that_was_changed_after_it_was_listed_is_said_to_be(s3: Server) -> None:
    s3.put("changing", {"a": make.ct_slice(rows=999)})
    [(place, _)] = listed(Url("s3://changing/a"))
    s3.put("changing", {"a": make.ct_slice(rows=990)})
    with pytest.raises(OSError, match="changed after it was listed"):
        place.read(9_000, place.size)


def test_an_answer_that_breaks_off_is_asked_for_again(s3: Server) -> None:
    s3.put("breaking", SLICES)
    breaks = iter([True, True])
    s3.fault = lambda path: "cut" if path.startswith("/breaking/in") and next(breaks, False) else 0
    found = [all_bytes(one.path) for one in walk([Url("s3://breaking/in")]) if isinstance(one, SourceFile)]
    assert sorted(found) == sorted(SLICES.values())
    assert next(breaks, None) is None


@pytest.mark.parametrize("text", ["s3://a/b", "S3://a/b", "gs://a"])
def test_a_url_is_none_of_the_paths(text: str) -> None:
    assert source_of(text) == Url(text)
    assert isinstance(source_of("s3:/a/b"), Path)
    assert "b" not in repr(Remote("s3://b", 1, 2))
