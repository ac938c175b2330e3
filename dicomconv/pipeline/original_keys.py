"""Original IDs and UIDs as the pseudonyms that stand for them in containers: for tables that name originals."""

from collections.abc import Callable
from pathlib import Path

from dicomconv.deid.pseudonym import Pseudonyms, identity_of
from dicomconv.errors import UsageError
from dicomconv.pipeline.key_file import read_key, read_patient_map

UIDS = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")


def translator(key: Path, *, issuer: str = "", patient_map: Path | None = None) -> Callable[[str, str], str]:
    """What takes a key column and an original cell to the cell that containers made with this key have.

    `issuer`: Issuer of Patient ID of the originals. Frame numbers stay; UsageError for a column that has no pseudonym,
    such as names of files. A UID is mapped as a run without retain-uids does.
    """
    pseudonyms, own = Pseudonyms(read_key(key)), read_patient_map(patient_map) if patient_map else {}

    def translate(column: str, cell: str) -> str:
        if column == "patient_id":
            identity = identity_of(issuer, cell, "")
            return own.get(identity.patient_id) or pseudonyms.patient(identity)
        if column in UIDS:
            return pseudonyms.uid(cell)
        if column == "frame_number":
            return cell
        raise UsageError(f"--labels: column {column} has no original; key the table on patient_id or UIDs")

    return translate
