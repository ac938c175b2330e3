"""What is found in an HDF5 file: names, attributes, texts, and the bytes that belong to no dataset any more.

A value that was overwritten or deleted stays in the file: what no dataset holds is searched as it is.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dicomconv.container import schema
from dicomconv.deid.profile import Profile
from dicomconv.pipeline.audit.suspects import Suspects, reason_not_counted, reason_outside
from dicomconv.pipeline.audit.texts import OVERLAP, PIECE, in_any_spelling
from dicomconv.seal.block import MAGIC
from dicomconv.standard import keyword_of, tag_of, vr_of

LARGEST = 1 << 28
USER_BLOCK = "user block"
HIDDEN = "[a name that is a hit]"
Found = Counter[tuple[str, str, str]]
"""How often a kind was found at a place, with the reason if it is not counted."""


class Hdf5Search:
    """Looks into one HDF5 file; `is_ours`: a container, whose headers are looked into instance by instance."""

    def __init__(self, suspects: Suspects, profile: Profile, *, is_ours: bool, pixels: bool) -> None:
        self._suspects, self._profile, self._is_ours, self._pixels = suspects, profile, is_ours, pixels
        self.found: Found = Counter()
        self.too_large: list[str] = []
        self.is_sealed = False
        self._visited: set[int] = set()

    def file(self, path: Path) -> None:
        """Everything in a file. READ_ERRORS of container.columns if it is damaged."""
        with h5py.File(path, "r", locking="best-effort") as file:
            self._object(file, "")
            block = file.userblock_size
            held = sorted([(block, block), *_held(file)])
        self.is_sealed = bool(block) and _begins_with(path, MAGIC)
        for start, stop in _rest(held, path.stat().st_size):
            self._bytes_of(path, start, stop, USER_BLOCK if start < block else "bytes that no dataset holds")

    def _object(self, one: Any, place: str) -> None:
        self._visited.add(_address(one))
        for name, value in _attributes(one):
            shown = f"{place or '/'}@{self._named(name, place)}"
            self._value(value, shown, _keyword(place, name))
        comment = h5py.h5o.get_comment(one.id, b".") or b""
        self._note(f"{place or '/'}: comment", self._suspects.in_data(comment))
        if isinstance(one, h5py.Group):
            self._members(one, place)
        elif isinstance(one, h5py.Dataset):
            self._dataset(one, place)

    def _members(self, group: h5py.Group, place: str) -> None:
        for name in group:
            below = f"{place}/{self._named(name, place)}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink | h5py.ExternalLink):
                target = f"{getattr(link, 'filename', '')} {link.path}"
                self._note(f"{below}: link", in_any_spelling(target, self._suspects))
                continue
            member = group[name]
            if _address(member) not in self._visited:
                self._object(member, below)

    def _named(self, name: str, place: str) -> str:
        """A name as the report may show it; searched on the way."""
        kinds = in_any_spelling(name, self._suspects)
        self._note(f"{place or '/'}: a name", kinds)
        return HIDDEN if kinds else name

    def _dataset(self, dataset: h5py.Dataset, place: str) -> None:
        for name in dataset.dtype.names or ():
            self._named(name, place)
        kind = dataset.dtype.kind
        is_pixels = kind in "iu" and dataset.dtype.itemsize <= 2
        is_ours = self._is_ours and place.startswith((f"/{schema.HEADERS}", f"/{schema.STACKS}", f"/{schema.ENCODED}"))
        if kind in "fc" or (is_pixels and (is_ours or not self._pixels)) or (kind in "iu" and not is_pixels):
            return
        if dataset.nbytes > LARGEST:
            self.too_large.append(place)
            return
        self._value(dataset[()], place, _keyword(*place.rsplit("/", 1)) if "/" in place else "")

    def _value(self, value: Any, place: str, keyword: str) -> None:
        for text in _texts(value):
            if isinstance(text, str):
                kinds = {kind for part in text.split("\\") for kind in in_any_spelling(part, self._suspects)}
            else:
                kinds = self._suspects.in_binary(text)
            shown = text if isinstance(text, str) else ""
            self._note(place, kinds, keyword, shown)

    def _note(self, place: str, kinds: set[str], keyword: str = "", text: str = "") -> None:
        for kind in kinds:
            self.found[place, kind, self._reason(kind, keyword, text)] += 1

    def _reason(self, kind: str, keyword: str, text: str) -> str:
        """Why a hit is none: in the table of attributes of a container as in the attribute itself."""
        if not self._is_ours or not keyword:
            return reason_outside(kind, self._profile)
        tag = tag_of(keyword)
        place = vr_of(tag) or "UN", self._profile.rule(tag, "", "").code
        return reason_not_counted(kind, text, place, self._suspects, self._profile)

    def _bytes_of(self, path: Path, start: int, stop: int, place: str) -> None:
        is_encrypted = self.is_sealed and place == USER_BLOCK
        search = self._suspects.in_pixels if is_encrypted else self._suspects.in_binary
        with path.open("rb") as file:
            for at in range(start, stop, PIECE):
                file.seek(at)
                data = file.read(min(PIECE + OVERLAP, stop - at))
                self._note(place, search(data))


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _address(one: Any) -> int:
    return int(h5py.h5o.get_info(one.id).addr)


def _attributes(one: Any) -> Iterator[tuple[str, Any]]:
    for name in one.attrs:
        yield name, one.attrs[name]


def _keyword(place: str, name: str) -> str:
    """The keyword of the attribute that a column or a constant of a container is; empty if it is none."""
    if place not in (f"/{schema.INDEX}", f"/{schema.CONSTANTS}"):
        return ""
    try:
        return keyword_of(tag_of(name))
    except KeyError:
        return ""


def _texts(value: Any) -> Iterator[str | bytes]:
    """The texts of a value of whatever type; of whole numbers of one or two bytes their bytes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.rstrip(b"\0").decode("utf-8", "replace")
    elif isinstance(value, np.void) and value.dtype.names is None:
        yield value.tobytes()
    elif isinstance(value, np.ndarray | np.generic):
        yield from _texts_of_array(np.asarray(value))


def _texts_of_array(array: np.ndarray[Any, Any]) -> Iterator[str | bytes]:
    if array.dtype.names:
        for name in array.dtype.names:
            yield from _texts_of_array(array[name])
    elif array.dtype.kind == "S":
        yield from (one.decode("utf-8", "replace") for one in dict.fromkeys(array.ravel().tolist()))
    elif array.dtype.kind == "O":
        for one in array.ravel().tolist():
            yield from _texts(one)
    elif array.dtype.kind == "V" or (array.dtype.kind in "iu" and array.dtype.itemsize <= 2):
        yield array.tobytes()


def _held(file: h5py.File) -> Iterator[tuple[int, int]]:
    """Where the bytes of datasets stand in the file, all of them: those are searched through the datasets."""
    found: list[h5py.Dataset] = []
    file.visititems(lambda _, one: found.append(one) if isinstance(one, h5py.Dataset) else None)
    for dataset in found:
        if dataset.chunks is None:
            offset = dataset.id.get_offset()
            if offset is not None and dataset.dtype.kind != "O":
                yield offset, offset + dataset.id.get_storage_size()
            continue
        for number in range(dataset.id.get_num_chunks()):
            chunk = dataset.id.get_chunk_info(number)
            yield chunk.byte_offset, chunk.byte_offset + chunk.size


def _rest(held: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """What lies between the stretches that are held."""
    at = 0
    for start, stop in held:
        if start > at:
            yield at, start
        at = max(at, stop)
    if at < size:
        yield at, size
