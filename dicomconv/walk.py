"""Find DICOM files by content in files and folders, group them into series, put each series in slice order (PS3.10 7).

Every file met comes out as a SourceFile or as an Aside with its reason; none is passed over in silence.
"""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from dicomconv.archives.find import FIRST, kind_of, members
from dicomconv.archives.member import Archive, Member
from dicomconv.archives.names import Names
from dicomconv.archives.unread import Unread
from dicomconv.errors import DicomconvError, NotDicom
from dicomconv.inspected import SHORTER, Aside, Inspected, inspect, os_reason
from dicomconv.remote import Remote, Source, Url, listed
from dicomconv.source import SourceFile
from dicomconv.stored import Where, span_of

WITHIN = "an archive within an archive, which is not opened; unpack the outer one, and name its folder"


def walk(sources: Iterable[Source]) -> Iterator[SourceFile | Aside]:
    """Everything found in files, folders and behind URLs, which come last."""
    found, before = named(list(sources)), Inspected()
    yield from _walk([(path, name) for path, name in found if isinstance(path, Path)], before)
    for url, name in found:
        if isinstance(url, Url):
            yield from _behind(url, name, before)


def _behind(url: Url, name: str, before: Inspected) -> Iterator[SourceFile | Aside]:
    """Every object behind a URL, and everything in those that are archives."""
    names = Names()
    try:
        for one, said in listed(url):
            below = names.of(said)
            yield from _file(one, f"{name}/{below}" if name else below, (one.size, one.modified_ns), before)
    except OSError as error:
        yield Aside(Remote(url.text, 0, 0), True, os_reason(error, Remote(url.text, 0, 0)))


def _walk(sources: list[tuple[Path, str]], before: Inspected) -> Iterator[SourceFile | Aside]:
    """Everything in files and folders, folders in depth, each real folder once; links are followed.

    Links to folders come behind all real folders, so that none takes a real folder's name from it.
    """
    visited = set[tuple[int, int]]()
    waiting, links = [iter(sources)], deque[tuple[Path, str]]()
    while waiting or links:
        is_link = not waiting
        found = links.popleft() if is_link else next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        path, name = found
        try:
            status = path.stat()
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder and not is_link and path.is_symlink():
                links.append((path, name))
            elif is_folder and (identity := (status.st_dev, status.st_ino)) not in visited:
                waiting.append(_inside(path, name))
                visited.add(identity)
            elif is_folder:
                yield Aside(path, False, f"{'a link to ' * path.is_symlink()}a folder that was walked already")
        except OSError as error:
            yield Aside(path, not path.is_symlink() or path.exists(), os_reason(error, path))
            continue
        if not is_folder:
            is_file = stat.S_ISREG(status.st_mode)
            stamp = status.st_size, status.st_mtime_ns
            yield from _file(path, name, stamp, before) if is_file else [Aside(path, False, "not a regular file")]


def _file(path: Where, name: str, stamp: tuple[int, int], before: Inspected) -> Iterator[SourceFile | Aside]:
    """What a file is, or, if it is an archive, everything in it; nothing is unpacked to disk."""
    found = inspect(path, name or (path.name if isinstance(path, Path) else ""), before)
    if isinstance(found, SourceFile) or found.failed or not (kind := _archive_kind(path)):
        yield found
        return
    try:
        for member in members(Archive(path, *stamp), kind):
            yield _member(member, f"{name}/{member.name}" if name else member.name, before)
    except DicomconvError as error:
        yield Aside(path, not isinstance(error, NotDicom), str(error))
    except EOFError:
        yield Aside(path, True, SHORTER)
    except OSError as error:
        yield Aside(path, True, os_reason(error, path))


def _archive_kind(where: Where) -> str:
    try:
        return kind_of(span_of(where).read(0, FIRST))
    except (OSError, EOFError, DicomconvError):
        return ""


def _member(member: Member | Unread, name: str, before: Inspected) -> SourceFile | Aside:
    """What a member of an archive is; archives within archives are not opened."""
    if isinstance(member, Unread):
        return Aside(member.place, member.failed, member.reason)
    found = inspect(member, name, before)
    if isinstance(found, Aside) and not found.failed and _archive_kind(member):
        return Aside(member, False, WITHIN)
    return found


def _inside(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """What is in a folder, with the names of originals; of a very full one little more than the names is kept."""
    below = f"{name}/" if name else ""
    return ((folder / leaf, below + leaf) for leaf in sorted(os.listdir(folder)))  # noqa: PTH208 - names, not paths


def named(sources: list[Source]) -> list[tuple[Source, str]]:
    """What each source is called where names of originals are kept: one by itself nothing, several a name each."""
    if len(sources) == 1:
        return [(sources[0], "")]
    taken: dict[str, int] = {}
    return [
        (path, _unused(path.resolve().name if isinstance(path, Path) and path.name in ("", "..") else path.name, taken))
        for path in sources
    ]


def _unused(name: str, taken: dict[str, int]) -> str:
    """The name, or with -2, -3 behind its stem; no two differ in capital letters only."""
    stem, suffix = PurePath(name or "source").stem, PurePath(name).suffix
    found = stem + suffix
    while found.casefold() in taken:
        taken[(stem + suffix).casefold()] += 1
        found = f"{stem}-{taken[(stem + suffix).casefold()]}{suffix}"
    taken[found.casefold()] = 1
    return found
