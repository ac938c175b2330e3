"""The envelope: what is sealed comes back with the right key, and any other byte anywhere is noticed."""

import hashlib
import lzma
import pickle
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.errors import Malformed, UsageError
from dicomconv.model import Span
from dicomconv.seal.block import UNIT, block_length
from dicomconv.seal.opened import Unpacked, open_seal, recipients_of, rewrapped
from dicomconv.seal.records import LARGEST_RECORD, decode, encode_series
from dicomconv.seal.segments import Binding, Encrypter, decrypted, encrypted_length, longest_plain
from tests.seal.seals import ROOT, SERIES, UUID, contents, header_of, opened, pair, sealed

BLOCK = sealed(b"DOE^JANE", bytes(3000), to=(1, 2), segment_length=100)
ORIGINALS = [b"DOE^JANE", bytes(3000)]


def with_digest(block: bytes) -> bytes:
    """A block that somebody changed, with a digest that fits again."""
    end = int.from_bytes(block[72:76], "little")
    if not 32 <= end <= len(block):
        return block
    return block[: end - 32] + hashlib.sha256(block[: end - 32] + block[end:]).digest() + block[end:]


def flipped(block: bytes, position: int, bit: int = 0) -> bytes:
    """A block with one bit of it changed."""
    return block[:position] + bytes([block[position] ^ 1 << bit]) + block[position + 1 :]


@given(st.lists(st.binary(max_size=2000), max_size=4), st.integers(1, 3000))
@settings(deadline=None)
def test_what_is_sealed_comes_back_whatever_the_segments(originals: list[bytes], segment_length: int) -> None:
    block = sealed(*originals, segment_length=segment_length)
    assert contents(opened(block)) == originals


@given(st.binary(max_size=700), st.integers(1, 60), st.integers(1, 90))
def test_any_writes_and_segments_give_the_stream_back(plain: bytes, segment_length: int, step: int) -> None:
    binding, written = Binding(bytes(32), UUID), bytearray()
    encrypter = Encrypter(binding, segment_length, written.extend)
    for start in range(0, len(plain), step):
        encrypter.write(plain[start : start + step])
    encrypter.finish(ROOT)
    assert len(written) == encrypted_length(len(plain), segment_length)
    found = decrypted(Span(bytes(written), 0, len(written)), binding, segment_length, ROOT)
    assert b"".join(found) == plain


@given(st.integers(16, 10_000), st.integers(1, 300))
def test_a_block_is_filled_as_far_as_segments_can(room: int, segment_length: int) -> None:
    longest = longest_plain(room, segment_length)
    assert encrypted_length(longest, segment_length) <= room
    assert encrypted_length(longest + 1, segment_length) > room


