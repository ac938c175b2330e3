"""All spellings of what identifies a patient, in one matcher."""

from collections.abc import Iterator
from functools import lru_cache

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.dates import date_forms
from dicomconv.deid.text.form import Form
from dicomconv.deid.text.match import Matcher
from dicomconv.deid.text.part_dates import part_date_forms
from dicomconv.deid.text.spellings import name_forms, short_name_forms
from dicomconv.deid.text.values import number_forms, phrase_forms


@lru_cache(maxsize=2)
def matcher_of(identifiers: Identifiers) -> Matcher:
    """What finds every spelling of these values; the same for the same values, in whatever order they came.

    Remembered, as scrub and search need the same one.
    """
    return Matcher(_forms(identifiers), identifiers.uids)


def short_names_of(identifiers: Identifiers) -> Matcher:
    """What finds names of two or three letters alone: for text in which an unknown word may go."""
    return Matcher(form for name in sorted(identifiers.names) for form in short_name_forms(name))


def _forms(identifiers: Identifiers) -> Iterator[Form]:
    for name in sorted(identifiers.names):
        yield from name_forms(name)
    for number in sorted(identifiers.numbers):
        yield from number_forms(number)
    for phrase in sorted(identifiers.phrases):
        yield from phrase_forms(phrase)
    for date in sorted(identifiers.dates):
        yield from date_forms(date)
        yield from part_date_forms(date)
