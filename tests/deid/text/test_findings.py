"""What an attentive reader still found: names inside words, beside binary values, in other scripts; parts of dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.search import ResidualSearch

LONG = Identifiers(names=frozenset({"Quandtberg^Ottokar", "Brandt^Annegret", "Original^Primary"}))
SCRUBBER, SEARCH = Scrubber(LONG), ResidualSearch(LONG)
DATED = Identifiers(dates=frozenset({"19771103", "20190215", "20211210"}))
HEADER = b"\x10\0\x20\0LO\x0c\0"

beside_text = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, categories=("L", "P")), max_size=4)


def echo(text: str, **values: frozenset[str]) -> str:
    """A text without the echoes of some values."""
    return Scrubber(Identifiers(**values)).echo(text)


def names(*values: str) -> Identifiers:
    """A patient with these names."""
    return Identifiers(names=frozenset(values))


# Beside bytes that are no text


@pytest.mark.parametrize(
    "behind", [b"\xe0\x7f\x10\0OW\0\0", b"\x7f\xe0\0\x10OW\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xff\xff"]
)
@pytest.mark.parametrize("name", [b"Quandtberg", b"Brandt"])
def test_a_name_before_the_tag_of_pixel_data_or_a_delimiter_is_seen(name: bytes, behind: bytes) -> None:
    assert SEARCH.in_bytes(b"OW\0\0\x0c\0\0\0x " + name + behind)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_a_long_name_is_seen_beside_whatever_bytes(before: bytes, after: bytes) -> None:
    assert SEARCH.in_bytes(before + b"Quandtberg" + after)


@given(beside_text, beside_text)
def test_bytes_and_text_agree_on_what_stands_at_both_ends_of_a_value(before: str, after: str) -> None:
    text = f"{before}Brandt{after}"
    in_text = any(hit.offset <= len(before) < hit.offset + hit.length for hit in SEARCH.in_text(text))
    content = text.encode()
    assert bool(SEARCH.in_bytes(HEADER + content + b"\x10\0\x30\0DA\x08\0")) is in_text


def test_a_letter_at_the_start_of_a_value_is_no_length() -> None:
    assert SEARCH.in_bytes(HEADER + b"XBrandt") == []
    assert SEARCH.in_bytes(b"\0\x10\0\x20LO\0\x58Brandt ")


def test_a_hit_says_how_many_bytes_it_is_long() -> None:
    assert [(hit.offset, hit.length) for hit in SEARCH.in_bytes(b"CT Quandtberg ")] == [(3, 10)]
    assert (3, 19) in {(hit.offset, hit.length) for hit in SEARCH.in_bytes(b"CT " + "Quandtberg".encode("utf-16-le"))}
    assert [(hit.offset, hit.length) for hit in SEARCH.in_text("CT Quandtberg ")] == [(3, 10)]


@given(
    st.lists(
        st.sampled_from([b"Brandt ", b"CT abdomen ", b"\xe0\x7f\x10\0", b"\xc3\xa9", b"QUANDTBERG\0", b"x"]),
        max_size=12,
    )
)
def test_a_search_that_remembers_finds_what_a_fresh_one_finds(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert SEARCH.in_bytes(data) == SEARCH.in_bytes(data) == ResidualSearch(LONG).in_bytes(data)


# Numbers


@pytest.mark.parametrize(
    ("number", "text"),
    [("48210", "Scan 48210"), ("MR-48213-7", "Scan 48213-7"), ("MR-48213-7", "Scan 48213"), ("A/48213/B", "48213-B"),
     ("12345678", "12.345.678"), ("5551234567", "555.123.4567"), ("350400", "350 400")],
)  # fmt: skip
def test_a_number_goes_in_every_grouping(number: str, text: str) -> None:
    assert echo(text, numbers=frozenset({number})) in ("", "Scan")


@pytest.mark.parametrize(
    ("number", "text"),
    [("350400", "350\\400"), ("158135803", "-158.135803"), ("48200", "TR 48200"), ("4810", "TR 4810")],
)
def test_two_values_a_decimal_and_a_round_figure_are_no_number(number: str, text: str) -> None:
    identifiers = Identifiers(numbers=frozenset({number}))
    assert Scrubber(identifiers).echo(text) is text
    assert ResidualSearch(identifiers).in_bytes(text.encode()) == []


@given(st.integers(10_000_000, 999_999_999), st.integers(1, 7))
def test_no_identifier_is_found_in_a_decimal_of_its_digits(number: int, places: int) -> None:
    digits = str(number)
    search = ResidualSearch(Identifiers(numbers=frozenset({digits})))
    assert search.in_bytes(f"1.5\\{digits[:-places]}.{digits[-places:]}\\2".encode()) == []
    assert search.in_bytes(f"{digits[:-places]}\\{digits[-places:]}".encode()) == []


def test_two_values_that_are_a_name_together_are_none() -> None:
    assert SEARCH.in_bytes(b"ORIGINAL\\PRIMARY\\AXIAL") == []


# Names within words, cut, broken


@pytest.mark.parametrize("text", ["CTQUANDTBERG", "Quandtbergs", "AQuandtberg", "Quandt-berg", "Quandt-\nberg", "Quandt\r\nberg",
                                  "Quandt\u00adberg", "Quandt\u200bberg", "Qu\ufeffandt\u2060berg",
     "xquandtbergx"])  # fmt: skip
def test_a_long_name_goes_from_within_words_and_broken_ones(text: str) -> None:
    assert not {"quandt", "berg"} & set(SCRUBBER.echo(text).casefold().replace("-", " ").split())
    assert "uandtberg" not in SCRUBBER.echo(text).casefold()
    assert SEARCH.in_text(text)


@pytest.mark.parametrize("text", ["QUANDTBERGOTTOKA", "Quandtberg^Ottok", "Ottokar_Quandtbe", "OTTOKARQUANDTBER"])
def test_a_name_that_was_cut_at_sixteen_characters_goes_whole(text: str) -> None:
    assert SCRUBBER.echo(f"CT {text}") == "CT"


@given(st.integers(2, 6))
def test_a_given_name_cut_anywhere_goes_with_the_family_name(length: int) -> None:
    assert SCRUBBER.echo("head QUANDTBERG " + "OTTOKAR"[:length]) == "head"


def test_a_body_part_behind_a_name_is_no_cut_name() -> None:
    scrubber = Scrubber(names("Almansouri^Abdulrahim"))
    assert scrubber.echo("Almansouri abdomen") == "abdomen"
    assert scrubber.echo("ALMANSOURI ABD") == "ABD"


def test_a_name_within_words_of_imaging_does_not_break_them() -> None:
    scrubber = Scrubber(names("Scholastic^Margaret", "Angiogra^Ottokar", "Parenchy^Mia"))
    for text in ("angiography", "parenchymal"):
        assert scrubber.echo(text) is text


@pytest.mark.parametrize(
    ("name", "text"),
    [("de la Cruz^Ines", "delacruz"), ("de la Cruz^Ines", "LACRUZ"), ("Delacruz^Ines", "De La Cruz"),
     ("MacDonald^Ines", "Mac Donald"),
     ("MACDONALD^INES", "Mac Donald"), ("Mac Donald^Ines", "MacDonald"), ("Cruz^Juan de la", "delacruz"),
     ("Vandenberg^Ines", "van den Berg")],
)  # fmt: skip
def test_particles_stand_together_or_apart(name: str, text: str) -> None:
    assert Scrubber(names(name)).echo(f"CT {text}") == "CT"


# Other scripts


@pytest.mark.parametrize(
    ("name", "text"),
    [("Иванов^Пётр", "Иванова"), ("Иванов^Пётр", "ИВАНОВЫМ"), ("Ковалёва^Нина", "Ковалёвой"), ("محمود^علي", "المحمود"),
     ("المحمود^علي", "محمود"), ("محمود^علي", "محـمـود"), ("タナカ^ジロウ", "たなか"), ("たなか^じろう", "タナカ"),
     ("タナカ^ジロウ", "ﾀﾅｶ"),
     ("王^小明", "王先生"), ("王小明", "王先生"), ("김^민수", "김씨"), ("김민수", "김 선생님")],
)  # fmt: skip
def test_names_of_other_scripts_go_as_they_are_written_there(name: str, text: str) -> None:
    identifiers = names(name)
    assert Scrubber(identifiers).echo(f"CT {text}") == "CT"
    assert ResidualSearch(identifiers).in_text(f"CT {text}")


@pytest.mark.parametrize(
    ("name", "text", "charset"),
    [("Иванов^Пётр", "Иванова", "iso8859-5"), ("Ковалёва^Нина", "Ковалёвой", "utf-8"), ("タナカ^ジロウ", "たなか", "utf-8"),
     ("たかはし^じろう", "ﾀｶﾊｼ", "shift_jis"), ("王^小明", "王先生", "gb18030"), ("محمود^علي", "المحمود", "iso8859-6"),
     ("Quandtberg^Ottokar", "Quandt\u00adberg", "latin-1")],
)  # fmt: skip
def test_they_are_seen_in_bytes_too(name: str, text: str, charset: str) -> None:
    assert ResidualSearch(names(name)).in_bytes(f" {text} ".encode(charset))


def test_a_longer_word_of_the_same_beginning_is_no_inflection() -> None:
    text = "Ивановский"
    assert Scrubber(names("Иванов^Пётр")).echo(text) is text


# Short names


@pytest.mark.parametrize("text", ["t2 kim sag", "t2_WU_sag", "t2 Lee sag"])
def test_a_name_of_few_letters_goes_from_cleaned_text_only(text: str) -> None:
    scrubber = Scrubber(names("Kim^Wu^Lee"))
    assert scrubber.technical(text).replace("_", " ") == scrubber.clean(text).replace("_", " ") == "t2 sag"
    assert scrubber.echo(text) is text


def test_a_short_name_that_is_a_word_or_within_one_stays() -> None:
    scrubber = Scrubber(names("Ma^Kim", "Ng^An"))
    for text in ("120 mA", "5 ng", "an eye", "kimu", "t2kim3"):
        assert scrubber.technical(text) == text


# Parts of dates


@pytest.mark.parametrize(
    "text",
    ["11/03", "03/11", "03.11", "03.11.", "10.12.", "3 Nov", "3rd of November", "3rd November", "3. November",
     "November 3rd", "November the 3rd", "3 de noviembre", "15 février", "15 février 2020", "3 novembre", "11/1977", "1977/11",
     "2019-02",
     "771103", "031177", "1977年11月3日", "1977年11月", "11月3日", "1977년 11월 3일", "week 7 2019", "2019-W07", "2019W07",
     "KW 7 2019",
     "2019-046", "2019046", "Nov 1977", "3 Nov 1999", "24 Nov 1977"],
)  # fmt: skip
def test_a_part_of_a_date_that_gives_the_shift_away_goes(text: str) -> None:
    scrubber = Scrubber(DATED)
    assert scrubber.echo(f"CT {text} head").replace(" .", "") == "CT head"
    assert ResidualSearch(DATED).in_text(f"CT {text} head")


@pytest.mark.parametrize(
    "text",
    ["12.10", "10.12 mm", "1.03.11.2", "11/03/99", "5 Nov", "Nov", "3", "W07", "1977110", "771103.5", "3 NOVA",
     "13 Nov",
     "Apr 2018", "1 MRT"],
)  # fmt: skip
def test_figures_that_are_no_part_of_a_date_of_the_patient_stay(text: str) -> None:
    kept = f"CT {text}"
    scrubber = Scrubber(Identifiers(dates=DATED.dates | {"19180420", "20210301"}))
    assert scrubber.echo(kept) is kept


@pytest.mark.parametrize(
    "text",
    ["Nov 3", "3rd of November", "8/2021", "2021/08", "2019年2月15日", "2月15日", "93 Jahre", "93-jährige", "93 ans", "64 años",
     "57 anni",
     "71 jaar", "93 лет", "93歳", "40세", "MAY 5", "3 de noviembre"],
)  # fmt: skip
def test_days_months_and_ages_of_whomever_go_from_cleaned_text(text: str) -> None:
    nobody = Scrubber(Identifiers())
    assert nobody.clean(f"head {text}") == nobody.technical(f"head {text}") == "head"


@pytest.mark.parametrize("text", ["2017", "1985", "F93", "m71"])
def test_a_year_alone_and_a_letter_with_an_age_go_from_free_text_only(text: str) -> None:
    nobody = Scrubber(Identifiers())
    assert nobody.clean(f"prior {text} head") == "prior head"
    assert nobody.technical(f"prior {text} head") == f"prior {text} head"


@pytest.mark.parametrize(
    "text",
    ["TR 2015", "TE=1999", "b 2000", "2048", "1985 ms", "ISO 2022", "JPEG 2000", "2097:1", "head 1.0 MAR 2", "OCT 3",
     "F18 FDG", "M1 L5",
     "2D", "3 mar", "1950 x 1950", "iMAR 3"],
)  # fmt: skip
def test_figures_of_imaging_are_neither_years_nor_days(text: str) -> None:
    assert Scrubber(Identifiers()).clean(text) == text
