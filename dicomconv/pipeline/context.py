"""What identifies a patient, collected from the headers of all files of that patient in a run (decisions: context).

A job reads it itself, before the first file of the patient is changed; it never travels between processes.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from dicomconv.declared import as_declared
from dicomconv.deid.deidentify import Patient
from dicomconv.deid.profile import Profile
from dicomconv.deid.text.collect import Collector, Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.search import ResidualSearch
from dicomconv.errors import DicomconvError
from dicomconv.header import Header
from dicomconv.part10 import Parts, read_leading, split_headers
from dicomconv.stored import Stored, Where, place_of
from dicomconv.workers import heartbeat

LAST_BEFORE_PIXELS, LAST_OF_PATIENT = 0x7FDFFFFF, 0x0010FFFF
MOST_KEPT, AN_ELEMENT = 1 << 25, 1 << 8  # bytes of headers that are kept; how many an element takes to know where it lies
Headers = dict[str | Where, Parts]


class Context(NamedTuple):
    """One patient: what takes the identity out of a text, and what finds it where it should not be.

    `headers`: of some of the files, so that they need not be scanned again.
    """

    scrubber: Scrubber
    search: ResidualSearch
    headers: Headers


@lru_cache(maxsize=2)
def context_of(paths: tuple[str | Stored, ...], profile: Profile, patient: Patient) -> Context:
    """The context of the patient whose files these are; remembered, as the series of a patient follow one another."""
    headers: Headers = {}
    identifiers = collected(paths, profile, headers)
    return Context(Scrubber(identifiers), ResidualSearch(identifiers), headers)


def collected(paths: Iterable[str | Where], profile: Profile, headers: Headers | None = None) -> Identifiers:
    """What the headers of these files identify their patient by; a file that cannot be read tells nothing here.

    `headers`: takes as many of them as there is room for.
    """
    collector, before, room = Collector(profile), None, MOST_KEPT
    for number, path in enumerate(paths, 1):
        heartbeat.at(-number)
        before = _collect(collector, place_of(path), before)
        if headers is not None and before and (size := _size_of(before)) <= room:
            headers[path] = before
            room -= size
    heartbeat.at(0)
    return collector.identifiers()


def _size_of(parts: Parts) -> int:
    """How many bytes the headers of a file take about; more than is kept where its pixels are in memory too."""
    if isinstance(parts.pixels.source, bytes):
        return MOST_KEPT + 1
    return len(parts.head) + len(parts.tail) + AN_ELEMENT * len(parts.elements)


def _collect(collector: Collector, path: Where, before: Parts | None) -> Parts | None:
    """Take in one file, what is the same in the file before left out; what the next may be read beside."""
    try:
        parts = as_declared(split_headers(path, before))
    except (DicomconvError, OSError, EOFError):
        for header in _leading(path):
            collector.add(header)
        return None
    collector.add(parts.header(), parts.likeness)
    if parts.tail_elements:
        collector.add(Header(parts.tail, list(parts.tail_elements), parts.encoding))
    return parts


def _leading(path: Where) -> Iterator[Header]:
    """As much of a damaged file as can be read: it may be the one that names the patient."""
    for last_tag in (LAST_BEFORE_PIXELS, LAST_OF_PATIENT):
        try:
            yield read_leading(path, last_tag).header
        except (DicomconvError, OSError, EOFError):
            continue
        return
