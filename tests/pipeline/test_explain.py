"""What `explain` and the conformance statement say is what the engine does."""

import io
import json
import re
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from dicomconv.deid.deidentify import Deidentifier, Patient
from dicomconv.deid.options import BY_NAME, OPTIONS, PRESETS, options_of
from dicomconv.deid.own_rules import OwnRule, OwnRules
from dicomconv.deid.private import SafeAttribute, safe_attributes
from dicomconv.deid.profile import Profile, listed_tags
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.errors import UsageError
from dicomconv.part10 import split
from dicomconv.pipeline.conformance import statement
from dicomconv.pipeline.explain import CODES, Explained, explain, explain_concept, explain_private, lines
from dicomconv.source import Original
from dicomconv.standard import confidentiality, keyword_of, stricter, tag_of
from tests import make
from tests.cli.command import call

BASIC, RESEARCH = Profile(), Profile(PRESETS["research"])
SAFE = Profile(options_of(["retain-safe-private"]))
SETS = [options_of([name]) for name in BY_NAME] + list(PRESETS.values())
PRIVATE_VALUES = {
    **dict.fromkeys(("CS", "LO", "SH", "LT", "ST", ""), b"ON"), **dict.fromkeys(("OB", "OW", "OW/OB", "US", "SS"), b"\1\0"),
    **dict.fromkeys(("UL", "SL"), b"\1\0\0\0"), **dict.fromkeys(("DS", "IS"), b"1 "), "FL": struct.pack("<f", 1.5),
    "FD": struct.pack("<d", 1.5), "UI": b"1.2.3\0", "AT": b"\x10\0\x10\0",
}  # fmt: skip


def read(content: bytes, profile: Profile) -> Dataset:
    """A file, de-identified."""
    deidentifier = Deidentifier(Pseudonyms(b"k" * 32), Patient("DEID-TEST"), profile, Scrubber(Identifiers()))
    return dcmread(io.BytesIO(b"".join(deidentifier(Original(1, "unused", split(content))).chunks())))


def row_of(asked: str, profile: Profile = BASIC, **place: str) -> Explained:
    """What is said of one attribute."""
    [row] = explain(asked, profile, **place)
    return row


def test_every_attribute_of_the_tables_is_told_once_with_a_known_code() -> None:
    for options in SETS:
        rows = explain(None, Profile(options))
        assert {row.code for row in rows} <= CODES.keys()
        assert all(row.rule for row in rows)
        tags = [row.tag for row in rows]
        assert len(tags) == len(set(tags))
        assert {
            f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in (*listed_tags(), *stricter()) if tag >> 16 > 4
        } <= set(tags)


@pytest.mark.parametrize(
    ("asked", "profile", "code", "becomes"),
    [
        ("StudyDate", BASIC, "Z", ""),
        ("StudyDate", RESEARCH, "S", "the date moved back by the patient's own number of weeks"),
        ("StudyTime", RESEARCH, "S", "as it is: dates move by whole days"),
        ("StudyDescription", RESEARCH, "C", "its text without what identifies"),
        ("StationAETitle", RESEARCH, "P", "keyed pseudonym"),
        ("PatientAge", RESEARCH, "K", "over 89 years: 090Y"),
        ("SeriesDate", BASIC, "D", "19000101"),
        ("AnnotationGroupUID", BASIC, "D", "new UID"),
        ("PatientName", BASIC, "Z", "keyed pseudonym"),
        ("LongitudinalTemporalInformationModified", RESEARCH, "K", "MODIFIED"),
        ("DateOfLastCalibration", RESEARCH, "D", "19000101"),
        ("Rows", BASIC, "K", ""),
        ("BeamName", RESEARCH, "T", "a dummy if nothing is left"),
    ],
)
def test_what_becomes_of_an_attribute_is_told(asked: str, profile: Profile, code: str, becomes: str) -> None:
    row = row_of(asked, profile)
    assert (row.code, row.becomes) == (code, becomes)


