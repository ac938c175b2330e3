"""All spellings of what identifies a patient, in one matcher."""

from collections.abc import Iterator

from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.dates import date_forms
from dicomconv.deid.text.match import Form, Matcher
from dicomconv.deid.text.spellings import name_forms
from dicomconv.deid.text.values import number_forms, phrase_forms


def matcher_of(identifiers: Identifiers) -> Matcher:
    """What finds every spelling of these values; the same for the same values, in whatever order they came."""
    return Matcher(_forms(identifiers), identifiers.uids)


def _forms(identifiers: Identifiers) -> Iterator[Form]:
    for name in sorted(identifiers.names):
        yield from name_forms(name)
    for number in sorted(identifiers.numbers):
        yield from number_forms(number)
    for phrase in sorted(identifiers.phrases):
        yield from phrase_forms(phrase)
    for date in sorted(identifiers.dates):
        yield from date_forms(date)
