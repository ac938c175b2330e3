"""One DICOM instance of an output: what is found in it, and what tells which original it came from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from dicomconv.declared import as_declared
from dicomconv.deid.profile import Profile, iod_of
from dicomconv.header import Header
from dicomconv.part10 import Parts
from dicomconv.pipeline.audit.file_level import around, burned_in, marks, meta_elements
from dicomconv.pipeline.audit.remaining import Checker, Remaining, whole_header
from dicomconv.pipeline.audit.suspects import Suspects, reason_not_counted
from dicomconv.pipeline.audit.values import Reader, Value
from dicomconv.source import Original
from dicomconv.standard import keyword_of

LARGEST_SEARCHED = 1 << 28
REMEMBERED = 1 << 15

Order = tuple[str, float | None, float | None, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """An instance that was found in OUT: in which file (by number), at which place of a container (-1: a file itself).

    `order`: modality, Series Number, Instance Number, position.
    """

    file: int
    index: int
    sop_instance_uid: str = field(repr=False)
    order: Order = field(repr=False)
    remaining: tuple[Remaining, ...] = ()


def order_of(header: Header) -> Order:
    """What places an instance in its study when its UIDs do not."""
    numbers = header.number("SeriesNumber"), header.number("InstanceNumber")
    return header.text("Modality"), *numbers, header.numbers("ImagePositionPatient")


@dataclass(slots=True)
class Examiner:
    """Looks into instances, one after the other; remembers what was found in elements that are the same in many."""

    profile: Profile
    suspects: Suspects = field(repr=False)
    pixels: bool = True
    _checker: Checker = field(init=False, repr=False)
    _memo: dict[tuple[object, ...], frozenset[tuple[str, str]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._checker = Checker(self.profile, self.suspects.is_original)

    def examine(self, parts: Parts) -> tuple[Header, list[Remaining]]:
        """Everything found in an instance. Malformed, Truncated, EOFError or OSError if it cannot be read."""
        before = around(parts), self._in_meta(parts)
        parts = as_declared(parts)
        header = whole_header(parts)
        found = chain(
            *before,
            self._in_values(header, parts),
            self._between(header, parts),
            self._checker.remaining(Original(0, None, parts)),  # type: ignore[arg-type]  # a path is not asked for
            marks(header, self.profile),
            burned_in(parts, header),
            self._in_pixels(parts) if self.pixels and self.suspects.is_known else (),
        )
        return header, list(dict.fromkeys(found))

    def _in_meta(self, parts: Parts) -> Iterator[Remaining]:
        """Hits in the preamble and in each element of File Meta Information."""
        yield from (Remaining("preamble", kind) for kind in self.suspects.in_binary(parts.head[:128]))
        for element in meta_elements(parts):
            value = parts.head[element.value : element.end]
            for kind in self.suspects.in_data(value) | self.suspects.in_text(value.decode("latin-1").strip(" \0")):
                yield Remaining(keyword_of(element.tag), kind)

    def _in_values(self, header: Header, parts: Parts) -> Iterator[Remaining]:
        reader = Reader(self.profile, iod_of(header.text("SOPClassUID") or parts.meta.sop_class_uid))
        for value in reader.values(header) if self.suspects.is_known else ():
            for kind, reason in self._hits(value):
                yield Remaining(value.path, kind, reason)

    def _hits(self, value: Value) -> frozenset[tuple[str, str]]:
        raw = value.raw
        key = value.path, value.vr, value.rule, raw, value.header.raw("SpecificCharacterSet")
        known = self._memo.get(key)
        if known is None:
            known = frozenset(self._searched(value, raw))
            if len(raw) < 1 << 12:
                if len(self._memo) >= REMEMBERED:
                    self._memo.clear()
                self._memo[key] = known
        return known

    def _searched(self, value: Value, raw: bytes) -> Iterator[tuple[str, str]]:
        if value.is_text:
            text = value.header.decode(value.element)
            kinds = {kind for part in text.split("\\") for kind in self.suspects.in_text(part)}
            kinds |= self.suspects.in_data(raw)
        else:
            text, kinds = "", self.suspects.in_binary(raw)
        place = value.vr, value.rule.code
        for kind in sorted(kinds):
            yield kind, reason_not_counted(kind, text, place, self.suspects, self.profile)

    def _between(self, header: Header, parts: Parts) -> Iterator[Remaining]:
        """Hits in what is no value of an element: behind the data set, between items, in what could not be read."""
        if not self.suspects.is_known:
            return
        rest = bytearray(header.buffer[parts.dataset_start :])
        for value in Reader(self.profile, "").values(header):
            start, end = (place - parts.dataset_start for place in (value.element.value, value.element.end))
            rest[max(0, start) : max(0, end)] = bytes(max(0, end) - max(0, start))
        for kind in self.suspects.in_binary(bytes(rest)):
            yield Remaining("between the elements", kind)

    def _in_pixels(self, parts: Parts) -> Iterator[Remaining]:
        """Texts among the bytes of the pixel value, compressed or not."""
        if parts.pixel_element is not None and parts.pixels.length <= LARGEST_SEARCHED:
            kinds: set[str] = set()
            for chunk in parts.pixels.chunks():
                kinds |= self.suspects.in_pixels(chunk)
            yield from (Remaining(keyword_of(parts.pixel_element.tag), kind) for kind in sorted(kinds))
