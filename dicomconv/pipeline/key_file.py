"""Key files and the patient map: what an operator brings along, read with care and never quoted."""

import csv
import os
import re
import secrets
from pathlib import Path

from dicomconv.deid.pseudonym import KEY_BYTES
from dicomconv.errors import KeyFileError, UsageError

_FIRST_WORD = "dicomconv-key-v1"
_CONTENT = re.compile(rf"{_FIRST_WORD} ([0-9a-f]{{{2 * KEY_BYTES}}})\s*").fullmatch


def new_key() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def write_key(path: Path, key: bytes) -> None:
    """Write a key file, readable by its owner alone; one that is there already is never replaced."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists; a key is never overwritten: name another file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({(error.strerror or 'error').lower()})") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{_FIRST_WORD} {key.hex()}\n")


def read_key(path: Path) -> bytes:
    """The key of a key file. KeyFileError if it is missing, unreadable, or not one that `keygen` made."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise KeyFileError(str(path), "there is no such file; make one with `dicomconv keygen -o FILE`") from None
    except (OSError, UnicodeError):
        raise KeyFileError(str(path), "cannot be read as a key") from None
    found = _CONTENT(text)
    if not found:
        raise KeyFileError(str(path), "this is not a key that keygen made; make one with `dicomconv keygen -o FILE`")
    return bytes.fromhex(found[1])


def read_patient_map(path: Path) -> dict[str, str]:
    """Original Patient ID → the study's own ID, from a CSV of two columns; a first line `patient_id,…` is a heading.

    UsageError names the line, never what stands in it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(map(str.strip, row))]
    except (OSError, UnicodeError, csv.Error):
        raise UsageError(f"--patient-map {path}: cannot be read as a CSV file in UTF-8") from None
    if lines and lines[0][1][0].strip().casefold() in ("patient_id", "patientid", "original", "original_id"):
        lines = lines[1:]
    mapping: dict[str, str] = {}
    for number, row in lines:
        _add_line(mapping, path, number, [cell.strip() for cell in row])
    _check_distinct(mapping, path)
    return mapping


def _add_line(mapping: dict[str, str], path: Path, number: int, row: list[str]) -> None:
    if len(row) != 2 or not all(row):
        raise UsageError(f"--patient-map {path}: line {number} needs two columns, original ID and new ID")
    if not row[1].isascii() or not row[1].isprintable() or "\\" in row[1] or len(row[1]) > 64:
        raise UsageError(f"--patient-map {path}: the new ID in line {number} is not a valid Patient ID in ASCII")
    if mapping.setdefault(row[0], row[1]) != row[1]:
        raise UsageError(f"--patient-map {path}: line {number} maps an ID that was mapped to another one before")


def _check_distinct(mapping: dict[str, str], path: Path) -> None:
    spellings: dict[str, str] = {}
    for new in mapping.values():
        if spellings.setdefault(new.casefold(), new) != new:
            raise UsageError(f"--patient-map {path}: two new IDs differ in capital letters only")
