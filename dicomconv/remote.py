"""Sources behind a URL (`s3://bucket/prefix`), listed and read by ranges; fsspec knows how, and finds the credentials."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from errno import EACCES, EIO, ENOENT
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from dicomconv.errors import UsageError
from dicomconv.part10 import LEADING_READ

AT_A_TIME = 64  # heads that are asked for together
BLOCK, BLOCKS = 1 << 22, 12  # of objects that are not read whole: 48 MiB
WHOLE = 1 << 24
PROTOCOLS = frozenset({"s3", "s3a"})
CHANGED = "the object was changed after it was listed"
MISSING = "needs an extra; install it with pip install 'dicomconv[cloud]'"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://").match


@dataclass(frozen=True, slots=True)
class Url:
    """A source that is no path."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """The last part of it."""
        return self.text.rstrip("/").rpartition("/")[2]

    def check(self) -> None:
        """UsageError if there is nothing, or nobody lets us in."""
        try:
            found = call(self.text, "exists", path_in(self.text))
        except OSError as error:
            raise UsageError(f"{self.text}: {error.strerror}") from None
        if not found:
            raise UsageError(f"{self.text} does not exist, or is empty")


Source = Path | Url


def source_of(text: str | Path | Url) -> Source:
    """A path or a URL, whichever it is."""
    return Url(text) if isinstance(text, str) and _URL(text) else text if isinstance(text, Url) else Path(text)


@dataclass(frozen=True, slots=True)
class Remote:
    """An object as it was when it was listed."""

    url: str = field(repr=False)
    size: int
    modified_ns: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`. OSError if they cannot be had."""
        stop = min(stop, self.size)
        if stop <= start:
            return b""
        if stop <= len(head := _HEADS.get(self.url, b"")):
            return head[start:stop]
        if self.size <= WHOLE or stop - start >= BLOCK:
            return self.fetched(start, stop)
        blocks = range(start // BLOCK, -(-stop // BLOCK))
        found = b"".join(_block(self, number) for number in blocks)
        return found[start - blocks[0] * BLOCK : stop - blocks[0] * BLOCK]

    def fetched(self, start: int, stop: int) -> bytes:
        """The same, asked for now."""
        found: bytes = call(self.url, "cat_file", path_in(self.url), start=start, end=stop)
        if len(found) != stop - start:
            raise OSError(EIO, CHANGED)
        return found

    def stamp(self) -> tuple[int, int]:
        """Its length and when it was last modified. OSError if it is not there any more."""
        told = call(self.url, "info", path_in(self.url), refresh=True)
        return int(told["size"]), modified_ns(told)

    def shown(self) -> str:
        """Its URL."""
        return self.url


@lru_cache(maxsize=BLOCKS)
def _block(place: Remote, number: int) -> bytes:
    return place.fetched(number * BLOCK, min((number + 1) * BLOCK, place.size))


def listed(url: Url) -> Iterator[tuple[Remote, str]]:
    """All objects below a URL, and the names they have there, in depth; the head of each is there when it is yielded."""
    top = path_in(url.text)
    objects = _below(url.text, top)
    while batch := list(islice(objects, AT_A_TIME)):
        _fetch_heads([one for one, _ in batch])
        yield from ((one, path.removeprefix(top).strip("/") or url.name) for one, path in batch)


def _below(url: str, folder: str) -> Iterator[tuple[Remote, str]]:
    """The objects below a folder, and their paths; objects of no bytes that stand for a folder are none."""
    entries = call(url, "ls", folder, detail=True)
    for told in sorted(entries, key=lambda one: str(one["name"])):
        path = str(told["name"])
        if told["type"] == "directory" and path.rstrip("/") != folder:
            yield from _below(url, path)
        elif told["type"] != "directory" and not (path.endswith("/") and not told["size"]):
            yield Remote(f"{_protocol(url)}://{path}", int(told["size"]), modified_ns(told)), path


def _fetch_heads(objects: list[Remote]) -> None:
    """Ask for the heads of many objects at the same time; what cannot be had is asked for again when it is wanted."""
    asked = [one for one in objects if one.size]
    paths, ends = [path_in(one.url) for one in asked], [min(one.size, LEADING_READ) for one in asked]
    heads = call(asked[0].url, "cat_ranges", paths, [0] * len(paths), ends, on_error="return") if asked else []
    _HEADS.clear()
    for one, head, end in zip(asked, heads, ends, strict=True):
        if isinstance(head, bytes) and len(head) == end:
            _HEADS[one.url] = head


_HEADS: dict[str, bytes] = {}


def _protocol(url: str) -> str:
    return url.partition("://")[0]


def path_in(url: str) -> str:
    """What the file system calls it."""
    return url.partition("://")[2].rstrip("/")


def modified_ns(told: dict[str, Any]) -> int:
    when = told.get("LastModified")
    return int(when.timestamp() * 1000) * 10**6 if isinstance(when, datetime) else 0


def call(url: str, method: str, *arguments: Any, **named: Any) -> Any:
    """Ask the file system of a URL for something. OSError with a sentence that names no object if it cannot be had."""
    system, faults = _system(_protocol(url), os.getpid())
    try:
        return getattr(system, method)(*arguments, **named)
    except FileNotFoundError:
        raise FileNotFoundError(ENOENT, "there is no such bucket or object") from None
    except PermissionError:
        raise PermissionError(EACCES, "access is denied") from None
    except faults as error:
        raise OSError(EIO, f"what is behind the URL cannot be reached or read: {type(error).__name__}") from None


@cache
def _system(protocol: str, _: int) -> tuple[Any, tuple[type[Exception], ...]]:
    """The file system of a protocol, and the errors that it has. UsageError if there is none here.

    Each process has its own: a process that was forked cannot speak through its parent's connections.
    """
    if protocol not in PROTOCOLS:
        raise UsageError(f"sources are paths, or URLs of s3://; {protocol}:// is none")
    try:
        import aiohttp  # slow imports that other runs do without
        import botocore.exceptions
        import fsspec
        import s3fs  # noqa: F401 - fsspec looks for it
    except ImportError:
        raise UsageError(f"a source behind {protocol}:// {MISSING}") from None
    faults = (OSError, aiohttp.ClientError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
    return fsspec.filesystem(protocol, use_listings_cache=False), faults


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_system.cache_clear)  # connections belong to the process that made them
