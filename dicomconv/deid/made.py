"""Records of the work on elements: where one stands, and what became of it."""

from typing import NamedTuple

from dicomconv.deid.structured import Removal
from dicomconv.elements import Encoding
from dicomconv.model import Change


class Scope(NamedTuple):
    """Where an element stands: the same bytes may be treated differently elsewhere.

    `codes`: the codes of a content item's values, by its concept (PS3.15 E.3.4); `creator`: of a private element;
    `claims`: what the instance says of its private blocks, encoded (PS3.3 C.12.1); `removal`: of content items.
    """

    iod: str
    path: str
    charset: bytes
    encoding: Encoding
    codes: tuple[tuple[int, str], ...] = ()
    creator: str = ""
    claims: bytes = b""
    removal: Removal = "drop"

    def inside(self, keyword: str, encoding: Encoding) -> "Scope":
        """The scope of the items of a sequence."""
        path = f"{self.path}.{keyword}" if self.path else keyword
        return Scope(self.iod, path, self.charset, encoding, claims=self.claims, removal=self.removal)


class Made(NamedTuple):
    """What became of an element: its new bytes (none: removed) and what was done, by path from here."""

    content: bytes
    changes: tuple[Change, ...] = ()
