"""ICC profiles: the same colours, and not a word."""

import struct
from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from dicomconv.deid.icc import cleaned, numbers_of

SECRET = b"DOE^JANE"


def profile(name: str = "sRGB") -> bytes:
    """A profile that littleCMS makes."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def tags(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The tags of a profile with their elements."""
    for index in range(struct.unpack_from(">I", content, 128)[0]):
        signature, offset, size = struct.unpack_from(">4sII", content, 132 + 12 * index)
        yield signature, content[offset : offset + size]


def assembled(header: bytes, elements: list[tuple[bytes, bytes]]) -> bytes:
    """A profile of a header and tags."""
    at, table, body = 132 + 12 * len(elements), b"", b""
    for signature, element in elements:
        table += struct.pack(">4sII", signature, at + len(body), len(element))
        body += element + bytes(-len(element) % 4)
    content = header[:128] + struct.pack(">I", len(elements)) + table + body
    return struct.pack(">I", len(content)) + content[4:]


def with_words(content: bytes) -> bytes:
    """The profile with a name in every place of the header and the tags that may hold one."""
    header = bytearray(content[:128])
    for start, stop in ((4, 8), (40, 44), (48, 52), (52, 56), (80, 84), (84, 100), (100, 108)):
        header[start:stop] = (SECRET * 2)[: stop - start]
    wide = SECRET.decode().encode("utf-16-be")
    words = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 9) + SECRET + bytes(79)),
        (b"cprt", b"text" + bytes(4) + SECRET + b"\0"),
        (b"dmnd", b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 16, 28) + wide),
        (b"DOE^", b"JANE" + bytes(4) + SECRET),
    ]
    numbers = [(tag, element + SECRET) for tag, element in tags(content) if tag not in (b"desc", b"cprt")]
    return assembled(bytes(header), words + numbers)


def colours(content: bytes, mode: str, target: str) -> bytes:
    """What a picture of many colours becomes by this profile."""
    samples = bytes((17 * n * n + 31 * n) % 256 for n in range(3 * 64 * 9))
    picture = Image.frombytes(mode, (64, 9), samples[: 64 * 9 * len(mode)] if mode == "L" else samples)
    source = ImageCms.ImageCmsProfile(BytesIO(content))
    made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile(target), outputMode=target)
    assert made is not None
    return made.tobytes()


def test_the_same_colours_come_out_of_a_cleaned_profile() -> None:
    plain = cleaned(with_words(profile()))
    assert plain is not None
    assert colours(plain, "RGB", "LAB") == colours(profile(), "RGB", "LAB")


def test_no_word_is_left_in_a_cleaned_profile() -> None:
    plain = cleaned(with_words(profile()))
    assert plain is not None
    assert all(piece not in plain for piece in (SECRET, b"DOE", b"JANE", SECRET.decode().encode("utf-16-be"), b"lcms"))


@pytest.mark.parametrize("name", ["sRGB", "LAB", "XYZ"])
def test_a_cleaned_profile_stays_as_it_is(name: str) -> None:
    plain = cleaned(profile(name))
    assert plain is not None
    assert cleaned(plain) == plain


def test_a_cleaned_profile_is_opened_by_littlecms_with_a_description() -> None:
    for version in (b"\x02\x40\0\0", b"\x04\x40\0\0"):
        content = profile()
        plain = cleaned(content[:8] + version + content[12:])
        assert plain is not None
        assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(plain))).strip() == "None"


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_what_is_no_profile_is_none(content: bytes) -> None:
    assert cleaned(content) is None


@settings(deadline=None)
@given(st.integers(0, 600), st.binary(min_size=1, max_size=12))
def test_a_damaged_profile_never_raises(at: int, rubbish: bytes) -> None:
    content = profile()
    damaged = cleaned(content[:at] + rubbish + content[at + len(rubbish) :])
    assert damaged is None or damaged[36:40] == b"acsp"


@settings(deadline=None)
@given(st.integers(0, 3000))
def test_a_cut_profile_is_none(at: int) -> None:
    content = profile()
    assert cleaned(content[: min(at, len(content) - 1)]) is None


def a_to_b(slack: bytes) -> bytes:
    """A lutAToBType of 3 channels with curves, matrix and table, and `slack` where nothing has a meaning."""
    curves = (b"curv" + slack[:4] + struct.pack(">IH", 1, 256) + slack[:2]) * 3
    matrix = struct.pack(">12i", *range(12))
    table = bytes([2, 2, 2]) + bytes(13) + b"\1" + slack[:3] + bytes(range(24))
    places = [32, 32 + len(curves)]
    places.append(places[1] + len(matrix))
    places.append(places[2] + len(curves))
    places.append(places[3] + len(table))
    body = curves + matrix + curves + table + curves
    return b"mAB " + slack[:4] + b"\3\3" + slack[:2] + struct.pack(">5I", *places) + body + slack


def test_a_pipeline_of_curves_and_tables_keeps_its_numbers_and_nothing_else() -> None:
    assert numbers_of(a_to_b(SECRET)) == a_to_b(bytes(8))[:-10]  # the slack behind, and what pads the last curve


@pytest.mark.parametrize("element", [
    b"mft2" + bytes(4) + b"\xff\xff\xff" + bytes(60), b"curv" + bytes(4) + b"\xff" * 8, b"XYZ " + bytes(8), b"JANE" * 9,
    b"mAB " + bytes(4) + b"\xff\xff\0\0" + struct.pack(">5I", 0, 0, 0, 32, 0) + b"\xff" * 400,
])  # fmt: skip
def test_a_tag_that_claims_more_numbers_than_it_has_makes_a_profile_none(element: bytes) -> None:
    content = profile()
    numbers = [(tag, element if tag == b"rXYZ" else one) for tag, one in tags(content)]
    assert cleaned(assembled(content, numbers)) is None


@pytest.mark.parametrize("kind", [b"mft1", b"mft2"])
def test_a_look_up_table_ends_where_its_numbers_end(kind: bytes) -> None:
    size = 1 if kind == b"mft1" else 2
    counts = b"" if size == 1 else struct.pack(">HH", 256, 256)
    body = bytes(36) + counts + b"\1" * (size * (3 * 256 + 8 * 3 + 3 * 256))
    element = kind + bytes(4) + b"\3\3\2" + b"J" + body
    assert numbers_of(element + SECRET) == kind + bytes(4) + b"\3\3\2\0" + body
