"""`dicomconv reidentify`: files, names, rows and exit codes; and gdcmanon as the other side."""

import json
import shutil
import subprocess
from pathlib import Path

import pydicom
import pytest

from tests import make
from tests.cli.command import call
from tests.outputs import left_over, tree
from tests.seal import holders
from tests.seal.protect import protected

GDCMANON = shutil.which("gdcmanon")
needs_gdcmanon = pytest.mark.skipif(GDCMANON is None, reason="gdcmanon is not installed")
CUSTODIAN, STRANGER = holders.holder("Made Up Custodian"), holders.holder("Made Up Stranger")
ORIGINAL = make.ct_slice()
OTHER = {"PatientName": "X", "PatientID": "X", "SOPInstanceUID": "1.2.3", "PatientIdentityRemoved": "YES"}
PROTECTED = protected(ORIGINAL, make.ct_slice(**OTHER), [CUSTODIAN])


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with keys and certificates."""
    return make.write(
        tmp_path / "keys",
        {
            "key.pem": CUSTODIAN.key,
            "holder.pem": CUSTODIAN.certificate,
            "other.pem": STRANGER.key,
            "protected.pem": holders.protected("Made Up Custodian", b"secret"),
            "passphrase": b"secret\n",
        },
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a protected file in a folder, another one without suffix, and a text."""
    return make.write(tmp_path / "in", {"a/1.dcm": PROTECTED, "a/two": PROTECTED, "note.txt": b"text"})


def names(out: Path) -> list[str]:
    """What was written, by name."""
    return sorted(tree(out))


def test_files_are_written_under_the_names_they_have_in_their_folder(source, keys, tmp_path):
    result = call("reidentify", source, "-o", tmp_path / "out", "--identity", keys / "key.pem")
    assert (result.exit_code, names(tmp_path / "out")) == (0, ["a/1.dcm", "a/two.dcm"])
    assert result.stdout.startswith("3 files: 2 re-identified, 1 skipped")
    assert left_over(tmp_path / "out") == []


def test_what_comes_out_is_the_original_as_pydicom_reads_it(source, keys, tmp_path):
    call("reidentify", source / "a/1.dcm", "-o", tmp_path / "out", "--identity", keys / "key.pem")
    back = pydicom.dcmread(tmp_path / "out/1.dcm")
    make.write(tmp_path, {"original.dcm": ORIGINAL})
    original = pydicom.dcmread(tmp_path / "original.dcm")
    assert back.file_meta.MediaStorageSOPInstanceUID == original.SOPInstanceUID
    assert back.PatientIdentityRemoved == "NO"
    del back.PatientIdentityRemoved
    assert back == original


@pytest.mark.parametrize(
    "words",
    [
        ("--identity", "key.pem", "--certificate", "holder.pem"),
        ("--identity", "protected.pem", "--passphrase-file", "passphrase"),
    ],
    ids=["certificate", "passphrase"],
)
def test_the_identity_may_be_told_in_full(source, keys, tmp_path, words):
    words = [word if word.startswith("--") else keys / word for word in words]
    assert call("reidentify", source, "-o", tmp_path / "out", *words).exit_code == 0


def test_a_wrong_key_gives_no_file_and_exit_code_7(source, keys, tmp_path):
    result = call("reidentify", source, "-o", tmp_path / "out", "--identity", keys / "other.pem")
    assert (result.exit_code, names(tmp_path / "out"), left_over(tmp_path / "out")) == (7, [], [])
    assert "for another key" in result.stderr


@pytest.mark.parametrize(
    "words", [("missing.pem",), ("holder.pem",), ("protected.pem",), ("other.pem", "--certificate", "holder.pem")]
)
def test_a_key_that_cannot_be_used_is_exit_code_7_and_nothing_is_begun(source, keys, tmp_path, words):
    words = [word if word.startswith("--") else keys / word for word in words]
    result = call("reidentify", source, "-o", tmp_path / "out", "--identity", *words)
    assert (result.exit_code, (tmp_path / "out").exists()) == (7, False)
    assert result.stderr.startswith("dicomconv: key file")


def test_a_file_without_encrypted_attributes_fails_and_the_rest_is_done(source, keys, tmp_path):
    make.write(source, {"plain.dcm": ORIGINAL})
    result = call("reidentify", source, "-o", tmp_path / "out", "--identity", keys / "key.pem")
    assert (result.exit_code, names(tmp_path / "out")) == (3, ["a/1.dcm", "a/two.dcm"])
    assert "plain.dcm: the attribute is missing" in result.stderr


