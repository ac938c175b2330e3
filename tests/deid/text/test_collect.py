"""What is collected from headers: everything the profile takes away that identifies somebody, at every depth."""

import pickle
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.text.collect import Collector, Identifiers
from dicomconv.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, scan
from dicomconv.header import Header
from dicomconv.standard import rows, tag_of, vr_of
from tests import make, strategies

UID = "1.2.826.0.1.3680043.8.498.7700112233445566"


def header(**attributes: Any) -> Header:
    """A header of attributes by keyword."""
    content = b"".join(
        make.element(tag_of(keyword), vr_of(tag_of(keyword)) or "UN", value)
        for keyword, value in sorted(attributes.items(), key=lambda pair: tag_of(pair[0]))
    )
    return of_bytes(content)


def of_bytes(content: bytes, encoding: Any = EXPLICIT_LITTLE) -> Header:
    """The header that these bytes are."""
    return Header(content, scan(content, 0, len(content), encoding).elements, encoding)


def collected(*headers: Header, protects: Any = lambda tag, path: True) -> Identifiers:
    """What a collector finds in headers."""
    profile = SimpleNamespace(protects=protects, takes_away=protects, keeps_uid=lambda tag, path: False)
    collector = Collector(profile)
    for one in headers:
        collector.add(one)
    return collector.identifiers()


def test_values_are_collected_by_kind() -> None:
    found = collected(
        header(
            PatientName=b"ROE^RITA ",
            PatientID=b"ID-77 ",
            InstitutionName=b"Quillmere ",
            PatientBirthDate=b"19480229",
            SOPInstanceUID=UID.encode(),
        )
    )
    expected = Identifiers(*map(frozenset, ({"ROE^RITA"}, {"ID-77"}, {"Quillmere"}, {"19480229"}, {UID})))
    assert found == expected


def test_what_the_profile_keeps_is_not_collected() -> None:
    found = collected(header(PatientName=b"ROE^RITA ", PatientID=b"ID-77 "), protects=lambda tag, _: tag == 0x00100020)
    assert (found.names, found.numbers) == (frozenset(), frozenset({"ID-77"}))


@pytest.mark.parametrize("undefined", [True, False])
def test_names_are_collected_from_nested_items(undefined: bool) -> None:
    inner = make.item(make.element(0x0040A123, "PN", b"MOE^MAX "), undefined=undefined)
    outer = make.item(make.sequence(0x0040A730, [inner], undefined=undefined), undefined=undefined)
    assert collected(of_bytes(make.sequence(0x0040A730, [outer], undefined=undefined))).names == {"MOE^MAX"}


def test_names_in_private_sequences_are_collected() -> None:
    item = make.item(make.element(0x00100010, "PN", b"MOE^MAX "))
    content = make.element(0x00290010, "LO", b"MAKER ") + make.sequence(0x00291001, [item])
    assert collected(of_bytes(content)).names == {"MOE^MAX"}


def test_what_a_removed_sequence_holds_counts_as_removed() -> None:
    item = make.item(make.element(0x00081155, "UI", UID.encode()))
    found = collected(of_bytes(make.sequence(0x00081140, [item])), protects=lambda tag, _: tag == 0x00081140)
    assert found.uids == {UID}


def test_registered_uids_and_version_numbers_are_no_identifiers() -> None:
    assert not collected(header(SOPClassUID=b"1.2.840.10008.5.1.4.1.1.2\0", StudyInstanceUID=b"1.2.3\0")).uids


def test_a_name_is_read_in_its_character_set() -> None:
    found = collected(header(SpecificCharacterSet=b"ISO_IR 144", PatientName="Нина".encode("iso8859-5")))
    assert found.names == {"Нина"}


def test_the_same_bytes_in_another_character_set_are_another_name() -> None:
    name = "Нина".encode("iso8859-5")
    found = collected(
        header(SpecificCharacterSet=b"ISO_IR 144", PatientName=name),
        header(SpecificCharacterSet=b"ISO_IR 100", PatientName=name),
    )
    assert len(found.names) == 2


def test_the_dates_of_dt_and_of_old_da_are_days() -> None:
    found = collected(header(AcquisitionDateTime=b"20190215101112.5+0100 ", StudyDate=b"2019.02.17"))
    assert found.dates == {"20190215", "20190217"}


@pytest.mark.parametrize("value", [b"", b"0000", b"20199999", b"garbage ", b"\xff\xfe", b"19000101"])
def test_what_is_no_date_of_a_patient_is_not_collected(value: bytes) -> None:
    assert not collected(header(StudyDate=value)).dates


def test_addresses_and_numbers_are_found_in_telecom_information() -> None:
    found = collected(header(PatientTelecomInformation=b"mail rita@roe.example or 555 010 7788 "))
    assert (found.phrases, found.numbers) == ({"rita@roe.example"}, {"555 010 7788"})


@given(strategies.datasets("explicit"), st.binary(max_size=40))
def test_no_header_stops_the_collector(content: bytes, noise: bytes) -> None:
    collected(of_bytes(content))
    broken = make.element(0x00081140, "SQ", noise + b"\0" * (len(noise) % 2))
    assert collected(of_bytes(broken)) == collected(of_bytes(broken))


@given(strategies.datasets("implicit"))
def test_adding_a_header_twice_adds_nothing(content: bytes) -> None:
    once = of_bytes(content, IMPLICIT_LITTLE)
    assert collected(once, once) == collected(once)


def test_identifiers_are_joined_and_travel() -> None:
    both = Identifiers(names=frozenset({"A^B"})) | Identifiers(names=frozenset({"C^D"}), dates=frozenset({"20190215"}))
    assert pickle.loads(pickle.dumps(both)) == Identifiers(
        names=frozenset({"A^B", "C^D"}), dates=frozenset({"20190215"})
    )


def test_codes_for_persons_and_institutions_are_collected_from_their_sequences_only() -> None:
    code = make.item(make.element(0x00080100, "SH", b"P-7788") + make.element(0x00080104, "LO", b"Moe, Max"))
    person, institution = make.sequence(0x00401101, [code]), make.sequence(0x00080082, [code])
    procedure = make.sequence(0x00081032, [code])
    found = collected(of_bytes(person))
    assert (found.names, found.numbers) == ({"Moe, Max"}, {"P-7788"})
    assert collected(of_bytes(institution)).phrases == {"Moe, Max"}
    assert collected(of_bytes(procedure)) == Identifiers()


def test_single_values_are_taken_in_by_their_kind() -> None:
    collector = Collector(SimpleNamespace(protects=None, takes_away=None, keeps_uid=None))
    collector.add_value("phrase", "QUILLMERE_1 ")
    collector.add_value("date", "20190215101112")
    collector.add_value("name", " ")
    found = collector.identifiers()
    assert found == Identifiers(phrases=frozenset({"QUILLMERE_1"}), dates=frozenset({"20190215"}))


def test_every_row_of_the_table_is_an_attribute_and_a_known_kind() -> None:
    for row in rows("identifying.csv"):
        assert all(map(tag_of, row["keyword"].split(".")))
        assert row["kind"] in ("name", "number", "phrase", "free")
