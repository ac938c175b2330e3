"""Code strings that say how an object is to be read, and stay though somebody is called the same (PS3.5 6.2, CS)."""

import re

from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.words import is_word
from dicomconv.standard import defined_terms

_WORDS = re.compile(r"[^\W_]+")


def is_term(keyword: str, value: bytes) -> bool:
    """Whether all values of an attribute are terms that the standard defines for it, or made of words of imaging."""
    listed = defined_terms().get(keyword)
    if listed is None:
        return False
    terms = [part.strip(" \0") for part in value.decode("latin-1").split("\\")]
    return all(term in listed or not term or (not listed and is_of_words(term)) for term in terms)


def is_of_words(text: str) -> bool:
    """Whether a code string is made of words that are no sign of a patient."""
    words = _WORDS.findall(text)
    return bool(words) and all(is_word(folded(word)) for word in words)
