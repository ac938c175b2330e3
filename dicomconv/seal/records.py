"""What is in a seal: for each instance where its file was and how it is put together, then what is true of the series.

A record is its length in four bytes, JSON, and the sealed bytes of its pieces. Names of files are text with slashes; bytes
that are no UTF-8 stand in it as lone surrogates, as in Python's `surrogateescape`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dicomconv.errors import Malformed
from dicomconv.seal.recipe import Kind, Piece

VERSION = "1.0"
LARGEST_RECORD = 1 << 26


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """Where an original lay below its source, and when it was last modified (ns since 1970; None: not known)."""

    path: str = field(repr=False)
    modified_ns: int | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedInstance:
    """An original: its files (several if there were copies), and its pieces. `index`: that of the container."""

    index: int
    files: tuple[OriginalFile, ...] = field(repr=False)
    pieces: tuple[Piece, ...] = field(repr=False)

    @property
    def sealed_length(self) -> int:
        """How many sealed bytes follow the record."""
        return sum(piece.length for piece in self.pieces if piece.kind != Kind.PIXELS)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of the series that is not in the container: where it lay, and why."""

    path: str = field(repr=False)
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class SealedSeries:
    """What is true of the series as a whole. `uids`: old → new, but for the SOP Instance UIDs of its own instances."""

    issuer: str = field(repr=False)
    patient_id: str = field(repr=False)
    shift_days: int | None = field(repr=False)
    uids: Mapping[str, str] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()


Record = SealedInstance | SealedSeries


def encode_instance(instance: SealedInstance) -> bytes:
    """The record of an instance, without its sealed bytes."""
    files = [[file.path, file.modified_ns] for file in instance.files]
    return _record({"instance": instance.index, "files": files, "pieces": instance.pieces})


def encode_series(series: SealedSeries, sha256: bytes) -> bytes:
    """The last record; `sha256`: the digest of the digests of all files, in the order of the records."""
    return _record({"series": asdict(series), "sha256": sha256.hex(), "version": VERSION})


def _record(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    if len(text) > LARGEST_RECORD:
        raise Malformed("there is more to say of the originals than a seal can hold", "a record")
    return len(text).to_bytes(4, "little") + text


def decode(text: bytes) -> tuple[Record, bytes]:
    """A record, and the digest that the last one carries. Malformed if it is none of this version."""
    try:
        content = json.loads(text, parse_constant=_no_number)
        if "series" in content:
            series = content["series"]
            left_out = tuple(LeftOut(**one) for one in series.pop("left_out"))
            if str(content["version"]).split(".")[0] != VERSION.split(".")[0]:
                raise Malformed("the seal is of another version than this release reads", "its last record")
            return SealedSeries(left_out=left_out, **series), bytes.fromhex(content["sha256"])
        files = tuple(OriginalFile(str(path), modified) for path, modified in content["files"])
        pieces = tuple(Piece(Kind(kind), int(offset), int(length)) for kind, offset, length in content["pieces"])
        is_timed = all(isinstance(file.modified_ns, int | None) for file in files)
        if not files or not is_timed or any(piece.offset < 0 or piece.length < 0 for piece in pieces):
            raise ValueError("a record without a file, of no time, or a piece before the start")
        return SealedInstance(int(content["instance"]), files, pieces), b""
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError):
        raise Malformed("the seal holds something that is no record", "a record") from None


def _no_number(name: str) -> None:
    """NaN and infinities, which Python reads in JSON and the standard of JSON does not know (RFC 8259 6)."""
    raise ValueError(name)
