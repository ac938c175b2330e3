"""Cleaned descriptions: words of imaging stay, whatever else goes."""

import pytest

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.words import clinical, ordinary
from tests.deid.text.make_words import HEADING, WORDS, words

NOBODY = Scrubber(Identifiers())

SURVIVORS = (
    "t2_tse_sag_p2", "AAHScout_MPR_cor", "ep2d_diff_3scan_trace_p2_ADC", "Ax T1 FSE+C", "SAG T2 FLAIR", "Ax DWI b1000",
    "t1_mprage_sag_p2_iso_1.0", "3 Plane Loc SSFSE", "CT Abdomen/Pelvis W/O Contrast", "Thorax 1.0 B70f", "Body 3.0 Br40 S3",
    "Topogram 0.6 T20f", "Chest PA & Lateral", "WB PET/CT FDG (AC)", "L MLO Tomosynthesis Reconstruction", "Kopf nativ 5mm H31s",
    "Crâne sans injection coupes fines", "TC torace senza mdc", "LWS sagittal t2 tse", "CaScore 3.0 Sa36 3 BestDiast 78 %",
    "dti_64dir_b1000", "head^brain_routine", "AxT2FSE", "InPhase: Ax LAVA", "I-123 MIBG SPECT", "PET Ga-68 DOTATATE",
    "Lung  1.0  FC51", "ABD/PEL 2.0 x 1.5 CORONAL", "dSW ADC (10^-6 mm²/s)", "2D TOF NECK", "Lead aVF", "fl3d1", "TE30 TR4000",
    "JPEG lossy 76:1", "11 ml Omniscan", "Sag PD FSE FS 512x384", "bone 1.25mm", "EPI PE=AP", "*fl3d1",
    "C-spine AP/LAT", "5/5mm Plain",
)  # fmt: skip

CLEANED = {
    "CT chest, abdomen, and pelvis with contrast - 55F Dr. Smith": "CT chest, abdomen, and pelvis with contrast",
    "CT chest 55F Dr SMITH": "CT chest",
    "Young^Zbigniew Wozniak knee": "Young knee",
    "knee MRI 03/12/2019": "knee MRI",
    "prior 03-NOV-1977 head": "prior head",
    "brain 2019-02-15 10:11:12": "brain",
    "Brain MRN 1234567": "Brain",
    "Brain 1234567": "Brain",
    "abdomen acc# A12345": "abdomen",
    "Call Dr. Patel 212-555-0199 brain": "Call brain",
    "skull jane@roe.example": "skull",
    "skull https://roe.example/x?y=1": "skull",
    "DOB 01/02/1960 Skull": "Skull",
    "12 Elmtree Street chest": "chest",
    "neck 067Y": "neck",
    "Head CT 67 y/o": "Head CT",
    "Head (Wozniak) CT": "Head CT",
    "t1_wozniak_sag": "t1_sag",
    "Name: Wozniak, Pt: Zbigniew": "",
    "10.0.12.7 chest": "chest",
    "123-45-6789 chest": "chest",
    "山田 chest": "chest",
    "chest ordered by Zbigniew": "chest",
    "AB1234567": "",
    "": "",
}


@pytest.mark.parametrize("text", SURVIVORS)
def test_descriptions_of_real_scanners_stay_as_they_are(text: str) -> None:
    assert NOBODY.clean(text) == text


@pytest.mark.parametrize("text", CLEANED)
def test_what_is_not_known_goes(text: str) -> None:
    assert NOBODY.clean(text) == CLEANED[text]


def test_the_list_of_words_is_what_its_script_makes() -> None:
    assert WORDS.read_text(encoding="utf-8") == HEADING + "\n".join(sorted(words())) + "\n"


def test_no_eponym_came_in_from_code_meanings() -> None:
    eponyms = {
        "towne",
        "waters",
        "stenvers",
        "caldwell",
        "crohn",
        "hoffa",
        "einthoven",
        "willis",
        "stryker",
        "schuller",
    }
    assert not eponyms & (clinical() | ordinary())


def test_the_guarded_words_of_the_patient_stay_in_other_meanings() -> None:
    scrubber = Scrubber(Identifiers(names=frozenset({"Head^May", "Long^Young"})))
    assert scrubber.clean("Head CT, long axis, young adult, May") == "Head CT, long axis, young adult, May"


def test_guarded_words_go_beside_a_title_or_each_other() -> None:
    scrubber = Scrubber(Identifiers(names=frozenset({"Head^May", "Young^Al"})))
    texts = ("seen by Dr. Head", "May Head", "HEAD, MAY", "Mrs. Young", "Al Young", "young_al")
    assert [scrubber.echo(text) for text in texts] == ["seen by", "", "", "", "", ""]


def test_a_title_that_may_be_a_modality_is_none_before_a_body_part() -> None:
    scrubber = Scrubber(Identifiers(names=frozenset({"Head^May", "Hand^Rita"})))
    assert [scrubber.echo(text) for text in ("MR HEAD", "DR HAND")] == ["MR HEAD", "DR HAND"]


def test_short_names_are_not_searched_alone() -> None:
    scrubber = Scrubber(Identifiers(names=frozenset({"Doe^Jo"})))
    assert scrubber.echo("doe, jo") == ""
    assert scrubber.echo("does a doe jog") == "does a doe jog"


@pytest.mark.parametrize("number", ["1", "12", "123", "2019", "1000", "0000", "0000000"])
def test_numbers_that_may_be_figures_are_not_searched(number: str) -> None:
    text = f"TR {number} b{number} {number}"
    assert Scrubber(Identifiers(numbers=frozenset({number}))).echo(text) is text


def test_a_number_is_not_taken_out_of_decimals_uids_and_longer_numbers() -> None:
    scrubber = Scrubber(Identifiers(numbers=frozenset({"483920"})))
    for text in ("0.483920", "1.2.483920.7", "1483920", "4839201", "483920.5"):
        assert scrubber.echo(text) is text


@pytest.mark.parametrize("phrase", ["CT", "MRI", "Radiology", "SIEMENS", "Head CT", "Department"])
def test_places_without_a_name_of_their_own_are_not_searched(phrase: str) -> None:
    text = "SIEMENS CT head, MRI radiology department"
    assert Scrubber(Identifiers(phrases=frozenset({phrase}))).echo(text) is text


def test_placeholders_are_not_searched() -> None:
    scrubber = Scrubber(Identifiers(names=frozenset({"ANON^ANON", "Anonymous^Patient"}), numbers=frozenset({"ANON"})))
    assert scrubber.echo("ANON^ANON patient") == "ANON^ANON patient"
