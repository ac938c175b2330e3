"""Whole runs over archives: what comes out is what comes out of the folder that was packed."""

import json
from pathlib import Path

import pytest

from dicomconv import convert
from dicomconv.cli import main
from dicomconv.pipeline.audit.run import audit
from dicomconv.pipeline.info import info
from dicomconv.pipeline.originals import recover_originals
from dicomconv.pipeline.seal_keys import make_pair, read_identity
from tests import make, wheel
from tests.archives.pack import KINDS, gzipped, pack
from tests.archives.test_hostile import ESCAPES
from tests.outputs import containers, key_file, left_over, rows, tree

NAMES = ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "DICOMDIR", "README.txt", "reportsi.dcm")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Files of the wheel as a secondary-capture export has them: a DICOMDIR, a note, images, a series of more slices."""
    found = {f"DICOM/{path.name}": path.read_bytes() for path in wheel.paths() if path.name in NAMES}
    return found | {f"DICOM/S1/IM{one}": content for one, content in enumerate(make.series(5, rows=60, columns=61))}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Path:
    """What comes out of a folder."""
    folder = tmp_path_factory.mktemp("folder")
    make.write(folder / "in", files)
    convert(folder / "in", folder / "out", key=key_file(folder / "key"))
    return folder / "out"


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_gives_what_the_folder_in_it_gives(
    tmp_path: Path, files: dict[str, bytes], expected: Path, kind: str, jobs: int
) -> None:
    if jobs == 2 and kind != "a.tar.gz":
        pytest.skip("one kind is enough for worker processes")
    convert(pack(tmp_path / kind, files), tmp_path / "out", key=key_file(tmp_path / "key"), jobs=jobs)
    assert tree(tmp_path / "out") == tree(expected)
    assert left_over(tmp_path) == []


def test_compressed_files_give_what_the_files_give(tmp_path: Path, files: dict[str, bytes], expected: Path) -> None:
    dicom = {name: content for name, content in files.items() if not name.endswith((".txt", "DICOMDIR"))}
    make.write(tmp_path / "in", {f"{name}.gz": gzipped(content) for name, content in dicom.items()})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"))
    assert tree(tmp_path / "out", {"manifest.jsonl", "report.json"}) == tree(
        expected, {"manifest.jsonl", "report.json"}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_originals_come_back_under_the_names_they_had_in_their_archive(
    tmp_path: Path, files: dict[str, bytes], kind: str
) -> None:
    pytest.importorskip("cryptography")
    make_pair(tmp_path / "k")
    make.write(tmp_path / "in", {"IM1.dcm.gz": gzipped(make.ct_slice())})
    pack(tmp_path / "in" / kind, [*files.items(), ("../../IM1", make.ct_slice(rows=9))])
    convert(
        tmp_path / "in",
        tmp_path / "out",
        png=False,
        burned_in="keep",
        seal_to=[tmp_path / "k.pub"],
        duplicates="keep-both",
    )
    recover_originals(tmp_path / "out", tmp_path / "back", read_identity(tmp_path / "k.pem", bytes))
    dicom = {f"{kind}/{name}": content for name, content in files.items() if not name.endswith((".txt", "DICOMDIR"))}
    assert tree(tmp_path / "back") == dict(
        sorted({**dicom, f"{kind}/IM1": make.ct_slice(rows=9), "IM1.dcm.gz/IM1.dcm": make.ct_slice()}.items())
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_but_under_out(tmp_path: Path, kind: str) -> None:
    path = pack(tmp_path / kind, [(name, make.ct_slice(SOPInstanceUID=make.uid(name))) for name in ESCAPES])
    before = tree(tmp_path)
    convert(path, tmp_path / "a" / "out")
    assert {name: content for name, content in tree(tmp_path).items() if not name.startswith("a/out/")} == before
    assert len(rows(tmp_path / "a" / "out")) == len(ESCAPES)
    assert len(containers(tmp_path / "a" / "out")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_members_stand_in_the_index_of_the_operator_and_nowhere_else(tmp_path: Path, kind: str) -> None:
    path = pack(tmp_path / kind, {"DOE^JANE/IM1": make.ct_slice(), "DOE^JANE/note": b"text"})
    index, out = tmp_path / "index", tmp_path / "out"
    assert (
        main([*map(str, ["convert", path, "-o", out, "--source-index", index, "--json"])], standalone_mode=False) == 0
    )
    listed = [json.loads(line)["path"] for line in index.read_text().splitlines()]
    assert sorted(listed) == [f"{path}/DOE^JANE/IM1", f"{path}/DOE^JANE/note"]
    assert not [name for name, content in tree(out, ()).items() if b"JANE" in content or "JANE" in name]


def test_a_member_that_is_damaged_fails_alone(tmp_path: Path) -> None:
    slices = make.series(3, rows=200, columns=201)
    content = bytearray(
        pack(tmp_path / "stored.zip", {f"IM{one}": each for one, each in enumerate(slices)}).read_bytes()
    )
    place = content.index(slices[1][-1000:])
    content[place] ^= 1
    convert(make.write(tmp_path / "in", {"a.zip": bytes(content)}), tmp_path / "out")
    found = [(row["outcome"], row.get("reason", "")) for row in rows(tmp_path / "out")]
    assert sorted(outcome for outcome, _ in found) == ["converted", "converted", "failed"]
    assert "a member has not the size or checksum that its archive says at its end" in [reason for _, reason in found]


@pytest.mark.parametrize("kind", KINDS)
def test_archives_are_looked_at_and_audited_as_folders_are(tmp_path: Path, files: dict[str, bytes], kind: str) -> None:
    path = pack(tmp_path / kind, files)
    make.write(tmp_path / "in", files)
    assert sorted(info(path), key=str) == sorted(info(tmp_path / "in"), key=str)
    key = key_file(tmp_path / "key")
    convert(path, tmp_path / "out", key=key, png=False)
    report = audit(tmp_path / "out", path, key=key)
    assert report.comparison is not None
    assert report.comparison == audit(tmp_path / "out", tmp_path / "in", key=key).comparison
    assert len(report.comparison.matched) > 0
