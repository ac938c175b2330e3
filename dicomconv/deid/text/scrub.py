"""Takes what identifies a patient out of text (PS3.15 E.3.5): always its echoes, on request all that is not known."""

from dicomconv.deid.text.allow import only_known, only_technical
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.cut import without
from dicomconv.deid.text.forms import matcher_of, short_names_of
from dicomconv.deid.text.match import Matcher
from dicomconv.deid.text.patterns import found_patterns, without_patterns, without_years


class Scrubber:
    """Takes the identifying values of one patient out of texts, in every spelling."""

    __slots__ = ("_matcher", "_short_names")

    def __init__(self, identifiers: Identifiers) -> None:
        self._matcher: Matcher = matcher_of(identifiers)
        self._short_names: Matcher = short_names_of(identifiers)

    def echo(self, text: str) -> str:
        """The text without the identifying values of this patient; the same object if it has none."""
        return _without_all(text, self._matcher)

    def clean(self, text: str) -> str:
        """The text with nothing in it but known words and plain figures, in the order they stood."""
        previous = None
        while text != previous:
            previous = text
            text = only_known(without_years(without_patterns(self._without_names(text))))
        return text

    def technical(self, text: str) -> str:
        """The text of an attribute that names techniques: without echoes, titled names, and long words no list has."""
        previous = None
        while text != previous:
            previous = text
            text = only_technical(without_patterns(self._without_names(text)))
        return text

    def _without_names(self, text: str) -> str:
        """The text without echoes; with what is around them, where that has a form of its own: all of a date."""
        found = self._matcher.find(text)
        if found:
            text = without(text, [*found, *found_patterns(text)])
        return _without_all(self.echo(text), self._short_names)

    def __repr__(self) -> str:
        return f"<Scrubber with {self._matcher!r}>"


def _without_all(text: str, matcher: Matcher) -> str:
    while found := matcher.find(text):
        text = without(text, found)
    return text
