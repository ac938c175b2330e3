"""Files that share a SOP Instance UID: the same bytes count once, different bytes go by the plan's policy."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from dicomconv.errors import DicomconvError
from dicomconv.model import Status
from dicomconv.pipeline.plan import Plan
from dicomconv.source import SourceFile
from dicomconv.stored import Stored, chunks, place_of, shown, stamp_of

COPY = "a copy of row"


class Duplicates:
    """Which of the files with one UID is worked on, and why the others are not."""

    def __init__(self, series: Sequence[Sequence[SourceFile]], plan: Plan):
        self._policy, self._order = plan.duplicates, plan.pseudonyms.order
        shared: dict[str, list[SourceFile]] = {uid: [] for uid in _shared_uids(series)}
        for file in (file for files in series for file in files if file.sop_instance_uid in shared):
            shared[file.sop_instance_uid].append(file)
        self._digests = {file.spelt: _digest(file.spelt) for group in shared.values() for file in group}
        self._ages = {path: _modified(path) for path in self._digests}
        self._rows: dict[str, dict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._chosen = {uid: self._first(group) for uid, group in shared.items()}

    def _first(self, group: list[SourceFile]) -> bytes:
        """The content that keeps the UID: the newest, or, where both are kept, the oldest."""
        sign = -1 if self._policy == "newest" else 1
        first = min(group, key=lambda file: (sign * self._ages[file.spelt], self._key(file)))
        return self._digests[first.spelt]

    def _key(self, file: SourceFile) -> bytes:
        return self._order(self._digests[file.spelt].hex())

    def ordered(self, files: list[SourceFile]) -> list[SourceFile]:
        """Files that share a UID stand next to each other, in an order that follows from their content."""
        place: dict[str, int] = {}
        for index, file in enumerate(files):
            place.setdefault(file.sop_instance_uid, index)

        def key(file: SourceFile) -> tuple[int, bool, bytes]:
            digest = self._digests.get(file.spelt, b"")
            is_later = digest != self._chosen.get(file.sop_instance_uid, b"")
            return place[file.sop_instance_uid], is_later, self._key(file) if digest else b""

        return sorted(files, key=key)

    def number(self, files: Iterable[SourceFile]) -> None:
        """Take note of the rows that files got."""
        for file in files:
            if file.spelt in self._digests:
                self._rows[file.sop_instance_uid][self._digests[file.spelt]].append(file.row)

    def copy_of(self, file: SourceFile) -> int:
        """The row of which a file is a copy, byte for byte; its own if it is none."""
        contents = self._rows.get(file.sop_instance_uid, {})
        return contents[self._digests[file.spelt]][0] if file.spelt in self._digests else file.row

    def settle(self, file: SourceFile) -> tuple[Status, str, str]:
        """Status, reason, and what the new SOP Instance UID of a file is made of if it is to have one of its own."""
        if file.spelt not in self._digests:
            return "converted", "", ""
        digest, contents = self._digests[file.spelt], self._rows[file.sop_instance_uid]
        if (first := self.copy_of(file)) != file.row:
            return "skipped", f"{COPY} {first}, byte for byte", ""
        others = [rows[0] for other, rows in contents.items() if other != digest]
        if not others:
            return "converted", "", ""
        return self._settle_different(file, digest, others)

    def _settle_different(self, file: SourceFile, digest: bytes, others: list[int]) -> tuple[Status, str, str]:
        named = ", ".join(f"row {row}" for row in sorted(others)[:5])
        if self._policy == "fail":
            return "failed", f"{named} has the same SOP Instance UID and other content; see --duplicates", ""
        if digest == self._chosen[file.sop_instance_uid]:
            return "converted", "", ""
        if self._policy == "newest":
            return "skipped", f"{named} has the same SOP Instance UID and is newer, or was chosen", ""
        return "converted", "", f"{file.sop_instance_uid}#{digest.hex()}"


def _shared_uids(series: Sequence[Sequence[SourceFile]]) -> list[str]:
    """The UIDs that several files have."""
    seen, again = set[str](), dict[str, None]()
    for file in (file for files in series for file in files):
        if file.sop_instance_uid in seen:
            again[file.sop_instance_uid] = None
        seen.add(file.sop_instance_uid)
    return list(again)


def _digest(spelt: str | Stored) -> bytes:
    digest = hashlib.sha256()
    try:
        for chunk in chunks(place_of(spelt)):
            digest.update(chunk)
    except (OSError, EOFError, DicomconvError):
        return shown(place_of(spelt)).encode("utf-8", "surrogatepass")  # that it cannot be read is said when it is worked on
    return digest.digest()


def _modified(spelt: str | Stored) -> int:
    try:
        return stamp_of(place_of(spelt))[1]
    except OSError:
        return 0
