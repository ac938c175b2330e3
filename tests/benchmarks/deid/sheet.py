"""The sheet on which a file's plants are put, and where what was put is written down."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from tests.benchmarks.deid import paths
from tests.benchmarks.deid.persona import Persona
from tests.benchmarks.deid.records import Fate, Planted
from tests.benchmarks.deid.tables import attributes


@dataclass(frozen=True, slots=True)
class Text:
    """A value with what of it names somebody and what of it is of use."""

    value: str
    secrets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A data set, at the top or in an item, that plants can be put into."""

    carrier: str
    dataset: Dataset
    prefix: str = ""


@dataclass(slots=True)
class Sheet:
    """One file while it is being planted."""

    dataset: Dataset
    persona: Persona
    random: Random
    uids: dict[str, str] = field(repr=False)
    strangers: Iterator[str] = field(repr=False)
    found: dict[str, Planted] = field(default_factory=dict, repr=False)

    def top(self, carrier: str) -> Place:
        """The data set itself."""
        return Place(carrier, self.dataset)

    def item(self, place: Place, keyword: str) -> Place:
        """An item of a sequence: the first that is there, or a new one."""
        tag = Tag(keyword)
        there = place.dataset.get(tag)
        if there is None or there.VR != "SQ" or not len(there.value):
            place.dataset[tag] = DataElement(tag, "SQ", Sequence([Dataset()]))
        prefix = place.prefix + paths.step(int(tag)) + paths.item(0)
        return Place(place.carrier, place.dataset[tag].value[0], prefix)

    def put(self, place: Place, keyword: str, text: Text, fate: Fate | None = None) -> None:
        """Put a text into an attribute; without a fate, the table says what is to become of it."""
        attribute = attributes().get(keyword)
        tag = Tag(attribute.tag) if attribute else Tag(tag_for_keyword(keyword) or 0)
        vr = attribute.vr if attribute else dictionary_VR(tag).split(" ")[0]
        self.set(place, DataElement(tag, vr, text.value, already_converted=vr != "PN"))
        self.note(place, paths.step(int(tag)), text, (keyword, vr, fate or (Fate.LISTED if attribute else Fate.TEXT)))

    def set(self, place: Place, element: DataElement) -> None:
        """Put an element into a data set, whatever stood there."""
        place.dataset[element.tag] = element

    def put_unknown(self, place: Place, tag: BaseTag, vr: str, content: str) -> None:
        """Put something where no table knows an attribute: nothing of it may be left."""
        value = content.encode("utf-8") if vr in ("UN", "OB", "OW") else content
        self.set(place, DataElement(tag, vr, padded(value)))
        step = paths.step_of(place.dataset, tag)
        self.note(place, step, Text(content, (content,)), (f"({tag.group:04X},{tag.element:04X})", vr, Fate.GONE))

    def note(self, place: Place, step: str, text: Text, what: tuple[str, str, Fate]) -> None:
        """Write down what stands where."""
        keyword, vr, fate = what
        path = place.prefix + step if step else ""
        one = Planted(place.carrier, path, keyword, vr, text.value, fate, text.secrets, text.words)
        self.found[path or f"{place.carrier}#{len(self.found)}"] = one

    def hide(self, carrier: str, text: str) -> str:
        """Note a text that stands outside all elements, and that may be nowhere in the output."""
        self.found[f"{carrier}#{len(self.found)}"] = Planted(carrier, "", carrier, "", text, Fate.GONE, (text,))
        return text

    def stranger(self) -> str:
        """A surname that stands nowhere else in the corpus."""
        return next(self.strangers)

    def day(self) -> date:
        """A date of this patient, within two years of the first study."""
        return self.persona.first_study + timedelta(days=self.random.randrange(0, 700))

    def uid(self, original: str) -> str:
        """The UID that stands for an original one in this corpus."""
        made = f"1.2.276.0.7230010.3.1.{len(self.uids) + 1}.{self.random.randrange(10**11, 10**12)}"
        return self.uids.setdefault(original, made)


def padded(value: str | bytes) -> str | bytes:
    """Bytes of even length."""
    return value + b" " if isinstance(value, bytes) and len(value) % 2 else value