@pytest.mark.parametrize(("files", "code"), [({"plain.dcm": ORIGINAL}, 1), ({"note.txt": b"text"}, 4)])
def test_exit_codes_when_nothing_comes_out(tmp_path, keys, files, code):
    make.write(tmp_path / "in", files)
    assert call("reidentify", tmp_path / "in", "-o", tmp_path / "out", "--identity", keys / "key.pem").exit_code == code


def test_json_has_a_row_for_every_file_and_names_no_source(source, keys, tmp_path):
    result = call("reidentify", source, "-o", tmp_path / "out", "--identity", keys / "key.pem", "--json")
    told = json.loads(result.stdout)
    assert told["counts"] == {"converted": 2, "skipped": 1, "refused": 0, "failed": 0}
    assert [row.get("file") for row in told["rows"]] == ["a/1.dcm", "a/two.dcm", None]
    assert str(source) not in result.output


def test_what_is_there_already_is_left_alone_unless_told_otherwise(source, keys, tmp_path):
    out = make.write(tmp_path / "out", {"a/1.dcm": b"mine"})
    words = ("reidentify", source, "-o", out, "--identity", keys / "key.pem")
    assert (call(*words).exit_code, tree(out)) == (2, {"a/1.dcm": b"mine"})
    assert (call(*words, "--existing", "skip").exit_code, tree(out)["a/1.dcm"]) == (0, b"mine")
    assert (call(*words, "--existing", "overwrite").exit_code, tree(out)["a/1.dcm"][128:132]) == (0, b"DICM")


def test_two_sources_of_one_name_do_not_overwrite_each_other(tmp_path, keys):
    sources = [make.write(tmp_path / name, {"1.dcm": PROTECTED}) for name in ("one", "two")]
    result = call("reidentify", *sources, "-o", tmp_path / "out", "--identity", keys / "key.pem")
    assert (result.exit_code, "the same name in OUT" in result.stderr) == (3, True)


def test_out_may_not_lie_in_the_source(source, keys):
    assert call("reidentify", source, "-o", source / "out", "--identity", keys / "key.pem").exit_code == 2


def gdcmanon(*words: object) -> None:
    """Run gdcmanon; it has to succeed."""
    done = subprocess.run([str(GDCMANON), *map(str, words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def identity_in(path: Path) -> tuple[str, str, str]:
    """Whom and what a file names."""
    found = pydicom.dcmread(path, force=True)
    return str(found.PatientName), found.PatientID, found.SOPInstanceUID


EXPECTED = (make.IDENTITY["PatientName"], make.IDENTITY["PatientID"], make.uid(f"{make.uid('series')} 1"))


@needs_gdcmanon
@pytest.mark.parametrize("syntax", [make.IMPLICIT, make.EXPLICIT, make.BIG_ENDIAN])
def test_gdcmanon_reidentifies_what_we_protect(tmp_path, keys, syntax):
    other = make.ct_slice(syntax=syntax, **OTHER)
    make.write(tmp_path, {"in.dcm": protected(make.ct_slice(syntax=syntax), other, [CUSTODIAN])})
    assert identity_in(tmp_path / "in.dcm") == ("X", "X", "1.2.3")
    gdcmanon("-d", "-k", keys / "key.pem", "-i", tmp_path / "in.dcm", "-o", tmp_path / "out.dcm")
    assert identity_in(tmp_path / "out.dcm") == EXPECTED


@needs_gdcmanon
@pytest.mark.parametrize("cipher", ["des3", "aes128", "aes192", "aes256"])
def test_we_reidentify_what_gdcmanon_protects(tmp_path, keys, cipher):
    make.write(tmp_path, {"in.dcm": ORIGINAL})
    gdcmanon("-e", "-c", keys / "holder.pem", f"--{cipher}", "-i", tmp_path / "in.dcm", "-o", tmp_path / "mid.dcm")
    assert identity_in(tmp_path / "mid.dcm") != EXPECTED
    result = call("reidentify", tmp_path / "mid.dcm", "-o", tmp_path / "out", "--identity", keys / "key.pem")
    assert (result.exit_code, identity_in(tmp_path / "out/mid.dcm")) == (0, EXPECTED)
