"""A profile file: what it may say, and that a fault is told with its file and line."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomconv.deid.options import BY_NAME, PRESETS
from dicomconv.deid.own_rules import OwnRules
from dicomconv.errors import UsageError
from dicomconv.pipeline.library import profile_of
from dicomconv.pipeline.profile_file import ProfileFile, read_profile
from dicomconv.standard import tag_of
from tests.cli.command import call

RULES = "[attributes]\n"


def written(folder: Path, text: str) -> Path:
    """A profile file with this text."""
    path = folder / "study.toml"
    path.write_text(dedent(text), encoding="utf-8")
    return path


def read(folder: Path, text: str) -> ProfileFile:
    """What a profile file with this text says."""
    return read_profile(written(folder, text))


def fault_of(folder: Path, text: str) -> str:
    """What is said of a faulty profile file."""
    with pytest.raises(UsageError) as error:
        read(folder, text)
    return str(error.value)


def test_preset_options_and_rules_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, """\
        preset = "research"
        options = ["retain-uids", "clean-graphics"]
        [attributes]
        PatientSize = "remove"
        "0010,1030" = "keep"
        StationName = { replace = "SCANNER" }
        RequestAttributesSequence.ScheduledProcedureStepID = "pseudonymise"
        "0019,xx0C,SIEMENS MR HEADER" = { action = "keep", vr = "IS" }
        """)  # fmt: skip
    assert (found.preset, found.options) == ("research", ("retain-uids", "clean-graphics"))
    assert [(f"{r.tag:08X}", r.action, r.value, r.path, r.creator, r.vr, r.line) for r in found.rules] == [
        ("00101020", "remove", "", None, "", "", 4),
        ("00101030", "keep", "", None, "", "", 5),
        ("00081010", "replace", "SCANNER", None, "", "", 6),
        ("00400009", "pseudonymise", "", "RequestAttributesSequence", "", "", 7),
        ("0019000C", "keep", "", None, "SIEMENS MR HEADER", "IS", 8),
    ]


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ProfileFile()


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'preset = "basic"\r\n[attributes]\r\nPatientSize = "remove"\r\n')
    assert [rule.line for rule in read_profile(path).rules] == [3]


@pytest.mark.parametrize("name", ["PatientSize", '"PatientSize"', '"0010,1020"', '"(0010,1020)"', '"00101020"'])
def test_an_attribute_is_named_by_keyword_or_tag(tmp_path: Path, name: str) -> None:
    assert [rule.tag for rule in read(tmp_path, f'{RULES}{name} = "keep"').rules] == [tag_of("PatientSize")]


@pytest.mark.parametrize(
    "text",
    [
        'A.B = "keep"', '"A.B" = "keep"', '"0040,0275.0040,0009" = "keep"', 'A = { B = "keep" }',
        '[attributes.A]\nB = "keep"', '[attributes.A.B]\naction = "keep"',
    ],
)  # fmt: skip
def test_a_path_is_spelt_in_every_way_that_toml_has(tmp_path: Path, text: str) -> None:
    text = text.replace("A", "RequestAttributesSequence").replace("B", "ScheduledProcedureStepID")
    [rule] = read(tmp_path, RULES + text).rules
    assert (rule.tag, rule.path) == (tag_of("ScheduledProcedureStepID"), "RequestAttributesSequence")


def test_the_line_of_a_rule_in_a_table_of_its_own_is_the_one_below_its_table(tmp_path: Path) -> None:
    rules = read(tmp_path, """\
        [attributes]
        # ScheduledProcedureStepID is kept
        ScheduledProcedureStepID = "keep"  # RequestAttributesSequence
        [attributes.RequestAttributesSequence]
        ScheduledProcedureStepID = "remove"
        """).rules  # fmt: skip
    assert [(rule.action, rule.line) for rule in rules] == [("keep", 3), ("remove", 5)]


@pytest.mark.parametrize(
    ("name", "creator", "tag"),
    [
        ("0019,xx0C,SIEMENS MR HEADER", "SIEMENS MR HEADER", 0x0019000C),
        ("0019,XX0c, SIEMENS MR HEADER ", "SIEMENS MR HEADER", 0x0019000C),
        ("(7053,xx00),Philips PET Private Group", "Philips PET Private Group", 0x70530000),
        ("0021,xx1E,Siemens: Thorax/Multix FD, v1.0", "Siemens: Thorax/Multix FD, v1.0", 0x0021001E),
    ],
)
def test_a_private_element_is_named_with_its_creator(tmp_path: Path, name: str, creator: str, tag: int) -> None:
    [rule] = read(tmp_path, f'{RULES}"{name}" = "keep"').rules
    assert (rule.creator, rule.tag, rule.path) == (creator, tag, None)
    assert OwnRules([rule]).find_private(creator, tag | 0x1700) is rule


FAULTS = [
    ('prest = "basic"', 1, "prest"),
    ('preset = "all"', 1, "basic, research"),
    ("preset = 3", 1, "preset is one of"),
    ('options = "retain-uids"', 1, "list"),
    ("options = [1]", 1, "list"),
    ('preset = "basic"\noptions = [\n "retain-uids",\n "keep-all",\n]', 4, "keep-all"),
    ('options = ["retain-full-dates", "retain-modified-dates"]', 1, "both"),
    ('preset = "research"\noptions = ["retain-full-dates"]', 2, "both"),
    ("attributes = 4", 1, "table"),
    (RULES + 'PatientSiez = "keep"', 2, "PatientSiez"),
    (RULES + '"0010,XX20" = "keep"', 2, "0010,XX20"),
    (RULES + '"0008,1234" = "keep"', 2, "0008,1234"),
    (RULES + 'PatientSize = "kep"', 2, '"keep"'),
    (RULES + "PatientSize = true", 2, "needs one of"),
    (RULES + 'PatientSize = ["keep"]', 2, "needs one of"),
    (RULES + "PatientSize = {}", 2, "needs one of"),
    (RULES + 'PatientSize = "replace"', 2, "needs one of"),
    (RULES + 'PatientSize = { action = "keep", replace = "1" }', 2, "needs one of"),
    (RULES + "PatientSize = { replace = 1 }", 2, "needs one of"),
    (RULES + 'PatientSize = { action = "keep", because = "x" }', 2, "needs one of"),
    (RULES + 'PatientSize = { action = "keep", vr = "DS" }', 2, "is known"),
    (RULES + 'PatientSize = { vr = "DS" }', 2, "needs one of"),
    (RULES + 'PatientSize = { replace = "tall" }', 2, "VR DS"),
    (RULES + 'PatientSize = { replace = "1\\\\2" }', 2, "VR DS"),
    (RULES + 'PatientAge = { replace = "93" }', 2, "VR AS"),
    (RULES + 'StationName = { replace = "Gerät" }', 2, "ASCII"),
    (RULES + 'StationName = { replace = "longer than sixteen" }', 2, "VR SH"),
    (RULES + 'Rows = { replace = "70000" }', 2, "VR US"),
    (RULES + 'Rows = { replace = "many" }', 2, "VR US"),
    (RULES + 'Rows = { replace = "1\\\\2" }', 2, "VR US"),
    (RULES + 'RecommendedDisplayFrameRateInFloat = { replace = "1e99" }', 2, "VR FL"),
    (RULES + 'SelectorATValue = { replace = "zz" }', 2, "VR AT"),
    (RULES + 'DeviceUID = { replace = "1.a" }', 2, "VR UI"),
    (RULES + 'RequestAttributesSequence = { replace = "x" }', 2, "sequence"),
    (RULES + 'RequestAttributesSequence = "clean"', 2, "sequence"),
    (RULES + 'RequestAttributesSequence = "pseudonymise"', 2, "sequence"),
    (RULES + 'PatientSize = "shift"', 2, "shift"),
    (RULES + 'PatientSize = "clean"', 2, "clean"),
    (RULES + 'PatientBirthDate = "pseudonymise"', 2, "pseudonymise"),
    (RULES + 'DateOfLastCalibration = "shift"', 2, "all dates"),
    (RULES + 'Rows.PatientSize = "keep"', 2, "Rows is no sequence"),
    (RULES + 'PatientSize.Rows.action = "keep"', 2, "PatientSize is no sequence"),
    (RULES + 'PatientSize = "keep"\n"0010,1020" = "remove"', 3, "already"),
    (RULES + 'PatientName = "keep"', 2, "--patient-map"),
    (RULES + '"0010,0020" = "keep"', 2, "--patient-map"),
    (RULES + 'SOPInstanceUID = "keep"', 2, "retain-uids"),
    (RULES + 'BurnedInAnnotation = { replace = "NO" }', 2, "BurnedInAnnotation"),
    (RULES + 'EncapsulatedDocument = "keep"', 2, "--documents"),
    (RULES + 'RequestAttributesSequence.SpecificCharacterSet = "remove"', 2, "read"),
    (RULES + 'TransferSyntaxUID = "keep"', 2, "no attribute that a rule"),
    (RULES + 'PixelData = "keep"', 2, "no attribute that a rule"),
    (RULES + '"0010,0000" = "keep"', 2, "no attribute that a rule"),
    (RULES + '"FFFE,E000" = "keep"', 2, "no attribute that a rule"),
    (RULES + '"0019,100C" = "keep"', 2, "creator"),
    (RULES + '"0019,0010" = "keep"', 2, "creator"),
    (RULES + '"0019,xx0C" = "keep"', 2, "0019,xx0C"),
    (RULES + '"0019,xx0C,ACME" = { replace = "1" }', 2, "private"),
    (RULES + '"0019,xx0C,ACME" = { action = "keep", vr = "XX" }', 2, "VR XX"),
    (RULES + '"0019,xx0C,ACME" = { action = "keep", vr = 1 }', 2, "VR 1"),
    (RULES + '"0019,xx0C,ACME" = { action = "shift", vr = "DS" }', 2, "shift"),
    (RULES + '"0005,xx0C,ACME" = "keep"', 2, "0005"),
    (RULES + '"0019,xx0C,ACME" = "keep"\n"0019,xx0c,ACME" = "clean"', 3, "already"),
]


@pytest.mark.parametrize(("text", "line", "said"), FAULTS, ids=[text.replace("\n", "|") for text, *_ in FAULTS])
def test_a_fault_is_told_with_its_file_and_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    sentence = fault_of(tmp_path, text)
    assert sentence.startswith(f"--profile {tmp_path / 'study.toml'}, line {line}: ")
    assert said in sentence


def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in fault_of(tmp_path, 'preset = "basic"\nPatientSize: keep')


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"study\.toml"):
        read_profile(tmp_path / "study.toml")


@pytest.mark.parametrize("text", ['prest = "basic"', 'options = ["retain-full-dates", "retain-modified-dates"]'])
def test_a_faulty_profile_ends_a_run_with_code_2_before_it_begins(tmp_path: Path, text: str) -> None:
    (tmp_path / "in").mkdir()
    result = call("convert", tmp_path / "in", "-o", tmp_path / "out", "--profile", written(tmp_path, text))
    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)


def test_flags_add_options_to_those_of_the_file_and_choose_another_preset(tmp_path: Path) -> None:
    path = written(tmp_path, 'preset = "research"\noptions = ["retain-uids"]')
    own = {BY_NAME["retain-uids"].column, BY_NAME["clean-graphics"].column}
    assert profile_of(profile=path, option=["clean-graphics"]).options == PRESETS["research"] | own
    assert profile_of(profile=path, preset="basic").options == {BY_NAME["retain-uids"].column}


NAMES = st.sampled_from(
    [
        "PatientSize",
        "0010,1020",
        "Rows",
        "StudyDate",
        "RequestAttributesSequence.StudyID",
        "0019,xx01,ACME",
        "preset",
        "",
    ]
) | st.text("ab.,=\"'\\x0 1#[]{}", max_size=12)
WORDS = st.sampled_from(["keep", "remove", "empty", "clean", "shift", "pseudonymise", "replace", "vr", "action"])
SAID = st.recursive(
    st.one_of(WORDS, st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS | NAMES, inner, max_size=3),
    max_leaves=4,
)


def spelt(said: object) -> str:
    """A value as TOML spells it."""
    if isinstance(said, dict):
        return "{" + ", ".join(f"{spelt(name)} = {spelt(value)}" for name, value in said.items()) + "}"
    if isinstance(said, list):
        return "[" + ", ".join(map(spelt, said)) + "]"
    if isinstance(said, str):
        return '"' + "".join(f"\\u{ord(letter):04X}" for letter in said if ord(letter) < 0xD800) + '"'
    return str(said).lower()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, SAID, max_size=3), st.booleans())
def test_whatever_a_file_says_it_is_read_or_it_is_a_usage_error(
    tmp_path: Path, said: dict[str, object], below: bool
) -> None:
    text = RULES * below + "\n".join(f"{spelt(name)} = {spelt(value)}" for name, value in said.items())
    try:
        rules = read(tmp_path, text).rules
    except UsageError as error:
        rules, told = (), str(error)
    else:
        told = "study.toml"
    assert "study.toml" in told
    assert len(rules) == len({(rule.tag, rule.path, rule.creator) for rule in rules})
