"""The residual search before anything gets its name: nothing in what goes out may identify the patient (PS3.15 E.1.1).

Here: every byte of a file but its pixel value; of a series, what stands beside its frames and headers. What it leaves to
`audit` is the pixels. Dates where dates stand are what the run itself wrote: a shifted date may equal another original
one, so they are no hits. Neither are the figures of binary attributes, which are anything by chance.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py

from dicomconv.container.digest import BULK
from dicomconv.container.rebuild import encoding_of
from dicomconv.container.schema import ANNOTATIONS
from dicomconv.deid.terms import is_term
from dicomconv.deid.text.search import Hit, ResidualSearch
from dicomconv.deid.values import STRING_VRS
from dicomconv.elements import Element, Encoding, inner_encoding, items, scan, scan_items, vr_in_use
from dicomconv.errors import Malformed
from dicomconv.model import Deidentified
from dicomconv.standard import keyword_of

DATE_VRS = frozenset({"DA", "DT", "TM"})
BINARY_NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
SHORTEST_IN_NUMBERS = 6  # bytes: shorter spellings stand in binary numbers by chance
PNG_SIGNATURE, PIXELS_OF_PNG = 8, b"IDAT"


def leaks_of_instance(one: Deidentified, search: ResidualSearch) -> list[str]:
    """Where in a de-identified file something identifies the patient: keywords, parted by dots; none if all is well."""
    in_head, in_tail = search.in_bytes(one.head), search.in_bytes(one.tail)
    if not in_head and not in_tail:
        return []
    encoding = encoding_of(one.transfer_syntax_uid)
    places = [
        *_places(in_head, one.head, one.dataset_start, encoding, search),
        *_places(in_tail, one.tail, 0, encoding, search),
    ]
    return sorted(set(places))


def _places(hits: list[Hit], buffer: bytes, start: int, encoding: Encoding, search: ResidualSearch) -> Iterator[str]:
    if not hits:
        return
    elements = scan(buffer, start, len(buffer), encoding).elements
    found = {hit: (path, vr, value) for hit, path, vr, value in _located(hits, buffer, elements, encoding, 0)}
    for hit in hits:
        path, vr, value = found.get(hit, ("", "", b""))
        if _counts(hit, vr, value, search) and not is_term(path.rpartition(".")[2], value):
            yield path or "File Meta Information or padding"


def _counts(hit: Hit, vr: str, value: bytes, search: ResidualSearch) -> bool:
    """Whether a hit in a value says something: it stands in one of several values, and is no figure by chance."""
    if vr in DATE_VRS or (hit.kind in ("date", "number") and vr in BINARY_NUMBERS):
        return False
    if vr in BINARY_NUMBERS:
        return hit.length >= SHORTEST_IN_NUMBERS
    if vr not in STRING_VRS or not value.isascii() or b"\x1b" in value:
        return True
    parts = value.split(b"\\")
    if vr in ("DS", "IS"):
        parts = [part.partition(b".")[0] for part in parts]
    return any(search.in_bytes(part) for part in parts)


def _located(
    hits: list[Hit], buffer: bytes, elements: Iterable[Element], encoding: Encoding, depth: int
) -> Iterator[tuple[Hit, str, str, bytes]]:
    """Each hit with path, VR and value of the element that it lies in; every sequence is gone through once."""
    offsets = [hit.offset for hit in hits]
    for element in elements:
        within = hits[bisect_left(offsets, element.start) : bisect_left(offsets, max(element.end, element.value))]
        if within:
            yield from _located_in(within, buffer, element, encoding, depth)


def _located_in(
    hits: list[Hit], buffer: bytes, element: Element, encoding: Encoding, depth: int
) -> Iterator[tuple[Hit, str, str, bytes]]:
    keyword, vr, found = keyword_of(element.tag), vr_in_use(element), set[Hit]()
    try:
        inside = [] if vr != "SQ" and not element.undefined else items(buffer, element, encoding, depth)
        inner, offsets = inner_encoding(element, encoding), [hit.offset for hit in hits]
        for _, first, last in inside:
            within = hits[bisect_left(offsets, first) : bisect_left(offsets, last)]
            below = scan_items(buffer, first, last, inner, depth + 1) if within else []
            for hit, path, vr_below, value in _located(within, buffer, below, inner, depth + 1):
                found.add(hit)
                yield hit, f"{keyword}.{path}", vr_below, value
    except Malformed:
        pass
    value = buffer[element.value : element.end] if len(found) < len(hits) else b""
    yield from ((hit, keyword, vr, value) for hit in hits if hit not in found)


def leaks_of_container(path: Path, search: ResidualSearch) -> list[str]:
    """The HDF5 objects in a container, frames and headers aside, whose values identify the patient, by their names.

    The names themselves are those of the format and keywords of the standard (docs/container.md), but for annotation sets.
    """
    found: set[str] = set()
    with h5py.File(path, "r") as file:

        def visit(name: str, one: Any) -> None:
            texts = [_text(value) for value in one.attrs.values()] + [name] * name.startswith(f"{ANNOTATIONS}/")
            if isinstance(one, h5py.Dataset) and not BULK.fullmatch(f"/{name}") and one.dtype.kind in "SOU":
                texts.append("\n".join(map(_text, one[()].reshape(-1).tolist())))
            if any(is_leak(text, search) for text in texts):
                found.add(name or "/")

        visit("", file)
        file.visititems(visit)
    return sorted(found)


def is_leak(text: str, search: ResidualSearch) -> bool:
    """Whether a text beside the headers identifies the patient; dates in it come from headers that were searched."""
    return any(hit.kind != "date" for hit in search.in_bytes(text.encode("utf-8", "surrogateescape")))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def leaks_of_pictures(folder: Path, search: ResidualSearch) -> list[str]:
    """The kinds of files in a folder of pictures whose name or content, pixels aside, identifies the patient."""
    found: set[str] = set()
    searched: dict[bytes, bool] = {}  # what stands beside pixels is the same in all pictures of a size
    for path in folder.rglob("*"):
        content = _beside_pixels(path) if path.suffix == ".png" else path.read_bytes() if path.is_file() else b""
        if content not in searched:
            searched[content] = bool(search.in_bytes(content))
        if searched[content] or is_leak(path.name, search):
            found.add(f"*{path.suffix}")
    return sorted(found)


def _beside_pixels(path: Path) -> bytes:
    """What stands in the chunks of a PNG file that hold no pixels."""
    kept = []
    with path.open("rb", buffering=0) as file:
        file.seek(PNG_SIGNATURE)
        while len(header := file.read(8)) == 8:
            length = int.from_bytes(header[:4])
            if header[4:] == PIXELS_OF_PNG:
                file.seek(length + 4, 1)
            else:
                kept.append(file.read(length + 4)[:length])
    return b"\n".join(kept)
