"""The de-identified bytes: what goes, what stays as it was read, what they say of themselves."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicomconv.declared import as_declared
from dicomconv.deid.deidentify import Deidentifier, Patient
from dicomconv.deid.profile import Profile, rule
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.elements import scan
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.part10 import split
from dicomconv.source import Original
from dicomconv.standard import tag_of
from tests import make, strategies

KEY = b"k" * 32


def deidentifier_of(patient_id, key=KEY, profile=Profile(), identifiers=Identifiers()):  # noqa: B008 - frozen
    return Deidentifier(Pseudonyms(key), Patient(patient_id), profile, Scrubber(identifiers))


def deidentified(content, key=KEY, deidentifier=None):
    deidentifier = deidentifier or deidentifier_of("DEID-TEST", key)
    return deidentifier(Original(1, "unused", split(content)))


def bytes_of(content, **kwargs):
    return b"".join(deidentified(content, **kwargs).chunks())


def read(content, **kwargs):
    return dcmread(io.BytesIO(bytes_of(content, **kwargs)))


def test_the_patient_becomes_the_pseudonym_and_is_there_even_if_the_original_had_none():
    for content in (make.ct_slice(), make.ct_slice(PatientName=None, PatientID=None)):
        dataset = read(content)
        assert (dataset.PatientName, dataset.PatientID) == ("DEID-TEST", "DEID-TEST")


def test_what_is_kept_keeps_its_encoded_bytes():
    original, result = make.ct_slice(), bytes_of(make.ct_slice())
    parts = split(original)
    for element in parts.elements[:-1]:
        if rule(element.tag, "ct-image", "").code == "K" and element.tag != tag_of("SOPClassUID"):
            assert original[element.start : element.end] in result


def test_the_result_says_what_was_done_to_it():
    dataset = read(make.ct_slice())
    assert dataset.PatientIdentityRemoved == "YES"
    assert "PS3.15" in dataset.DeidentificationMethod
    [item] = dataset.DeidentificationMethodCodeSequence
    assert (item.CodeValue, item.CodingSchemeDesignator) == ("113100", "DCM")
    assert dataset.LongitudinalTemporalInformationModified == "REMOVED"


def test_method_and_codes_of_an_earlier_hand_are_kept_and_ours_added_once():
    codes = [{"CodeValue": "113109", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Retain Device Identity Option"}]
    once = bytes_of(make.ct_slice(DeidentificationMethod="BY HAND", DeidentificationMethodCodeSequence=codes))
    twice = dcmread(io.BytesIO(bytes_of(once)))
    assert [item.CodeValue for item in twice.DeidentificationMethodCodeSequence] == ["113109", "113100"]
    assert len(twice.DeidentificationMethod) == 2


def test_file_meta_and_preamble_are_built_anew():
    content = b"MZ DOE^JANE".ljust(128, b"\1") + make.ct_slice()[128:]
    result = bytes_of(content)
    assert result[:128] == bytes(128)
    meta = dcmread(io.BytesIO(result)).file_meta
    assert {element.keyword for element in meta} == {
        "FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID", "TransferSyntaxUID", "ImplementationClassUID", "ImplementationVersionName",
    }  # fmt: skip
    assert meta.MediaStorageSOPInstanceUID == dcmread(io.BytesIO(result)).SOPInstanceUID


def test_references_point_to_where_their_instances_went():
    there, here = make.uid("there"), make.uid("here")
    reference = [{"ReferencedSOPClassUID": make.SOP_CLASS["CT"], "ReferencedSOPInstanceUID": there}]
    # RTSTRUCT keeps its references; CT's Referenced Image Sequence is Type 3 and goes
    nested = {"FrameOfReferenceUID": make.uid("frame"), "DerivationImageSequence": [{"SourceImageSequence": reference}]}
    result = read(make.ct_slice(SOPInstanceUID=here, SharedFunctionalGroupsSequence=[nested]))
    item = result.SharedFunctionalGroupsSequence[0]
    [kept] = item.DerivationImageSequence[0].SourceImageSequence
    assert kept.ReferencedSOPInstanceUID == read(make.ct_slice(SOPInstanceUID=there)).SOPInstanceUID
    assert kept.ReferencedSOPClassUID == make.SOP_CLASS["CT"]


def test_registered_uids_are_spared():
    utc = "1.2.840.10008.15.1.1"
    assert read(make.ct_slice(SynchronizationFrameOfReferenceUID=utc)).SynchronizationFrameOfReferenceUID == utc


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_private_elements_are_removed_inside_sequences(encoding):
    private = make.private_block("DOE SYSTEMS", [(1, "LO", b"DOE^JANE")], encoding)
    items = [make.item(make.text(0x00080104, "LO", "Head", encoding) + private, encoding, undefined=u) for u in (0, 1)]
    region = make.sequence(tag_of("AnatomicRegionSequence"), items, encoding)
    elements = sorted([*make.minimal(encoding), region], key=lambda e: _tag(e, encoding))
    result = bytes_of(make.raw_dataset(*elements, encoding=encoding))
    assert b"DOE" not in result
    assert [item.CodeMeaning for item in dcmread(io.BytesIO(result)).AnatomicRegionSequence] == ["Head", "Head"]


def _tag(element, encoding):
    order = "big" if encoding == "big" else "little"
    return int.from_bytes(element[:2], order) << 16 | int.from_bytes(element[2:4], order)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(make.ENCODINGS))
def test_any_data_set_comes_out_readable_in_order_and_the_same_again(data, encoding):
    """Deidentify is a function: the same bytes give the same bytes, remembered or not (L3)."""
    extra = data.draw(strategies.datasets(encoding))
    content = make.raw_dataset(*_merged(make.minimal(encoding), extra, encoding), encoding=encoding)
    remembering = deidentifier_of("DEID-TEST")
    first, second = deidentified(content, deidentifier=remembering), deidentified(content, deidentifier=remembering)
    assert b"".join(first.chunks()) == b"".join(second.chunks()) == bytes_of(content)
    result = as_declared(split(b"".join(first.chunks())))
    assert result.trailing == 0
    assert not [e.tag for e in result.elements if e.tag >> 16 & 1]


def _merged(elements, extra, encoding):
    """The elements of a data set, those that are given taking the place of what it has already."""
    from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

    by_name = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG}
    found = scan(extra, 0, len(extra), by_name[encoding], 1).elements
    by_tag = {element.tag: extra[element.start : element.end] for element in found if element.tag != 0x00280010}
    by_tag |= {_tag(element, encoding): element for element in elements}
    return [by_tag[tag] for tag in sorted(by_tag)]


def test_memory_is_per_patient_iod_path_character_set_and_encoding():
    """Decision 7: the same bytes in another place are not treated as they were in the first."""
    serial = {"DeviceSerialNumber": "SN-1"}
    one = deidentifier_of("DEID-ONE")
    top = make.ct_slice(**serial)
    nested = make.ct_slice(ContributingEquipmentSequence=[serial], RequestAttributesSequence=[serial])
    enhanced = make.ct_slice(SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1", **serial)
    together = [b"".join(deidentified(content, deidentifier=one).chunks()) for content in (top, nested, enhanced)]
    assert together == [
        bytes_of(c, deidentifier=deidentifier_of("DEID-ONE")) for c in (top, nested, enhanced)
    ]
    dataset = dcmread(io.BytesIO(together[2]))
    assert dataset.DeviceSerialNumber == "ANON"
    assert "DeviceSerialNumber" not in dcmread(io.BytesIO(together[0]))


def test_two_patients_do_not_share_a_memory():
    content = make.ct_slice()
    first = read(content, deidentifier=deidentifier_of("DEID-ONE"))
    second = read(content, deidentifier=deidentifier_of("DEID-TWO"))
    assert (first.PatientID, second.PatientID) == ("DEID-ONE", "DEID-TWO")


def test_what_stands_behind_the_last_pixel_is_cut_and_counted():
    content = make.ct_slice(rows=4, columns=5)
    head, pixels = content[:-44], content[-40:]
    one = deidentified(head + (48).to_bytes(4, "little") + pixels + b"DOE^JANE")
    assert one.pixels.length == 40
    assert ("PixelData", "cut") in [(change.path, change.action) for change in one.changes]
    assert b"DOE" not in b"".join(one.chunks())


def test_no_frame_is_cut_off_where_the_number_of_frames_is_no_number():
    path = Path(get_testdata_file("badVR.dcm"))
    assert deidentified(path.read_bytes()).pixels.length == 6000


def test_an_odd_number_of_bytes_in_swapped_words_keeps_its_last_byte():
    path = Path(get_testdata_file("SC_rgb_small_odd_big_endian.dcm"))
    assert read(path.read_bytes()).PixelData == dcmread(path).PixelData


@pytest.mark.parametrize("trailing", [b"DOE^JANE WAS HERE", bytes(512), b"\0" * 7])
def test_trailing_matter_is_cut_and_counted(trailing):
    one = deidentified(make.ct_slice() + trailing)
    assert b"".join(one.chunks()) == bytes_of(make.ct_slice())
    assert ("trailing bytes", "X") in [(change.path, change.action) for change in one.changes]


def test_matter_before_the_pixel_data_of_an_image_is_no_trailing_matter():
    elements = [e for e in make.minimal() if _tag(e, "explicit") < 0x00280000]
    image = [
        make.element(0x00280010, "US", b"\4\0"),
        b"\x28\0\x11\0??\2\0\5\0",
        make.element(0x7FE00010, "OW", bytes(40)),
    ]
    with pytest.raises(Malformed):
        deidentified(make.raw_dataset(*elements, *image))


def test_no_change_and_no_error_quotes_a_value():
    one = deidentified(make.ct_slice(PatientComments="SECRET"))
    assert "SECRET" not in repr(one)
    assert "SECRET" not in repr(one.changes)
    assert all("[" in c.path or c.action in ("X", "Z", "D", "U", "C", "cut") for c in one.changes)


def test_a_report_is_left_valid_and_empty():
    dataset = read(make.structured_report("Mrs Doe is well."))
    assert b"Doe" not in bytes_of(make.structured_report("Mrs Doe is well."))
    assert dataset.ContentSequence[0].ValueType == "TEXT"


def test_deflated_and_misdeclared_files_come_out_as_their_syntax_says():
    dataset = read(make.ct_slice(TransferSyntaxUID=None))
    assert dataset.file_meta.TransferSyntaxUID == make.EXPLICIT
    assert isinstance(Header(b"", [], split(make.ct_slice()).encoding).texts("PatientName"), list)


def test_colour_declared_as_subsampled_that_is_not_keeps_all_its_bytes():
    whole = make.instance(
        "VL", make.ramp(4, 6, 3, dtype="uint8"), PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0
    )
    assert deidentified(whole).pixels.length == 4 * 6 * 3
    head, pixels = whole[: -4 * 6 * 3 - 4], whole[-4 * 6 * 3 :]
    subsampled = head + (4 * 6 * 2).to_bytes(4, "little") + pixels[: 4 * 6 * 2]
    assert deidentified(subsampled).pixels.length == 4 * 6 * 2
    assert deidentified(head + (50).to_bytes(4, "little") + pixels[:50]).pixels.length == 4 * 6 * 2
