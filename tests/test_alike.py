"""A scan beside the data set before finds what a plain scan finds, and says truly what is new."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dicomconv.alike import Likeness, Scanned, scan_beside
from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, PIXEL_TAGS, Scan, scan
from dicomconv.errors import Malformed
from dicomconv.part10 import split
from tests import make, strategies, wheel

ENCODING = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG}
LAST = 0x00209FFF


def parts_of(one: Scanned) -> dict[int, bytes]:
    """The encoded elements by tag."""
    return {element.tag: one.buffer[element.start : element.end] for element in one.elements}


def likeness_of(before: Scanned, after: Scanned) -> Likeness:
    """What differs, told the plain way."""
    old, new = parts_of(before), parts_of(after)
    fresh = frozenset(tag for tag in new if new[tag] != old.get(tag))
    places = tuple(place for place, element in enumerate(after.elements) if element.tag in fresh)
    return Likeness(before, fresh, frozenset(old.keys() - new.keys()), places)


def plain(buffer: bytes, encoding: str, last_tag: int = 0xFFFFFFFF) -> Scan | None:
    """What a plain scan finds; None if it cannot read the bytes to their end."""
    try:
        return scan(buffer, 0, len(buffer), ENCODING[encoding], last_tag=last_tag)
    except Malformed:
        return None


def beside(before: Scanned, buffer: bytes, encoding: str, last_tag: int = 0xFFFFFFFF) -> tuple[Scan, Likeness] | None:
    """The scan that is tested; None also if it says that the bytes cannot be read."""
    try:
        return scan_beside(before, buffer, 0, len(buffer), ENCODING[encoding], last_tag)
    except Malformed:
        return None


def check(first: bytes, second: bytes, encoding: str, last_tag: int = 0xFFFFFFFF) -> bool:
    """Compare; whether the second was told from the first."""
    known = plain(first, encoding, last_tag)
    if known is None:
        return False
    before = Scanned.of(first, ENCODING[encoding], known.elements)
    found = beside(before, second, encoding, last_tag)
    if found is None:
        return False
    wanted = plain(second, encoding, last_tag)
    assert found[0] == wanted
    assert wanted is not None
    assert found[1] == likeness_of(before, Scanned.of(second, ENCODING[encoding], wanted.elements))
    after = Scanned.of(second, ENCODING[encoding], wanted.elements, found[1])
    again = beside(after, first, encoding, last_tag)  # where they differ is known by now
    assert again is None or again == (known, likeness_of(after, before))
    return True


@st.composite
def two_alike(draw: st.DrawFn) -> tuple[bytes, bytes, str]:
    """A data set, and another with elements replaced, left out and put in."""
    encoding = draw(st.sampled_from(list(ENCODING)))
    one = strategies.elements(encoding=encoding) | strategies.sequences(encoding=encoding)
    first = dict(draw(st.lists(one, min_size=1, max_size=12)))
    second = {tag: content for tag, content in first.items() if draw(st.integers(0, 7))}
    second |= dict(draw(st.lists(one, max_size=3)))
    joined = [b"".join(content for _, content in sorted(elements.items())) for elements in (first, second)]
    return joined[0], joined[1], encoding


@given(two_alike())
def test_elements_replaced_left_out_and_put_in(pair):
    check(*pair)


@given(strategies.datasets(), st.data())
def test_bytes_changed_anywhere(content, data):
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        if changed:
            place = data.draw(st.integers(0, len(changed) - 1))
            changed[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    check(content, bytes(changed), "explicit")


def test_values_of_other_lengths():
    first, second = (
        b"".join(
            make.text(tag, "LO", f"value {tag % 7}" if tag % 10 else f"{number}" * (1 + tag * number % 5))
            for tag in range(0x00100010, 0x00100060)
        )
        for number in (3, 4)
    )
    assert check(first, second, "explicit")
    assert check(first, first, "explicit")
    assert check(second, first, "explicit", 0x00100040)


def test_what_lies_beyond_the_end_does_not_count():
    content = b"".join(make.text(tag, "LO", f"value {tag}") for tag in range(0x00100010, 0x00100030))
    before = Scanned.of(content, EXPLICIT_LITTLE, scan(content, 0, len(content), EXPLICIT_LITTLE).elements)
    for stop in range(0, len(content), 7):
        try:
            wanted = scan(content, 0, stop, EXPLICIT_LITTLE)
        except Malformed:
            wanted = None
        try:
            found = scan_beside(before, content, 0, stop, EXPLICIT_LITTLE)
        except Malformed:
            found = None
        assert found is None or found[0] == wanted


def test_a_series_is_told_from_its_first_slice():
    slices = [split(one) for one in make.series(4)]
    for before, after in pairwise(slices):
        known = Scanned.of(before.head, before.encoding, before.elements)
        start, stop = after.dataset_start, len(after.head)
        found = scan_beside(known, after.head, start, stop, after.encoding)
        assert found is not None
        assert tuple(found[0].elements) == after.elements
        assert 0 < len(found[1].fresh) < 6
        assert not found[1].gone


def test_wheel_files_beside_each_other():
    told = 0
    read = [split(path) for path in wheel.readable() if path.stat().st_size < 1 << 20]
    for before, after in pairwise(read):
        for last_tag in (0xFFFFFFFF, LAST):
            first = scan(before.head, before.dataset_start, len(before.head), before.encoding, last_tag=last_tag)
            known = Scanned.of(before.head, before.encoding, first.elements)
            wanted = scan(after.head, after.dataset_start, len(after.head), after.encoding, last_tag=last_tag)
            found = scan_beside(
                known, after.head, after.dataset_start, len(after.head), after.encoding, last_tag
            )
            if found is not None:
                told += 1
                assert found[0] == wanted
                assert found[1].fresh.isdisjoint(PIXEL_TAGS)
    assert told > 20
