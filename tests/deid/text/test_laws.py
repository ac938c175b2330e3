"""Laws of scrub and search: what is taken out is nowhere, what is nobody's stays, and both agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.search import ResidualSearch

PATIENT = Identifiers(
    names=frozenset(
        {"Kowalczyk-Brandt^Annegret^Lou^Dr.", "Häußler^Jürgen", "Head^May", "Tso^Li", "山田^太郎", "Ковалёва^Нина"}
    ),
    numbers=frozenset({"MRN-00483920", "ID-4711", "58213", "+1 (212) 555-0147"}),
    phrases=frozenset({"Quillmere Medical Center", "12 Tarrow Street, Bexhollow 62704", "lou.kb@quillmere.example"}),
    dates=frozenset({"19771103", "20190215"}),
    uids=frozenset({"2.25.329800735698586629295641978511506172918"}),
)
SCRUBBER, SEARCH = Scrubber(PATIENT), ResidualSearch(PATIENT)

SPELLINGS = (
    "Kowalczyk-Brandt^Annegret", "KOWALCZYK-BRANDT, Annegret", "annegret.kowalczyk", "A. Brandt", "ABrandt",
    "BrandtA", "brandtal", "annegret_kowalczyk_brandt", "Dr. Brandt", "kowalczykbrandt", "HÄUSSLER",
    "Haeussler", "Haussler", "Juergen Häußler", "Ha\u0308ußler", "jurgen", "May Head", "HEAD^MAY", "Dr. Head",
    "Mrs May", "Li Tso", "Dr Tso", "Tso^Li", "山田", "山田太郎", "太郎 山田", "КОВАЛЁВА", "Нина Ковалева", "MRN-00483920",
    "483920", "0483920", "48-39-20", "mrn 00483920", "ID-4711", "id4711", "ID 4711", "58213", "00058213",
    "212-555-0147", "(212) 5550147", "+12125550147", "Quillmere", "QUILLMERE MEDICAL CENTER",
    "quillmere_medical_center", "12 Tarrow Street", "Tarrow Street 12", "tarrow", "Bexhollow 62704", "62704",
    "lou.kb@quillmere.example", "19771103", "1977-11-03", "1977/11/03", "1977.11.03", "03-NOV-1977",
    "3 Nov 1977", "November 3, 1977", "11/03/77", "03/11/1977", "11/03/1977", "03.11.1977", "3.11.77",
    "19771103123000", "15 février 2019", "15. Feb 2019", "2.25.329800735698586629295641978511506172918",
)  # fmt: skip
KEPT = (
    "CT Head", "abdomen", "t1_mprage_sag", "May", "hand", "MR HEAD", "5.0 B30f", "0.4839201", "1.2.483920.7",
    "2 x 1.5", "W/O", "Müllerian",
)  # fmt: skip
CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-5", "gb18030", "shift_jis", "euc_kr", "iso2022_jp")
SELF_SYNCHRONISING = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "iso8859-5",
    "euc_kr",
)  # no byte of a letter is ASCII

pieces = st.sampled_from(SPELLINGS) | st.sampled_from(KEPT) | st.text(max_size=6)
texts = st.lists(st.tuples(pieces, st.sampled_from([" ", "_", "-", ", ", "^", "/", " (", ") ", ""])), max_size=6).map(
    lambda parts: "".join(piece + separator for piece, separator in parts)
)
plain_texts = texts.filter(lambda text: all(character >= " " for character in text))


@given(texts)
def test_nothing_is_found_in_what_was_scrubbed(text: str) -> None:
    assert SEARCH.in_text(SCRUBBER.echo(text)) == []


@given(plain_texts, st.sampled_from(SELF_SYNCHRONISING))
def test_nothing_is_found_in_the_bytes_of_what_was_scrubbed(text: str, charset: str) -> None:
    sayable = text.encode(charset, "replace").decode(charset)
    assert SEARCH.in_bytes(SCRUBBER.echo(sayable).encode(charset)) == []


@given(texts)
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    once = SCRUBBER.echo(text)
    assert SCRUBBER.echo(once) is once


@given(texts)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = SCRUBBER.clean(text)
    assert SCRUBBER.clean(once) == once


@given(texts)
def test_a_cleaned_text_has_no_identifier_either(text: str) -> None:
    assert SEARCH.in_text(SCRUBBER.clean(text)) == []


@given(st.text())
def test_a_text_without_identifiers_is_the_same_object(text: str) -> None:
    assert Scrubber(Identifiers()).echo(text) is text


@given(st.lists(st.sampled_from(KEPT), max_size=1).map(" ".join))
def test_words_of_imaging_stay_though_the_patient_has_such_a_name(text: str) -> None:
    assert SCRUBBER.echo(text) is text


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_leaves_nothing_of_itself(spelling: str) -> None:
    assert SCRUBBER.echo(f"CT {spelling} abdomen") == "CT abdomen"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_search_sees_every_spelling(spelling: str) -> None:
    assert SEARCH.in_text(f"CT {spelling} abdomen")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("spelling", [one for one in SPELLINGS if one not in ("58213", "00058213", "62704")])
def test_the_search_sees_every_spelling_in_bytes(spelling: str, charset: str) -> None:
    try:
        data = f" {spelling} ".encode(charset)
    except UnicodeEncodeError:
        pytest.skip("the character set has no room for it")
    short = spelling in ("3.11.77",)
    assert bool(SEARCH.in_bytes(data)) is not short


def test_a_name_behind_an_escape_sequence_is_seen() -> None:
    assert SEARCH.in_bytes("病院".encode("iso2022_jp") + b"Brandt")


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_search(data: bytes) -> None:
    assert all(0 <= hit.offset < len(data) for hit in SEARCH.in_bytes(data))


def test_the_order_of_values_makes_no_difference() -> None:
    again = Identifiers(*(frozenset(sorted(values, reverse=True)) for values in (PATIENT.names, PATIENT.numbers)))
    text = " ".join(SPELLINGS)
    assert Scrubber(again).echo(text) == Scrubber(Identifiers(PATIENT.names, PATIENT.numbers)).echo(text)


def test_no_repr_quotes_a_value() -> None:
    hits = SEARCH.in_text("Brandt 483920")
    shown = repr((PATIENT, SCRUBBER, SEARCH, hits)).casefold()
    assert hits
    assert not any(value in shown for value in ("brandt", "483920", "quillmere", "1977"))
