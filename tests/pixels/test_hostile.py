"""What a frame claims costs a sentence, not the machine; what is damaged ends no process."""

import random
import sys
from collections.abc import Iterator

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if sys.platform != "linux":
    pytest.skip("limits of memory are set as Linux has them", allow_module_level=True)

from tests.pixels import hostile
from tests.pixels.frame_worker import Worker
from tests.pixels.pixel_files import grey_format
from tests.pixels.streams import FAMILY, encapsulated, samples_of

MEBIBYTES = 1024
VALUES = hostile.values()
FRAME_ALONE = {f"{codec}, most in the frame alone" for codec in ("RLE", "deflate", "uncompressed")}
WITHIN_THEIR_SIZE = FRAME_ALONE | {
    "zeros beyond the pixels",
    "a palette of 255 channels",
    "tiles of one row",
}
PIECES, SIZE, DAMAGED, CLAIM = "more pieces", "another size", "damaged", "claim"
REASONS = {  # what is found by us, and not by a decoder that has run out of memory
    "precincts of one pixel": PIECES,
    "precincts of two pixels": PIECES,
    "precincts of one pixel in a tile": PIECES,
    "code-blocks of four by four": PIECES,
    "a frame of tiles of one pixel": PIECES,
    "a decoy before JP2's codestream": SIZE,
    "fill bytes before the frame header": SIZE,
    "JPEG-LS with its size elsewhere": SIZE,
    "a marker before the size": DAMAGED,
    "a second frame header": DAMAGED,
    "a frame header behind a marker alone": DAMAGED,
    "a frame header behind a stuffed byte": DAMAGED,
    "a thousand scans": "more scans",
    "a hundred blank frames": CLAIM,
    "runs beyond the pixels": DAMAGED,
    "native": "shorter",
}
CODECS = ["jpeg", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL", "RLE", "deflate"]
EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 64, 127, 128, 254, 255)
PAIRS = (b"\xff\xff", b"\0\0", b"\x7f\xff", b"\x80\0", b"\xff\xd9", b"\xff\x90")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(MEBIBYTES) as process:
        yield process


@pytest.mark.parametrize("name", VALUES)
def test_a_kilobyte_that_claims_the_machine_costs_a_sentence(name: str, worker: Worker) -> None:
    syntax, (rows, columns, samples, count), value = VALUES[name]
    format = grey_format(
        8, bits_allocated=8, rows=rows, columns=columns, samples_per_pixel=samples, number_of_frames=count,
        transfer_syntax_uid=syntax,
    )  # fmt: skip
    answer = worker.ask(format, value)
    assert "memory" not in answer
    assert (answer == "1 frames") == (name in WITHIN_THEIR_SIZE)
    assert REASONS.get(name, "") in answer


def test_every_hostile_frame_of_its_own_kind_has_its_reason() -> None:
    assert {name for name in VALUES if "in the" not in name} == set(REASONS) | WITHIN_THEIR_SIZE - FRAME_ALONE


def mutated(data: bytes, seed: int) -> bytes:
    """The same bytes with some of them changed, cut out, doubled, or cut off; mostly where headers are."""
    choose, frame = random.Random(seed), bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        if len(frame) < 4:
            break
        at = choose.randrange(min(len(frame), 160) if choose.random() < 0.6 else len(frame))
        match choose.randrange(7):
            case 0 | 1:
                frame[at] ^= 1 << choose.randrange(8)
            case 2 | 3:
                frame[at] = choose.choice(EDGES)
            case 4:
                del frame[at : at + choose.choice((1, 2, 4, 60))]
            case 5:
                frame[at:at] = frame[at : at + choose.choice((1, 2, 16, 60))]
            case _:
                frame[at : at + 2] = choose.choice((*PAIRS, b"")) or frame[:0]
    return bytes(frame)


@pytest.mark.parametrize("codec", CODECS)
def test_no_damage_ends_the_process_or_takes_its_memory(codec: str, worker: Worker) -> None:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**32))
    def law(seed: int) -> None:
        for step in range(100):
            format, data = samples_of(codec)[(seed + step) % len(samples_of(codec))]
            frame = mutated(data, seed + step)
            try:
                answer = worker.ask(format, encapsulated([frame]))
            except EOFError as error:
                raise AssertionError(f"{codec}: {error}: {frame.hex()}") from None
            assert "memory" not in answer, frame.hex()

    law()


@pytest.mark.parametrize("codec", CODECS)
def test_the_frames_that_are_damaged_above_are_sound(codec: str, worker: Worker) -> None:
    assert {worker.ask(format, encapsulated([data])) for format, data in samples_of(codec)} == {"1 frames"}


@pytest.mark.parametrize("syntax", ["80", "90"])
def test_a_large_blank_frame_of_colour_is_decoded_in_little_more_memory(syntax: str) -> None:
    blank = np.zeros((4000, 4200, 3), np.uint8)
    encoder = {"80": imagecodecs.jpegls_encode, "90": imagecodecs.jpeg2k_encode}[syntax]
    format = grey_format(
        8, bits_allocated=8, rows=4000, columns=4200, samples_per_pixel=3, photometric_interpretation="YBR_FULL",
        transfer_syntax_uid=f"{FAMILY}{syntax}",
    )  # fmt: skip
    data = bytes(encoder(blank, **{} if syntax == "80" else {"mct": False}))
    with Worker(MEBIBYTES) as process:
        assert process.ask(format, encapsulated([data])) == "1 frames"


def test_a_limit_of_memory_is_felt() -> None:
    format = grey_format(8, bits_allocated=8, rows=10000, columns=10000, transfer_syntax_uid=hostile.DEFLATED)
    with Worker(50) as small:
        assert "memory" in small.ask(format, encapsulated([hostile.zlib_bomb(10000 * 10000)]))


def test_a_decoder_that_ends_its_process_is_noticed() -> None:
    with Worker(MEBIBYTES) as process:
        assert "shorter" in process.ask(grey_format(), b"")
        process.end()
        with pytest.raises(EOFError, match="ended the process"):
            process.ask(grey_format(), b"")