def test_a_rule_of_ones_own_is_told_with_its_line_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('[attributes]\nStationName = { replace = "SCANNER" }\nRequestAttributesSequence.StudyID = "keep"\n'
                    'Rows = "remove"\n"0029,xx01,ACME" = "clean"\n', encoding="utf-8")  # fmt: skip
    rows = {
        (row["tag"], row["keyword"]): row for row in json.loads(call("explain", "--profile", path, "--json").stdout)
    }
    station, rows_removed = rows["(0008,1010)", "StationName"], rows["(0028,0010)", "Rows"]
    nested = rows["(0020,0010)", "RequestAttributesSequence.StudyID"]
    assert (station["code"], station["becomes"], station["rule"]) == ("V", "SCANNER", "profile file, line 2")
    assert (nested["code"], nested["rule"], rows["(0020,0010)", "StudyID"]["code"]) == (
        "K",
        "profile file, line 3",
        "Z",
    )
    assert rows_removed["code"] == "X"
    [private] = json.loads(call("explain", "--profile", path, "--private", "--json").stdout)
    assert (private["tag"], private["keyword"], private["code"]) == ("(0029,xx01)", "ACME", "C")


@pytest.mark.parametrize(
    "options", [[], ["--preset", "basic"], ["--option", "clean-graphics"], ["--preset", "research"]], ids=str
)
def test_the_command_tells_of_the_profile_that_is_chosen(options: list[str]) -> None:
    words = dict(zip(options[::2], options[1::2], strict=True))
    chosen = options_of([words["--option"]] if "--option" in words else [], words.get("--preset", "basic"))
    told = json.loads(call("explain", "--json", *options).stdout)
    assert [Explained(**row) for row in told] == explain(None, Profile(chosen))


@pytest.mark.parametrize(
    "words", [("--option", "retain-all"), ("--preset", "all"), ("--preset", "research", "--option", "retain-full-dates"),
              ("--concept", "121022"), ("--concept", ",DCM"), ("--profile", "none.toml")]
)  # fmt: skip
def test_what_does_not_exist_or_go_together_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert call("explain", *words).exit_code == 2


def with_private(row: SafeAttribute, value: bytes) -> bytes:
    """A file with one element of a private creator."""
    vr = row.vr.split("/")[0] or "LO"
    most = int(row.vm.split("-")[0]) if row.vm[:1].isdigit() else 1
    single = (
        value
        if most <= 1
        else b"\\".join([value.strip()] * most)
        if vr in ("DS", "IS", "CS", "LO", "SH")
        else value * most
    )
    single += b" " * (len(single) % 2)
    block = make.private_block(row.creator, [(row.offset, vr, single)], group=row.group)
    elements = [*make.minimal(), block]
    return make.raw_dataset(*sorted(elements, key=lambda e: struct.unpack("<HH", e[:4])))


@pytest.mark.parametrize(
    "options", [*SETS, options_of(["retain-safe-private", "retain-uids"])], ids=lambda o: ",".join(sorted(o))
)
def test_what_is_told_of_a_safe_private_attribute_is_what_is_done(options: frozenset[str]) -> None:
    for row in safe_attributes().values():
        if row.vr == "SQ":
            continue
        value, told = (
            PRIVATE_VALUES[row.vr],
            row_of(f"{row.group:04X},xx{row.offset:02X},{row.creator}", Profile(options)),
        )
        found = read(with_private(row, value), Profile(options)).get((row.group, 0x1000 | row.offset))
        assert (found is None) == (told.code == "X"), row
        if row.vr == "UI" and found is not None:
            assert (found.value == "1.2.3") == (told.code == "K"), row


def test_a_private_element_that_nobody_knows_is_told_as_removed() -> None:
    assert row_of("0029,xx01,ACME", SAFE).code == "X"
    assert row_of("0019,xx0C,SIEMENS MR HEADER", SAFE).code == "K"
    assert row_of("0019,xx0C,SIEMENS MR HEADER", BASIC).code == "X"


