"""Archives for tests, made by Python's own modules, and zips put together by hand where those make no such thing."""

import gzip
import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

KINDS = ("stored.zip", "deflated.zip", "a.tar", "a.tar.gz")


def pack(path: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> Path:
    """An archive of the kind that its name says."""
    pairs = list(files.items() if isinstance(files, Mapping) else files)
    if path.suffix == ".zip":
        coding = zipfile.ZIP_STORED if path.name.startswith("stored") else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(path, "w", coding) as archive:
            for name, content in pairs:
                archive.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6)), content, coding)
    else:
        with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w", format=tarfile.PAX_FORMAT) as archive:
            for name, content in pairs:
                archive.addfile(tar_member(name, len(content)), io.BytesIO(content))
    return path


def packed(kind: str, files: Mapping[str, bytes]) -> bytes:
    """The bytes of such an archive."""
    with tempfile.TemporaryDirectory() as folder:
        return pack(Path(folder) / kind, files).read_bytes()


def tar_member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member's header."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mtime = size, kind, link, 981173106
    return info


def deflated(content: bytes) -> bytes:
    """Bytes as a zip holds them."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def zip_of(*members: tuple[bytes, bytes, dict[str, int]]) -> bytes:
    """A zip by hand: name, bytes as they stand in it, and what the directory says (method, crc, size, start, flags …)."""
    body, directory = b"", b""
    for name, packed, said in members:
        told = {
            "method": 8,
            "crc": 0,
            "size": len(packed),
            "packed": len(packed),
            "start": len(body),
            "flags": 0,
            **said,
        }
        local = (b"PK\x03\x04", 20, told["flags"], told["method"], 0, 33, told["crc"], told["packed"], told["size"])
        if "start" not in said:
            body += struct.pack("<4s5H3L2H", *local, len(name), 0) + name + packed
        directory += (
            struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, *local[2:], len(name), 0, 0, 0, 0, 0, told["start"])
            + name
        )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + end


def gzipped(content: bytes) -> bytes:
    """A gzip stream without a name or a time."""
    return gzip.compress(content, mtime=0)
