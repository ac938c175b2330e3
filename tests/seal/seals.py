"""Seals for tests: keys that are made once, originals, blocks, and what comes back out of them."""

from functools import cache
from pathlib import Path
from tempfile import gettempdir

from dicomconv.model import Span
from dicomconv.part10 import Parts, split
from dicomconv.seal.block import Header, read_header
from dicomconv.seal.keys import Identity, Recipient, generate, identity, recipient
from dicomconv.seal.opened import Seal, Unpacked, open_seal
from dicomconv.seal.recipe import rebuilt
from dicomconv.seal.records import OriginalFile, SealedInstance, SealedSeries
from dicomconv.seal.sealer import Sealer
from tests import make

UUID, ROOT = bytes(range(16)), bytes(range(100, 132))
SERIES = SealedSeries("", "ID-4711", -7, {"1.2.3": "2.25.4"}, ())


@cache
def pair(number: int, post_quantum: bool = False) -> tuple[Identity, Recipient]:
    """The private and the public key of somebody."""
    private, public = generate(post_quantum=post_quantum)
    return identity(private, b"", f"{number}.pem"), recipient(public, f"{number}.pub")


def bare(content: bytes) -> Parts:
    """Any bytes as an original: all of it head."""
    parts = split(make.ct_slice())
    empty = Span(b"", 0, 0)
    return Parts(
        content, empty, b"", 0, parts.encoding, parts.transfer_syntax_uid, False, (), (), 0, parts.meta
    )  # fmt: skip


def sealed(*contents: bytes, to: tuple[int, ...] = (1,), segment_length: int = 1 << 20) -> bytes:
    """The block of a seal with these originals in it."""
    recipients = [pair(number)[1] for number in to]
    sealer = Sealer(recipients, UUID, folder=Path(gettempdir()), segment_length=segment_length)
    for index, content in enumerate(contents):
        sealer.add(bare(content), Span(b"", 0, 0), index=index, files=(OriginalFile(f"{index}", index),))
    try:
        return b"".join(sealer.finish(ROOT, SERIES))
    finally:
        sealer.close()


def header_of(block: bytes) -> Header:
    """The header of a block."""
    return read_header(Span(block, 0, len(block)))


def opened(block: bytes, number: int = 1) -> Seal | None:
    """A block opened with somebody's key."""
    return open_seal(Span(block, 0, len(block)), pair(number)[0])


def contents(seal: Seal | None) -> list[bytes]:
    """The originals in a seal, all of them sealed bytes; the last record is read too."""
    assert seal is not None
    seal.check()
    unpacked, found = Unpacked(seal.plain()), list[bytes]()
    record, _ = unpacked.record()
    while isinstance(record, SealedInstance):
        found.append(b"".join(rebuilt(record.pieces, unpacked.read, lambda _, __: ())))
        record, _ = unpacked.record()
    assert record == SERIES
    return found