def test_a_rule_of_ones_own_for_a_private_element_is_told_before_the_list() -> None:
    own = OwnRules([OwnRule(0x0019000C, "remove", creator="SIEMENS MR HEADER", line=3)])
    row = row_of("0019,xx0C,SIEMENS MR HEADER", Profile(SAFE.options, own))
    assert (row.code, row.rule) == ("X", "profile file, line 3")


def test_the_list_of_private_attributes_is_all_of_the_table_or_nothing() -> None:
    assert len(explain_private(SAFE)) == len(safe_attributes()) == 479
    assert explain_private(BASIC) == []


def test_a_concept_is_told_under_its_own_value_type_or_under_each() -> None:
    structured = Profile(options_of(["clean-structured-content", "retain-modified-dates"]))
    [accession] = explain_concept("121022,DCM", structured)
    assert (accession.vr, accession.code, accession.keyword) == ("TEXT", "X", "Accession Number")
    [date] = explain_concept("126201, dcm", structured)
    assert (date.vr, date.code) == ("DATE", "S")
    unknown = {row.vr: row.code for row in explain_concept("1,99X", structured)}
    assert (unknown["PNAME"], unknown["UIDREF"], unknown["NUM"]) == ("D", "U", "K")
    assert {row.code for row in explain_concept("121022,DCM", BASIC)} == {"D"}


@given(st.text(max_size=30), st.sampled_from(SETS))
@settings(max_examples=200, deadline=None)
def test_whatever_is_asked_there_is_an_answer_or_a_usage_error(asked: str, options: frozenset[str]) -> None:
    for ask in (explain, explain_concept):
        try:
            rows = ask(asked, Profile(options))
        except UsageError:
            continue
        assert all(lines(rows))


def test_the_legend_of_the_command_has_every_code() -> None:
    legend = call("explain", "--help").stdout
    assert [code for code in CODES if not re.search(rf"(?<!\w){code}\s+\w", legend)] == []


@pytest.mark.parametrize("options", SETS, ids=lambda o: ",".join(sorted(o)) or "basic")
def test_the_statement_names_every_attribute_that_is_not_kept_under_its_code(options: frozenset[str]) -> None:
    sections = dict(re.findall(r"^### (\w): .*?\n\n(.*?)\n\n", statement(Profile(options)), re.MULTILINE | re.DOTALL))
    for row in explain(None, Profile(options)):
        assert f"{row.keyword} {row.tag}" in " ".join(sections[row.code].split())


def test_the_statement_has_what_the_standard_asks_for() -> None:
    """PS3.15 E.1.3: removed and replaced attributes, dummies, consistency, what is inserted, encryption, options."""
    text = statement(BASIC)
    for option in OPTIONS:
        assert f"{option.meaning} ({option.code}) | Y" in text
    for word in (
        "2.25.",
        "(0012,0064)",
        "(0028,0303)",
        "(0018,A001)",
        "AES-256-CBC",
        "52 to 520",
        "479",
        "Clean Pixel Data Option (113101) | Y",
        "| AS | `000Y` |",
    ):
        assert word in text
    assert re.search(r"\(113102\) \| N \| N", text)


def test_the_statement_claims_what_instances_claim() -> None:
    own = Profile(PRESETS["limited-dataset"], OwnRules([OwnRule(tag_of("StudyID"), "keep")]))
    for profile in (BASIC, RESEARCH, own):
        dataset = read(make.ct_slice(), profile)
        claimed = {item.CodeValue for item in dataset.DeidentificationMethodCodeSequence}
        assert set(re.findall(r"\((113\d{3})\)[;.]", statement(profile).split("\n## ")[0])) == claimed


def test_the_command_prints_the_statement_of_the_profile_that_is_chosen() -> None:
    assert call("explain", "--conformance", "--preset", "research").stdout == statement(RESEARCH) + "\n"


def test_the_table_has_no_attribute_twice_and_none_without_a_name() -> None:
    for tag in listed_tags():
        assert keyword_of(tag) == confidentiality()[f"{tag:08X}"].keyword