@given(st.integers(1, 1 << 40))
def test_the_length_of_a_block_is_the_least_power_of_two_that_hdf5_finds(content: int) -> None:
    length = block_length(content)
    assert length >= content
    assert length == UNIT or length // 2 < content
    assert (length // UNIT) & (length // UNIT - 1) == 0


@given(st.integers(0, len(BLOCK) - 1), st.integers(0, 7))
def test_a_bit_changed_anywhere_is_noticed(position: int, bit: int) -> None:
    with pytest.raises(Malformed):
        opened(flipped(BLOCK, position, bit))


@given(st.integers(0, len(BLOCK) - 1), st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_bit_changed_with_a_new_digest_never_gives_other_originals(position: int, bit: int) -> None:
    try:
        seal = opened(with_digest(flipped(BLOCK, position, bit)))
        assert seal is None or contents(seal) == ORIGINALS
    except Malformed:
        pass


@pytest.mark.parametrize("where", ["recipient", "ciphertext"])
def test_a_forged_digest_does_not_hide_a_change(where: str) -> None:
    header = header_of(BLOCK)
    position = 92 + 2 if where == "recipient" else header.length + 1
    with pytest.raises(Malformed):
        contents(opened(with_digest(flipped(BLOCK, position)), 2))


def test_no_byte_of_a_header_is_outside_of_what_is_authenticated() -> None:
    """Zeros between the last wrap and the MAC: whoever cannot open a seal could leave a mark there."""
    end = header_of(BLOCK).length
    assert BLOCK[end - 65] == 0
    with pytest.raises(Malformed, match="header"):
        opened(with_digest(flipped(BLOCK, end - 65)))


@pytest.mark.parametrize(
    "text",
    [
        b'{"instance": 1e999, "files": [["a", 1]], "pieces": []}',
        b'{"instance": 0, "files": [["a", 1]], "pieces": [[0, 0, 1e999]]}',
        b'{"series": {"issuer": "", "patient_id": "", "shift_days": NaN, "uids": {}, "left_out": []},'
        b'"sha256": "", "version": "1.0"}',
        b'{"instance": 0, "files": [["a", 1]], "pieces": ' + b"[" * 100_000,
        b'{"instance": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_record_is_refused_in_one_way(text: bytes) -> None:
    with pytest.raises(Malformed, match="no record"):
        decode(text)


def test_a_record_is_refused_by_its_length_before_it_is_unpacked() -> None:
    packed = lzma.compress((LARGEST_RECORD + 1).to_bytes(4, "little"))
    with pytest.raises(Malformed, match="no record"):
        Unpacked([packed]).record()
    with pytest.raises(Malformed, match="ends too early"):
        Unpacked([lzma.compress(LARGEST_RECORD.to_bytes(4, "little"))]).record()
    assert LARGEST_RECORD == 1 << 26


def test_no_record_is_written_that_would_not_be_read() -> None:
    with pytest.raises(Malformed, match="more to say"):
        encode_series(replace(SERIES, patient_id="x" * LARGEST_RECORD), bytes(32))


@given(st.integers(0, len(BLOCK)))
def test_a_seal_that_is_cut_short_is_noticed(length: int) -> None:
    if length < len(BLOCK):
        with pytest.raises(Malformed):
            opened(BLOCK[:length])


@pytest.mark.parametrize("what", ["cut", "container", "root digest", "key"])
def test_a_stream_opens_as_a_whole_and_where_it_belongs_alone(what: str) -> None:
    binding, written = Binding(bytes(32), UUID), bytearray()
    encrypter = Encrypter(binding, 10, written.extend)
    encrypter.write(bytes(40))
    encrypter.finish(ROOT)
    length = len(written) - (26 if what == "cut" else 0)
    other = Binding(bytes(31) + b"\1" if what == "key" else bytes(32), ROOT[:16] if what == "container" else UUID)
    root = UUID * 2 if what == "root digest" else ROOT
    assert b"".join(decrypted(Span(bytes(written), 0, len(written)), binding, 10, ROOT)) == bytes(40)
    with pytest.raises(Malformed):
        list(decrypted(Span(bytes(written), 0, length), other, 10, root))


@pytest.mark.parametrize("change", ["nothing", "more records", "more behind", "cut"])
def test_nothing_but_zeros_follows_the_last_record(change: str) -> None:
    last = encode_series(SERIES, bytes(32))
    packed = lzma.compress(last + b"more" * (change == "more records"))
    chunks = [packed[:-9], packed[-9:] * (change != "cut"), bytes(99), b"x" * (change == "more behind")]
    if change == "nothing":
        assert Unpacked(chunks).record() == (SERIES, bytes(32))
        return
    with pytest.raises(Malformed):
        Unpacked(chunks).record()


def test_segments_that_change_places_are_noticed() -> None:
    start, step = header_of(BLOCK).length, 116
    first, second = BLOCK[start : start + step], BLOCK[start + step : start + 2 * step]
    with pytest.raises(Malformed, match="segment 0"):
        contents(opened(with_digest(BLOCK[:start] + second + first + BLOCK[start + 2 * step :])))


@given(st.binary(max_size=3000))
def test_bytes_that_are_no_seal_are_refused_in_one_way(content: bytes) -> None:
    for block in (content, BLOCK[: len(content)] + content, BLOCK[:60] + content):
        with pytest.raises(Malformed):
            opened(block.ljust(UNIT, b"\0"))


def test_another_key_opens_nothing() -> None:
    assert opened(BLOCK, 3) is None


def test_every_recipient_opens_a_seal() -> None:
    assert contents(opened(BLOCK, 1)) == contents(opened(BLOCK, 2)) == ORIGINALS


def test_post_quantum_keys_open_what_was_sealed_for_them() -> None:
    seal = opened(BLOCK)
    assert seal is not None
    identity, recipient = pair(9, post_quantum=True)
    block = b"".join(rewrapped(seal, [recipient], []))
    assert len(block) > len(BLOCK)
    assert contents(opened(block, 2)) == ORIGINALS
    assert contents(open_seal(Span(block, 0, len(block)), identity)) == ORIGINALS


def test_what_is_sealed_is_not_to_be_seen_and_two_seals_share_nothing() -> None:
    one, other = sealed(b"DOE^JANE" * 99), sealed(b"DOE^JANE" * 99)
    assert b"DOE^JANE" not in one
    header = header_of(one)
    assert one[header.length : header.length + 32] != other[header.length : header.length + 32]


def test_the_length_of_a_seal_tells_no_more_than_a_power_of_two() -> None:
    noise = random.Random(1).randbytes(700)
    short, long = (header_of(block) for block in (sealed(noise[:400]), sealed(noise)))
    assert (short.ciphertext_length, short.block_length) == (long.ciphertext_length, long.block_length)


def test_rewrapping_changes_who_opens_a_seal_and_not_what_is_in_it() -> None:
    seal = opened(BLOCK)
    assert seal is not None
    block = b"".join(rewrapped(seal, [pair(3)[1]], [pair(1)[1]]))
    assert opened(block, 1) is None
    assert contents(opened(block, 2)) == contents(opened(block, 3)) == ORIGINALS
    before, after = (header_of(one) for one in (BLOCK, block))
    assert set(recipients_of(before)) ^ set(recipients_of(after)) == {
        *recipients_of(before)[:1],
        *recipients_of(after)[1:],
    }


@given(st.integers(1, 12))
@settings(deadline=None, max_examples=12)
def test_a_seal_grows_as_recipients_are_added(count: int) -> None:
    seal = opened(BLOCK)
    assert seal is not None
    block = b"".join(rewrapped(seal, [pair(10 + number)[1] for number in range(count)], []))
    assert len(block) == block_length(len(block))
    assert contents(opened(block, 9 + count)) == ORIGINALS


def test_the_last_recipient_is_never_removed() -> None:
    seal = opened(BLOCK)
    assert seal is not None
    with pytest.raises(UsageError):
        list(rewrapped(seal, [], [pair(1)[1], pair(2)[1]]))


def test_a_recipient_that_is_there_already_is_not_added_twice() -> None:
    seal = opened(BLOCK)
    assert seal is not None
    block = b"".join(rewrapped(seal, [pair(2)[1]], []))
    assert len(recipients_of(header_of(block))) == 2


def test_keys_travel_to_worker_processes_and_are_not_shown() -> None:
    identity, recipient = pair(1)
    assert pickle.loads(pickle.dumps(recipient)) == recipient
    assert pickle.loads(pickle.dumps(identity)) == identity
    assert identity.der[0].hex()[:20] not in repr(identity)
    assert repr(identity.der[0])[2:-1] not in repr(identity)
