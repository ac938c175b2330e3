"""A real Orthanc takes originals and what was brought back onto them: one patient, one study, no dangling reference."""

import io
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from pydicom import dcmread

from tests.cli.command import call
from tests.derived.test_back import references
from tests.derived.witnesses import program

pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")
OPENER = build_opener(ProxyHandler({}))  # it is on this very machine
STARTS_WITHIN_S = 60


class Orthanc:
    """A server on this machine, by its address."""

    def __init__(self, address: str):
        self._address = address

    def get(self, path: str) -> Any:
        """An answer in JSON."""
        return json.loads(OPENER.open(f"{self._address}/{path}", timeout=30).read())

    def post(self, path: str, content: bytes) -> Any:
        """An answer in JSON to what is sent."""
        return json.loads(OPENER.open(Request(f"{self._address}/{path}", content), timeout=30).read())


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    """An empty Orthanc, ended when the test is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path / "orthanc"
    folder.mkdir()
    settings = {
        "Name": "test", "StorageDirectory": str(folder), "IndexDirectory": str(folder), "HttpPort": port, "Plugins": [],
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "DicomServerEnabled": False,
    }  # fmt: skip
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    words = [program("Orthanc"), str(tmp_path / "orthanc.json")]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as server:
        try:
            yield _started(Orthanc(f"http://127.0.0.1:{port}"), server, tmp_path / "log")
        finally:
            server.terminate()


def _started(found: Orthanc, server: "subprocess.Popen[bytes]", log: Path) -> Orthanc:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            found.get("system")
            return found
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_one_patient_one_study_and_no_dangling_reference(orthanc: Orthanc, study: Path, tmp_path: Path):
    words = ("--identity", study / "custodian.pem", "-o", tmp_path / "back")
    assert call("reidentify", study / "dicom", study / "rtstruct", "--from", study / "out", *words).exit_code == 0
    brought = sorted((tmp_path / "back").rglob("*.dcm"))
    for path in (*sorted((study / "in").iterdir()), *brought):
        assert orthanc.post("instances", path.read_bytes())["Status"] == "Success"
    assert len(orthanc.get("patients")) == 1
    (found,) = orthanc.get("studies")
    tags = orthanc.get(f"studies/{found}")
    assert tags["PatientMainDicomTags"]["PatientName"] == "DOE^JANE"
    series = [orthanc.get(f"series/{one}") for one in tags["Series"]]
    counts = {one["MainDicomTags"]["Modality"]: len(one["Instances"]) for one in series}
    assert counts == {"CT": 8, "SEG": 1, "SR": 1, "RTSTRUCT": 1}
    study_uid = tags["MainDicomTags"]["StudyInstanceUID"]
    for path in brought:
        for uid in references(dcmread(io.BytesIO(path.read_bytes())), "ReferencedSOPInstanceUID") - {study_uid}:
            assert [one["Type"] for one in orthanc.post("tools/lookup", uid.encode())] == ["Instance"]


def test_what_is_not_brought_back_is_of_another_patient(orthanc: Orthanc, study: Path):
    for path in (*(study / "in").iterdir(), *(study / "dicom").rglob("*.dcm")):
        orthanc.post("instances", path.read_bytes())
    assert len(orthanc.get("patients")) == 2
