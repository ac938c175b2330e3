"""MIDI-B's ten actions, written from the description of what they test, and one change: who is missing fails.

Written against the answer key alone: what the program under test calls things is not known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.benchmarks.deid.records import Check
from tests.benchmarks.deid.tokens import is_kept, is_left, tokens

Answer = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Output:
    """What became of a file: its elements, and how the program named what it renamed."""

    elements: Mapping[str, str] = field(repr=False)
    uids: Mapping[str, str] = field(default_factory=dict, repr=False)
    patients: Mapping[str, str] = field(default_factory=dict, repr=False)
    pixel_md5: str = ""
    seen_texts: tuple[str, ...] = field(default=(), repr=False)


def tag_retained(check: Check, output: Output) -> Answer:
    """The element is there; it may be empty."""
    return float(check.path in output.elements), output.elements.get(check.path, "")


def text_notnull(check: Check, output: Output) -> Answer:
    """The element is there and has a value."""
    value = output.elements.get(check.path, "")
    return float(value not in ("", "None", "[]")), value


def text_retained(check: Check, output: Output) -> Answer:
    """The text is in the value, or all its words are: the score is how many of them."""
    value = output.elements.get(check.path)
    if value is None:
        return 0.0, ""
    wanted = tokens(check.action_text)
    if check.action_text.casefold() in value.casefold() or not wanted:
        return 1.0, value
    return sum(is_kept(one, value) for one in wanted) / len(wanted), value


def text_removed(check: Check, output: Output) -> Answer:
    """Neither the text nor any word of it is in the value: the score is how many of them are gone."""
    return _gone(check.action_text, output.elements.get(check.path, ""))


def _gone(text: str, value: str) -> Answer:
    wanted, whole = tokens(text), text.strip().casefold()
    left = [one for one in wanted if is_left(one, value)]
    if value and (whole == value.casefold() or (len(whole) > 2 and whole in value.casefold())):
        return 0.0, value
    return (1 - len(left) / len(wanted) if wanted else 1.0), value


def date_shifted(check: Check, output: Output) -> Answer:
    """The date as it was is not in the value."""
    value = output.elements.get(check.path, "")
    return float(not any(one in value for one in check.action_text.split("\\"))), value


def uid_changed(check: Check, output: Output) -> Answer:
    """The UID as it was is not in the value."""
    return date_shifted(check, output)


def uid_consistent(check: Check, output: Output) -> Answer:
    """The UID is the one that stands for the old one everywhere; an absent one passes."""
    return _consistent(check, output, output.uids)


def patid_consistent(check: Check, output: Output) -> Answer:
    """The Patient ID is the one that stands for the old one everywhere; an absent one passes."""
    return _consistent(check, output, output.patients)


def _consistent(check: Check, output: Output, mapping: Mapping[str, str]) -> Answer:
    value = output.elements.get(check.path)
    if value is None:
        return 1.0, ""
    return float(bool(value) and value == mapping.get(check.action_text)), value


def pixels_hidden(check: Check, output: Output) -> Answer:
    """Nothing of the text is read in the pixels. No text is planted in pixels yet; what was read comes with the output."""
    return _gone(check.action_text, " ".join(output.seen_texts))


def pixels_retained(check: Check, output: Output) -> Answer:
    """The bytes of the pixel value are the same."""
    return float(output.pixel_md5 == check.action_text), output.pixel_md5


ACTIONS: dict[str, Callable[[Check, Output], Answer]] = {
    one.__name__: one
    for one in (
        tag_retained, text_notnull, text_retained, text_removed, date_shifted, uid_changed, uid_consistent, patid_consistent,
        pixels_hidden, pixels_retained,
    )
}  # fmt: skip
RETAINED = frozenset({"tag_retained", "text_notnull", "text_retained", "pixels_retained"})
