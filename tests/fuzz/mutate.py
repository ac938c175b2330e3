"""Mutations: a function of (bytes, seed, mutation), so that a file's name, a seed and a word bring a finding back."""

import random
import struct
from collections.abc import Callable

EDGES = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFE, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
VRS = b"AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV ZZ".split()
TAGS = tuple(struct.pack("<HH", group, number) for group, number in (
    (2, 0), (2, 0x10), (8, 5), (8, 0x16), (8, 0x18), (0x10, 0x10), (0x28, 2), (0x28, 8), (0x28, 0x10), (0x28, 0x11),
    (0x28, 0x100), (0x28, 0x3002), (0x29, 0x10), (0x5200, 0x9230), (0x7FE0, 8), (0x7FE0, 0x10), (0xFFFE, 0xE000),
    (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD), (0xFFFC, 0xFFFC),
))  # fmt: skip
TEXTS = (b"\\", b"\0", b" ", b"^=^=", b"\x1b$B", b"\x1b(I\xb1", b"\xff\xfe", b"9" * 70, b"1e999", b"nan", b"-0", b"19991399")
TEXT_VRS = b"AE AS CS DA DS DT IS LO LT PN SH ST TM UI".split()


def _place(data: bytearray, chance: random.Random) -> int:
    """Somewhere in the file; half of the time where its header is."""
    return chance.randrange(min(len(data), 4096) if chance.random() < 0.5 else len(data))


def bits(data: bytearray, chance: random.Random) -> None:
    """Flipped bits."""
    for _ in range(chance.choice((1, 1, 2, 8))):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def octets(data: bytearray, chance: random.Random) -> None:
    """Other bytes."""
    for _ in range(chance.choice((1, 2, 4, 16))):
        data[_place(data, chance)] = chance.choice((chance.randrange(256), 0, 0xFF, 0x5C, 0x1B))


def number(data: bytearray, chance: random.Random) -> None:
    """A number of two or four bytes at its edges: lengths, rows, counts."""
    size, order = chance.choice((2, 4)), chance.choice(("little", "little", "big"))
    at, value = _place(data, chance) & ~1, chance.choice(EDGES) + chance.choice((0, 0, 1, -1))
    data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, order)  # type: ignore[arg-type]


def cut(data: bytearray, chance: random.Random) -> None:
    """The file cut short."""
    del data[_place(data, chance) :]


def removed(data: bytearray, chance: random.Random) -> None:
    """A piece taken out."""
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 8, 64, 1024))]


def inserted(data: bytearray, chance: random.Random) -> None:
    """Bytes put in."""
    at = _place(data, chance)
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8, 64)))


def doubled(data: bytearray, chance: random.Random) -> None:
    """A piece there twice, or somewhere else again."""
    at, size = _place(data, chance), chance.choice((2, 8, 16, 100, 1000))
    to = chance.choice((at, _place(data, chance)))
    data[to:to] = data[at : at + size]


def tag(data: bytearray, chance: random.Random) -> None:
    """Another tag where an element begins."""
    found = [at for at in range(min(len(data) - 8, 1 << 14)) if bytes(data[at + 4 : at + 6]) in VRS]
    at = chance.choice(found or [_place(data, chance)])
    data[at : at + 4] = chance.choice(TAGS)


def vr(data: bytearray, chance: random.Random) -> None:
    """Another VR."""
    found = [at for at in range(4, min(len(data) - 8, 1 << 14)) if bytes(data[at : at + 2]) in VRS]
    at = chance.choice(found or [_place(data, chance)])
    data[at : at + 2] = chance.choice(VRS)


def text(data: bytearray, chance: random.Random) -> None:
    """What no text should hold, within a text, its length as it was."""
    found = [at for at in range(4, min(len(data) - 8, 1 << 14)) if bytes(data[at : at + 2]) in TEXT_VRS]
    at = chance.choice(found or [_place(data, chance)])
    length = int.from_bytes(data[at + 2 : at + 4], "little")
    put = chance.choice(TEXTS)[:length]
    start = at + 4 + chance.randrange(max(1, length - len(put) + 1))
    data[start : start + len(put)] = put


def nested(data: bytearray, chance: random.Random) -> None:
    """Sequences in sequences, deep."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    opened = struct.pack("<HH2sHI", 8, 0x1115, b"SQ", 0, 0xFFFFFFFF) + item
    at = min(len(data), 132 + chance.randrange(2000))
    data[at:at] = opened * chance.choice((2, 60, 1200, 5000))


def several(data: bytearray, chance: random.Random) -> None:
    """Several of the others."""
    for _ in range(chance.randrange(2, 6)):
        if len(data) > 16:
            chance.choice((bits, octets, number, removed, inserted, doubled, tag, vr, text))(data, chance)


MUTATIONS: dict[str, Callable[[bytearray, random.Random], None]] = {
    one.__name__: one
    for one in (bits, octets, number, cut, removed, inserted, doubled, tag, vr, text, nested, several)
}


def mutated(data: bytes, seed: int, mutation: str) -> bytes:
    """The bytes with one mutation."""
    changed = bytearray(data)
    MUTATIONS[mutation](changed, random.Random(f"{mutation} {seed}"))
    return bytes(changed)
