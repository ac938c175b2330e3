"""Texts as they are typed at a console: useful words with somebody's name, number or date among them."""

from collections.abc import Callable

from tests.benchmarks.deid import spellings
from tests.benchmarks.deid.sheet import Sheet, Text
from tests.benchmarks.deid.tables import phrases
from tests.benchmarks.deid.tokens import tokens

Writer = Callable[[Sheet, str], tuple[str, tuple[str, ...]]]


def phrase(sheet: Sheet, limit: int) -> str:
    """Words of a real header that fit."""
    fitting = [one.text for one in phrases() if len(one.text) <= limit]
    return sheet.random.choice(fitting)


def with_age_and_physician(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """As in the standard's own example: CT chest abdomen pelvis - 55F Dr. Smith."""
    name = sheet.persona.physician_names[0]
    return f"{words} - {sheet.persona.age}{sheet.persona.sex} Dr. {name}", (name,)


def with_name(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The patient's name behind the words, in one of eight spellings."""
    name = sheet.random.choice(spellings.names(sheet.persona.family, sheet.persona.given))
    return f"{words} {name}", (name,)


def behind_name(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The patient's name before the words."""
    name = sheet.random.choice(spellings.names(sheet.persona.family, sheet.persona.given)[:3])
    return f"{name} {words}", (name,)


def with_number(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The patient's ID, mostly without its zeros."""
    number = sheet.random.choice(spellings.numbers(sheet.persona.patient_id))
    label = sheet.random.choice(("MRN ", "ID:", "#", ""))
    return f"{words} {label}{number}", (number,)


def with_birth_date(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The birth date in one of eight spellings."""
    day = sheet.random.choice(spellings.dates(sheet.persona.born))
    return f"{words} DOB {day}", (day,)


def with_study_date(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The date of an earlier study in one of eight spellings."""
    day = sheet.random.choice(spellings.dates(sheet.day()))
    return f"{words} prior {day}", (day,)


def with_accession(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The accession number."""
    return f"{words} acc {sheet.persona.accession}", (sheet.persona.accession,)


def with_order(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The order number, with nothing that says what it is."""
    return f"{words} {sheet.persona.order}", (sheet.persona.order,)


def with_institution(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """The institution."""
    return f"{words} @{sheet.persona.institution}", (sheet.persona.institution.split()[0],)


def with_phone(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """A telephone number."""
    return f"{words} tel {sheet.persona.phone}", (sheet.persona.phone.split()[-1],)


def with_email(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """An e-mail address."""
    return f"{words} {sheet.persona.email}", (sheet.persona.email,)


def with_titled_stranger(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """Somebody whom no other attribute names, with a title."""
    name = sheet.stranger()
    title = sheet.random.choice(("Dr. ", "Prof. ", "Mrs ", "per Dr "))
    return f"{words} {title}{name}", (name,)


def with_bare_stranger(sheet: Sheet, words: str) -> tuple[str, tuple[str, ...]]:
    """Somebody whom no other attribute names, and nothing tells that it is a name."""
    name = sheet.stranger()
    return (f"{words} {name}" if sheet.random.random() < 0.5 else f"{name.lower()} {words}"), (name,)


WRITERS: tuple[Writer, ...] = (
    with_age_and_physician, with_name, behind_name, with_number, with_birth_date, with_study_date, with_accession,
    with_order, with_institution, with_phone, with_email, with_titled_stranger, with_bare_stranger,
)  # fmt: skip


def mixed(sheet: Sheet, limit: int = 64) -> Text:
    """Useful words and something that names somebody, in so many characters; a second try is shorter.

    Words that are also the name are no use: nobody could tell which to keep.
    """
    for room in (limit // 2, limit // 3, 8, 5):
        words = phrase(sheet, max(room, 5))
        value, secrets = sheet.random.choice(WRITERS)(sheet, words)
        if len(value) <= limit and set(tokens(" ".join(secrets))).isdisjoint(tokens(words)):
            return Text(value, secrets, (words,))
    name = sheet.stranger()[:limit]
    return Text(name, (name,))


def harmless(sheet: Sheet, limit: int = 64) -> Text:
    """Useful words alone."""
    words = phrase(sheet, limit)
    return Text(words, (), (words,))


def naming(sheet: Sheet, limit: int = 64) -> Text:
    """Nothing but somebody's name or number."""
    persona = sheet.persona
    choices = (
        persona.family,
        spellings.names(persona.family, persona.given)[2],
        persona.accession,
        persona.physician_names[1],
    )
    fitting = [one for one in choices if len(one) <= limit] or [sheet.stranger()]
    name = sheet.random.choice([*fitting, sheet.stranger()])[:limit]
    return Text(name, (name,))
