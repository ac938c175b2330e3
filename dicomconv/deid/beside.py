"""What becomes of a data set beside the one before: the slices of a series differ in a few elements."""

from dataclasses import dataclass, field
from typing import NamedTuple

from dicomconv.alike import Scanned
from dicomconv.deid.made import Made, Scope
from dicomconv.deid.make import Maker
from dicomconv.elements import Element
from dicomconv.header import Header
from dicomconv.part10 import Parts


class _Before(NamedTuple):
    """The data set before, and what became of its elements by tag."""

    scanned: Scanned
    scope: Scope
    made: dict[int, Made]


@dataclass(slots=True)
class Besides:
    """Makes the top levels of one patient's data sets, each beside the one before.

    What became of an element depends on its bytes and its scope, and, where it is special, on other elements; so what
    became of the same bytes in the same scope holds again.
    """

    maker: Maker
    _before: _Before | None = field(default=None, init=False, repr=False)

    def __call__(self, parts: Parts, header: Header, scope: Scope) -> dict[int, Made]:
        """What becomes of the elements before the pixel data, by tag, in their order."""
        pixel = parts.pixel_element
        elements = list(parts.elements[:-1] if pixel else parts.elements)
        scope = self.maker.scope_of(header, scope)
        made = self._beside(parts, elements, header, scope)
        if made is None:
            made = self.maker.dataset(parts.head, elements, scope)
        self._before = _Before(parts.scanned, scope, made) if parts.scanned else None
        return made

    def _beside(self, parts: Parts, elements: list[Element], header: Header, scope: Scope) -> dict[int, Made] | None:
        """The same, what is known taken over; None if nothing is known."""
        before, likeness, maker = self._before, parts.likeness, self.maker
        if before is None or likeness is None or likeness.to is not before.scanned or scope != before.scope:
            return None
        fresh, special = likeness.fresh, dict[int, Made]()
        if any(map(maker.is_special, fresh)) or any(map(maker.is_special, likeness.gone)):
            fresh |= {element.tag for element in elements if maker.is_special(element.tag)}
            special = maker.special(parts.head, elements, scope)
        todo = [element for tag in fresh if (element := header.element(tag))]
        made = before.made | maker.some(parts.head, todo, special, scope)
        if len(made) == len(elements) == len(before.made):
            return made
        return {element.tag: made[element.tag] for element in elements}
