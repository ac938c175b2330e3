"""The journal of an output folder: what of it is done, in keyed and derived values only (decisions 17).

SQLite with a rollback journal that is synced: after a power cut it is what it was at some commit. Of a series that was
begun, and not noted as done, nothing is believed.
"""

import contextlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from dicomconv.errors import UsageError
from dicomconv.model import Outcome

NAME = "journal.sqlite"
VERSION = "1"
AT_ONCE = 0.5  # seconds within which series that are done are written together
TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (kind TEXT, option TEXT, digest BLOB, PRIMARY KEY (kind, option)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS patients (who BLOB PRIMARY KEY, patient TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (
    kind TEXT, name TEXT, run INTEGER, settings BLOB, context BLOB, products BLOB, outcomes BLOB,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Product:
    """A file that a series was written to: its path below OUT, length, and when it was modified (ns since 1970).

    `content`: of a container, by what it is known again when somebody has annotated it since; "" where nobody noted it.
    """

    path: str
    size: int
    modified: int
    content: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal says of a series; without outcomes it was begun, and nothing else is known.

    `run`: in which run; `settings`, `context`: keyed digests of its settings and of the patient's files; `outcomes`: by
    fingerprint, status, reason and facts; `warnings`: what the run was warned of.
    """

    run: int
    settings: bytes
    context: bytes
    products: tuple[Product, ...] = ()
    outcomes: Mapping[bytes, Outcome] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Journal:
    """What an open journal holds of one command. UsageError if it is damaged, of another release, or cannot be written."""

    def __init__(self, folder: Path, kind: str):
        self.path, self._kind = folder / NAME, kind
        self._committed, self.is_whole = 0.0, True
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._db.executescript("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA;" + TABLES)
            known = self.said("version") or VERSION
        except (OSError, sqlite3.Error) as error:
            raise UsageError(_unusable(self.path, error)) from None
        if known != VERSION:
            raise UsageError(f"{self.path} was written by another release of dicomconv; use that, or another OUT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):  # what cannot be written any more was said when it was tried
            self.commit()
        self._db.close()

    def said(self, name: str) -> str:
        """A word that was noted; empty if none was."""
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def settings(self) -> dict[str, bytes]:
        """The keyed digest of each setting of the latest run."""
        return dict(self._db.execute("SELECT option, digest FROM settings WHERE kind = ?", (self._kind,)))

    def entry(self, name: str) -> Entry | None:
        """What is known of a series."""
        query = "SELECT run, settings, context, products, outcomes FROM series WHERE kind = ? AND name = ?"
        found = self._db.execute(query, (self._kind, name)).fetchone()
        if found is None:
            return None
        run, settings, context, products, outcomes = found
        told = _unpacked(outcomes) if outcomes else {"rows": [], "warnings": []}
        rows = {bytes.fromhex(of): Outcome(0, status, reason, facts) for of, status, reason, facts in told["rows"]}
        files = tuple(Product(*one) for one in (_unpacked(products) if products else ()))
        return Entry(run, settings, context, files, rows, tuple(told["warnings"]))

    def contexts(self, patient: str) -> Iterator[bytes]:
        """The digests of the files that were known of a patient when each of the patient's series was done."""
        query = "SELECT DISTINCT context FROM series WHERE kind = ? AND name >= ? AND name < ?"
        return (row[0] for row in self._db.execute(query, (self._kind, f"{patient}/", f"{patient}0")))  # 0 follows /

    def begin(self, words: Mapping[str, str], settings: Mapping[str, bytes]) -> None:
        """Note with which key and settings a run begins. UsageError if the journal cannot be written."""
        try:
            self._db.execute("BEGIN")
            self._db.executemany("REPLACE INTO meta VALUES (?, ?)", {**words, "version": VERSION}.items())
            self._db.execute("DELETE FROM settings WHERE kind = ?", (self._kind,))
            rows = ((self._kind, *one) for one in settings.items())
            self._db.executemany("INSERT INTO settings VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise UsageError(_unusable(self.path, error)) from None

    def note(self, name: str, value: str) -> None:
        """Note a word; a journal that cannot be written any more stays as it is."""
        try:
            self.commit()
            self._db.execute("REPLACE INTO meta VALUES (?, ?)", (name, value))
        except sqlite3.Error:
            self.is_whole = False

    def patients(self, found: Mapping[bytes, str]) -> int:
        """How many of these patients, by keyed digests of who they are, had another new ID before."""
        query = "SELECT 1 FROM patients WHERE who = ? AND patient != ?"
        return sum(self._db.execute(query, one).fetchone() is not None for one in found.items())

    def begin_series(self, entries: Iterable[tuple[str, Entry]], patients: Mapping[bytes, str]) -> None:
        """Note which series, of whom, are about to be written: what a killed run leaves of them is known as ours."""
        rows = ((self._kind, name, one.run, one.settings, one.context) for name, one in entries)
        try:
            self._db.execute("BEGIN")
            self._db.executemany("REPLACE INTO series VALUES (?, ?, ?, ?, ?, NULL, NULL)", rows)
            self._db.executemany("REPLACE INTO patients VALUES (?, ?)", patients.items())
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise UsageError(_unusable(self.path, error)) from None

    def done(self, name: str, entry: Entry) -> None:
        """Note a series that is done and on the disk; several that come within half a second are written together.

        A journal that cannot be written any more stays as it is: what it does not know is done again by the next run.
        """
        told = {
            "rows": [(of.hex(), one.status, one.reason, one.facts) for of, one in entry.outcomes.items()],
            "warnings": entry.warnings,
        }
        products = [(one.path, one.size, one.modified, one.content) for one in entry.products]
        row = (self._kind, name, entry.run, entry.settings, entry.context, _packed(products), _packed(told))
        try:
            if not self._db.in_transaction:
                self._db.execute("BEGIN")
            self._db.execute("REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            if time.monotonic() - self._committed > AT_ONCE:
                self.commit()
        except sqlite3.Error:
            self.is_whole = False

    def commit(self) -> None:
        """Have on the disk what was noted."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._committed = time.monotonic()

    def forget(self) -> None:
        """Forget everything: there is nothing in OUT."""
        for table in ("meta", "settings", "patients", "series"):
            self._db.execute(f"DELETE FROM {table}")


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)


def _unpacked(content: bytes) -> Any:
    return json.loads(zlib.decompress(content).decode("utf-8", "surrogatepass"))


def _unusable(path: Path, error: Exception) -> str:
    """What is wrong with a journal, and what to do."""
    if isinstance(error, sqlite3.OperationalError | OSError):
        reason = (error.strerror or "error").lower() if isinstance(error, OSError) else str(error)
        return f"{path} cannot be used ({reason}); name another folder with --state"
    return f"{path} is damaged; delete it: what is in OUT then counts as there already (--existing)"
