"""Values in the basic encoding rules of ASN.1, as cryptographic messages are written in (X.690)."""

from typing import NamedTuple

from dicomconv.errors import Malformed

INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
CONSTRUCTED, CONTEXT = 0x20, 0x80
INDEFINITE = 0x80
DEEPEST = 24


class Value(NamedTuple):
    """One value: its identifier octet, where its contents are, and where the next value begins."""

    buffer: bytes
    tag: int
    start: int
    inside: int
    outside: int
    end: int

    @property
    def content(self) -> bytes:
        """The contents octets."""
        return self.buffer[self.inside : self.outside]

    @property
    def encoded(self) -> bytes:
        """The whole value, identifier and length included."""
        return self.buffer[self.start : self.end]


def read(buffer: bytes, start: int, stop: int, depth: int = 0) -> Value:
    """The value that begins at `start`, in either length form. Malformed if there is none."""
    if depth > DEEPEST or start + 2 > stop or buffer[start] & 0x1F == 0x1F:
        raise _malformed(start)
    length, inside = buffer[start + 1], start + 2
    if length == INDEFINITE:
        outside = _end_of_contents(buffer, start, stop, depth)
        return Value(buffer, buffer[start], start, inside, outside, outside + 2)
    if length > INDEFINITE:
        octets = length - INDEFINITE
        length, inside = int.from_bytes(buffer[inside : inside + octets], "big"), inside + octets
    if inside + length > stop:
        raise _malformed(start)
    return Value(buffer, buffer[start], start, inside, inside + length, inside + length)


def _end_of_contents(buffer: bytes, start: int, stop: int, depth: int) -> int:
    """Where the two zero octets stand that end contents of indefinite length (X.690 8.1.5)."""
    if not buffer[start] & CONSTRUCTED:
        raise _malformed(start)
    position = start + 2
    while buffer[position : position + 2] != b"\0\0":
        position = read(buffer, position, stop, depth + 1).end
    return position


def values(outer: Value) -> list[Value]:
    """The values inside a constructed one."""
    found, position = [], outer.inside
    while position < outer.outside:
        found.append(read(outer.buffer, position, outer.outside))
        position = found[-1].end
    return found


def octets(value: Value) -> bytes:
    """The octets of an octet string, whole or in pieces (X.690 8.7)."""
    if not value.tag & CONSTRUCTED:
        return value.content
    pieces = values(value)
    if any(piece.tag != OCTET_STRING for piece in pieces):
        raise _malformed(value.start)
    return b"".join(piece.content for piece in pieces)


def object_identifier(value: Value) -> str:
    """An object identifier as numbers with dots (X.690 8.19)."""
    if value.tag != OBJECT_IDENTIFIER or not value.content:
        raise _malformed(value.start)
    numbers, number = [], 0
    for octet in value.content:
        number = number << 7 | octet & 0x7F
        if octet < 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]])) if numbers else ""


def _malformed(position: int) -> Malformed:
    return Malformed("the encrypted content is no cryptographic message", f"its byte {position}")
