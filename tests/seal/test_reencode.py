"""Elements carried into another encoding and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.datadict import dictionary_VR
from pydicom.filebase import DicomBytesIO

from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding, scan
from dicomconv.seal.reencode import explicit_little, reencoded
from tests import make
from tests.strategies import datasets, sequences

ENCODINGS = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG}


def elements(content: bytes, encoding: Encoding) -> list[Element]:
    """The elements of a data set that ends where its bytes do."""
    found = scan(content, 0, len(content), encoding, 1)
    assert found.stop == len(content)
    return found.elements


def there(content: bytes, encoding: Encoding, *, signed: bool = False) -> bytes:
    """A data set as explicit VR little endian."""
    return explicit_little(content, elements(content, encoding), encoding=encoding, signed=signed)


def back(content: bytes, encoding: Encoding) -> bytes:
    """A data set in explicit VR little endian in another encoding."""
    found = elements(content, EXPLICIT_LITTLE)
    return b"".join(reencoded(content, one, EXPLICIT_LITTLE, encoding) for one in found)


@pytest.mark.parametrize("name", make.ENCODINGS)
@settings(deadline=None, max_examples=60)
@given(data=st.data(), signed=st.booleans())
def test_there_and_back_gives_the_bytes_that_were(name, data, signed):
    content = data.draw(datasets(name))
    assert back(there(content, ENCODINGS[name], signed=signed), ENCODINGS[name]) == content


@pytest.mark.parametrize("name", ["implicit", "big"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_pydicom_reads_the_same_values_in_the_other_encoding(name, data):
    content = make.text(0x00080005, "CS", "ISO_IR 6", name) + data.draw(sequences(name))[1]
    assert values(there(content, ENCODINGS[name]), "explicit") == values(content, name)


def values(content: bytes, name: make.Encoding) -> list[tuple[int, str]]:
    """Every value in a data set that pydicom decodes, by tag, in order, those in sequences too."""
    found = dcmread(DicomBytesIO(make.raw_dataset(content, encoding=name))).iterall()
    public = (one for one in found if not one.tag.is_private and " or " not in dictionary_VR(one.tag))
    return [(int(one.tag), str(one.value)) for one in public if one.VR != "SQ" and not isinstance(one.value, bytes)]


def test_what_may_be_us_or_ss_is_ss_where_pixels_are_signed():
    content = make.element(0x00280106, "US", b"\xff\xff", "implicit")
    assert there(content, IMPLICIT_LITTLE, signed=True)[4:6] == b"SS"
    assert there(content, IMPLICIT_LITTLE, signed=False)[4:6] == b"US"


def test_what_a_file_calls_us_stays_us_though_pixels_are_signed():
    content = make.element(0x00280106, "US", b"\xff\xff", "big")
    assert there(content, EXPLICIT_BIG, signed=True)[4:6] == b"US"


def test_a_private_element_of_implicit_vr_is_un_in_explicit_vr():
    content = make.private_block("MAKER", [(1, "LO", b"DOE^JANE")], "implicit")
    assert there(content, IMPLICIT_LITTLE)[-16:-12] + b"DOE^JANE" == b"UN\0\0DOE^JANE"


def test_words_of_big_endian_are_swapped_and_texts_are_not():
    content = make.element(0x00280010, "US", b"\x01\x02", "big") + make.text(0x00400280, "ST", "abcd", "big")
    assert there(content, EXPLICIT_BIG) == make.element(0x00280010, "US", b"\x02\x01") + make.text(
        0x00400280, "ST", "abcd"
    )


def test_a_sequence_that_holds_no_items_is_carried_as_unknown():
    content = make.element(0x00081140, "SQ", b"this is no item.", "implicit")
    assert there(content, IMPLICIT_LITTLE) == make.element(0x00081140, "UN", b"this is no item.")


@settings(deadline=None)
@given(content=st.binary(max_size=200), source=st.sampled_from(list(ENCODINGS.values())))
def test_no_value_makes_it_raise(content, source):
    header = make.element(0x00081140, "SQ", content, {v: k for k, v in ENCODINGS.items()}[source])
    found = Element(0x00081140, "SQ", 0, len(header) - len(content), len(header), False)
    for target in ENCODINGS.values():
        assert content in reencoded(header, found, source, target) or content[:4] in (
            b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00", b"\xfe\xff\xdd\xe0", b"\xff\xfe\xe0\xdd",
        )  # fmt: skip
