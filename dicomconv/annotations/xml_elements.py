"""XML element by element, with line numbers, and without entities, document types and depth."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from dicomconv.annotations.checked import Unreadable

DEEPEST = 16
PIECE = 1 << 16  # bytes


@dataclass(slots=True)
class Element:
    """An element with what is in it. `line`: where in the file it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """The first child of a name."""
        return next((one for one in self.children if one.name == name), None)

    def text_of(self, name: str) -> str:
        """The text of the first child of a name, empty if there is none."""
        found = self.child(name)
        return found.text.strip() if found else ""


def elements(path: Path, names: tuple[str, ...]) -> Iterator[Element]:
    """The outermost elements of these names in the order of the file; nothing else is kept.

    Unreadable for what is not XML, and for a document type declaration: nobody needs one here, and entities are in them.
    """
    tree = _Tree(names)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                tree.feed(piece, is_last=False)
                yield from tree.taken()
            tree.feed(b"", is_last=True)
            yield from tree.taken()
    except OSError as error:
        raise Unreadable(f"cannot be read ({type(error).__name__})") from None


class _Tree:
    """What expat says, as elements."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names, self._depth, self._done = names, 0, list[Element]()
        self._open = list[Element]()
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise Unreadable("this is not XML from here on; was the file cut short?", f"line {error.lineno}") from None
        except (ValueError, LookupError):  # an encoding that is none, or of several bytes
            raise Unreadable("this is not XML in an encoding that is read") from None

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable("elements are nested too deep", f"line {self._parser.CurrentLineNumber}")
        if self._open or name in self._names:
            element = Element(name, attributes, self._parser.CurrentLineNumber)
            if self._open:
                self._open[-1].children.append(element)
            self._open.append(element)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._done.append(element)

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _doctype(self, *_: Any) -> None:
        raise Unreadable("document types and entities are not read", f"line {self._parser.CurrentLineNumber}")
