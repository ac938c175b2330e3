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


class Context(NamedTuple):
    """One patient: what takes the identity out of a text, and what finds it where it should not be."""

    scrubber: Scrubber
    search: ResidualSearch


@lru_cache(maxsize=2)
def context_of(paths: tuple[str | Stored, ...], profile: Profile, patient: Patient) -> Context:
    """The context of the patient whose files these are; remembered, as the series of a patient follow one another."""
    identifiers = collected(paths, profile)
    return Context(Scrubber(identifiers), ResidualSearch(identifiers))


def collected(paths: Iterable[str | Where], profile: Profile) -> Identifiers:
    """What the headers of these files identify their patient by; a file that cannot be read tells nothing here."""
    collector, before = Collector(profile), None
    for number, path in enumerate(paths, 1):
        heartbeat.at(-number)
        before = _collect(collector, place_of(path), before)
    heartbeat.at(0)
    return collector.identifiers()


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
