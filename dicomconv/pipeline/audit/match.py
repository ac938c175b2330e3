"""Which instance of an output came from which original: by its UID, else by its pixels, else by its numbers and place."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dicomconv.declared import as_declared
from dicomconv.errors import Undecodable
from dicomconv.part10 import Parts
from dicomconv.pipeline.audit.examine import UNREADABLE
from dicomconv.pipeline.audit.instance import LARGEST_SEARCHED, Order, Seen, order_of
from dicomconv.pipeline.audit.remaining import whole_header
from dicomconv.pipeline.audit.unpacked import parts_at
from dicomconv.pipeline.instances import quiet
from dicomconv.pixels.decode import frames
from dicomconv.pixels.read_format import pixel_format
from dicomconv.source import SourceFile
from dicomconv.standard import keyword_of
from dicomconv.stored import Where

BY_UID, BY_KEY, BY_VALUE, BY_FRAMES, BY_ORDER = (
    "the same UID", "the UID that the key gives", "the same pixel value", "the same pixels, encoded otherwise",
    "the same Series and Instance Number and position",
)  # fmt: skip


class Place(NamedTuple):
    """Where an instance is: a file, and its place in it if that is a container (else -1)."""

    path: Where
    instance_index: int


class Print(NamedTuple):
    """What an instance is recognised by if not by its UID; empty where there is none."""

    value: str = ""
    frames: str = ""
    order: Order | None = None


class Pair(NamedTuple):
    """An original and an instance of the output by their numbers, and how they were found to belong together."""

    original: int
    seen: int
    way: str


@dataclass(slots=True)
class Matching:
    """Pairs originals with instances of an output."""

    originals: Sequence[SourceFile] = field(repr=False)
    seen: Sequence[Seen] = field(repr=False)
    pairs: list[Pair] = field(default_factory=list)

    def by_uid(self, new_uid: Callable[[str], str] | None, *, shared: bool = False) -> None:
        """By SOP Instance UID: as it was, or as the key makes it; those that several originals share only if asked."""
        places: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.seen):
            places[one.sop_instance_uid].append(number)
        owners = Counter(original.sop_instance_uid for original in self.originals)
        for number in self.rest()[0]:
            uid = self.originals[number].sop_instance_uid
            if owners[uid] > 1 and not shared:
                continue
            self.pairs += (Pair(number, seen, BY_UID) for seen in places.get(uid, ()))
            if new_uid and new_uid(uid) != uid:
                self.pairs += (Pair(number, seen, BY_KEY) for seen in places.get(new_uid(uid), ()))

    def rest(self) -> tuple[list[int], list[int]]:
        """The originals and the instances that have no pair so far."""
        originals = {pair.original for pair in self.pairs}
        seen = {pair.seen for pair in self.pairs}
        return (
            [number for number in range(len(self.originals)) if number not in originals],
            [number for number in range(len(self.seen)) if number not in seen],
        )

    def by_print(self, of_originals: dict[int, Print], of_seen: dict[int, Print]) -> None:
        """By what both show; a mark that several originals share tells nothing."""
        for way, mark in ((BY_VALUE, _value), (BY_FRAMES, _frames), (BY_ORDER, _order)):
            originals, seen = self.rest()
            owners = _grouped(originals, of_originals, mark)
            for key, numbers in _grouped(seen, of_seen, mark).items():
                if len(owners.get(key, ())) == 1:
                    self.pairs += (Pair(owners[key][0], number, way) for number in numbers)

    def ways(self) -> dict[str, int]:
        """How many originals were found by which way."""
        return dict(Counter({pair.original: pair.way for pair in self.pairs}.values()))


def _grouped(
    numbers: Iterable[int], prints: dict[int, Print], mark: Callable[[Print], object]
) -> dict[object, list[int]]:
    groups: dict[object, list[int]] = defaultdict(list)
    for number in numbers:
        if key := mark(prints.get(number, Print())):
            groups[key].append(number)
    return groups


def _value(one: Print) -> object:
    return one.value and (one.value, one.order)


def _frames(one: Print) -> object:
    return one.frames and (one.frames, one.order)


def _order(one: Print) -> object:
    """Both numbers, at least: a position alone is shared by the series of a study."""
    return one.order if one.order and None not in one.order[1:3] else None


def prints_of(batch: tuple[tuple[int, Place], ...]) -> list[tuple[int, Print]]:
    """What each of these instances is recognised by; those that cannot be read are left out."""
    found = []
    with quiet():
        for number, place in batch:
            try:
                found.append((number, _print(as_declared(parts_at(*place)))))
            except UNREADABLE:
                continue
    return found


def _print(parts: Parts) -> Print:
    header = whole_header(parts)
    order = order_of(header)
    if parts.pixel_element is None or not parts.pixels.length:
        return Print(order=order)
    digest = hashlib.sha256()
    for chunk in parts.pixels.chunks():
        digest.update(chunk)
    return Print(digest.hexdigest(), _digest_of_frames(parts), order)


def _digest_of_frames(parts: Parts) -> str:
    """The digest of the decoded frames, whatever they are encoded in; empty if they cannot be decoded."""
    if parts.pixel_element is None or parts.pixels.length > LARGEST_SEARCHED:
        return ""
    digest = hashlib.sha256()
    try:
        format = pixel_format(parts.header(), parts.transfer_syntax_uid, keyword_of(parts.pixel_element.tag))
        for frame in frames(format, parts.pixels):
            digest.update(frame.astype(frame.dtype.newbyteorder("<")).tobytes())
    except (Undecodable, *UNREADABLE):
        return ""
    return digest.hexdigest()
