"""Original attributes put back: the data set of the original, whatever the de-identified one was."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dicomconv.declared import as_declared
from dicomconv.elements import EXPLICIT_LITTLE, scan
from dicomconv.errors import KeyFileError, Malformed
from dicomconv.part10 import Parts, join, split
from dicomconv.pipeline.encrypt import modified
from dicomconv.pipeline.reidentify import reidentified
from dicomconv.pipeline.restore import restored
from dicomconv.seal.cms import Modified
from tests import make, wheel
from tests.seal.holders import holder
from tests.seal.protect import elements, protected
from tests.strategies import datasets, files

CUSTODIAN = holder("Made Up Custodian")
REMOVED = 0x00120062
MARKED = {
    "PatientIdentityRemoved": "YES",
    "DeidentificationMethod": "made up",
    "DeidentificationMethodCodeSequence": [{"CodeValue": "113100"}],
    "LongitudinalTemporalInformationModified": "REMOVED",
}


def there_and_back(original: bytes | Path, deidentified: bytes) -> Parts:
    """What re-identifying makes of a de-identified file that carries the original's attributes."""
    parts = split(protected(original, deidentified, [CUSTODIAN]))
    return split(b"".join(join(reidentified(parts, CUSTODIAN.identity()))))


def without_no(parts: Parts) -> dict[int, bytes]:
    """The elements of a re-identified file, less the one that says that it is."""
    assert parts.header().text("PatientIdentityRemoved") == "NO"
    return {tag: content for tag, content in elements(parts).items() if tag != REMOVED}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(original=files(), deidentified=files())
def test_every_element_of_the_original_comes_back_and_no_other(original, deidentified):
    assume(split(original).encoding == split(deidentified).encoding)
    assume(REMOVED not in elements(split(original)))
    assert without_no(there_and_back(original, deidentified)) == elements(split(original))


@pytest.mark.parametrize("syntax", [make.IMPLICIT, make.EXPLICIT, make.BIG_ENDIAN])
def test_a_slice_comes_back_with_its_pixels(syntax):
    original = make.ct_slice(syntax=syntax, PatientComments="note")
    other = make.ct_slice(syntax=syntax, PatientName="X", SOPInstanceUID="1.2.3", BodyPartExamined="HEAD", **MARKED)
    back = there_and_back(original, other)
    assert without_no(back) == elements(split(original))
    assert back.pixels.read() == split(original).pixels.read()


@pytest.mark.parametrize("path", wheel.readable(), ids=lambda path: path.name)
def test_every_real_header_comes_back(path):
    parts = split(path)
    if parts.deflated or as_declared(parts) is not parts:
        pytest.skip("a data set that is encoded anew before it is de-identified")
    elsewhere = make.raw_dataset(
        make.text(0x00080018, "UI", "1.2.3", name := encoding_of(parts)),
        make.text(REMOVED, "CS", "YES", name),
        encoding=name,
    )
    back = elements(there_and_back(path, elsewhere))
    expected = elements(parts)
    if REMOVED not in expected:
        del back[REMOVED]
    if 0x00080018 not in expected:
        back.pop(0x00080018, None)  # File Meta had it
    assert back == expected


def encoding_of(parts: Parts) -> make.Encoding:
    """An encoding as the builders spell it."""
    return "big" if not parts.encoding.little else "explicit" if parts.encoding.explicit else "implicit"


def test_file_meta_names_the_original_instance():
    back = there_and_back(make.ct_slice(), make.ct_slice(SOPInstanceUID="1.2.3"))
    assert back.meta.sop_instance_uid == split(make.ct_slice()).meta.sop_instance_uid
    assert back.meta.sop_class_uid == make.SOP_CLASS["CT"]


def test_markers_of_an_earlier_hand_come_back_though_nothing_changed_in_them():
    back = there_and_back(make.ct_slice(**MARKED), make.ct_slice(PatientName="X", **MARKED))
    assert elements(back) == elements(split(make.ct_slice(**MARKED)))


def test_without_a_word_about_what_was_added_the_standards_three_steps_are_taken():  # PS3.15 E.1.2
    parts = split(make.ct_slice(PatientName="X", BodyPartExamined="HEAD", **MARKED))
    header = split(b"".join(join(restored(parts, Modified(make.text(0x00100010, "PN", "DOE^JANE")))))).header()
    assert (header.text("PatientName"), header.text("BodyPartExamined")) == ("DOE^JANE", "HEAD")
    assert header.text("PatientIdentityRemoved") == "NO"
    assert "DeidentificationMethod" not in header
    assert "DeidentificationMethodCodeSequence" not in header


def test_pixels_among_the_originals_take_the_place_of_those_of_the_file():
    pixels = make.element(0x7FE00010, "OW", b"\1\2\3\4")
    back = split(b"".join(join(restored(split(make.ct_slice()), Modified(pixels)))))
    assert back.pixels.read() == b"\1\2\3\4"


def test_pixels_stay_in_their_file_until_they_are_written(tmp_path):
    make.write(tmp_path, {"one": protected(make.ct_slice(), make.ct_slice(PatientName="X"), [CUSTODIAN])})
    parts = split(tmp_path / "one")
    assert reidentified(parts, CUSTODIAN.identity()).pixels is parts.pixels


def test_elements_behind_the_pixels_stay_behind_them():
    padding = make.element(0xFFFCFFFC, "OB", b"\0\0")
    back = there_and_back(make.ct_slice() + padding, make.ct_slice(PatientName="X"))
    assert [element.tag for element in back.tail_elements] == [0xFFFCFFFC]


def test_lengths_of_groups_are_not_among_what_was_changed():
    content = make.with_group_length(0x0010, make.text(0x00100010, "PN", "DOE^JANE"))
    found = modified(split(make.raw_dataset(make.text(0x00080018, "UI", "1.2.3"), content)), {})
    assert found.elements == make.text(0x00080018, "UI", "1.2.3") + make.text(0x00100010, "PN", "DOE^JANE")


def test_groups_of_file_meta_are_not_put_into_the_data_set():
    meta = make.text(0x00020016, "AE", "STATION")
    parts = restored(split(make.ct_slice()), Modified(meta + make.text(0x00100010, "PN", "DOE^JANE")))
    assert b"STATION" not in b"".join(join(parts))


def test_a_file_without_encrypted_attributes_says_so():
    with pytest.raises(Malformed, match="EncryptedAttributesSequence"):
        reidentified(split(make.ct_slice()), CUSTODIAN.identity())


def test_a_wrong_key_gives_no_file():
    content = protected(make.ct_slice(), make.ct_slice(PatientName="X"), [CUSTODIAN])
    with pytest.raises(KeyFileError):
        reidentified(split(content), holder("Made Up Stranger").identity())


@settings(deadline=None, max_examples=50)
@given(found=datasets(), added=st.lists(st.integers(0x00210000, 2**32 - 1)), name=st.sampled_from(make.ENCODINGS))
def test_whatever_is_put_back_the_file_can_be_read_and_has_it(found, added, name):
    parts = split(make.raw_dataset(*make.minimal(name), encoding=name))
    back = split(b"".join(join(restored(parts, Modified(found, tuple(added))))))
    wanted = {element.tag for element in scan(found, 0, len(found), EXPLICIT_LITTLE, 1).elements}
    assert wanted <= elements(back).keys()
