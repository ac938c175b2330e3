"""Code meanings of the standard stay whole; anything else in Code Meaning loses words that no list has."""

import io

import pydicom
import pytest
from pydicom import dcmread

from dicomconv.deid.meanings import is_meaning
from dicomconv.deid.text.collect import Identifiers
from dicomconv.standard import tag_of
from tests import make
from tests.deid.make_meanings import meanings
from tests.deid.test_deidentify import KEY, deidentified, deidentifier_of

MEANING = tag_of("CodeMeaning")


def meaning_of(said: str, identifiers: Identifiers = Identifiers()) -> str:  # noqa: B008 - frozen
    """What becomes of a code meaning."""
    code = {"CodeValue": "1", "CodingSchemeDesignator": "DCM", "CodeMeaning": said}
    content = make.ct_slice(AnatomicRegionSequence=[code])
    one = deidentified(content, deidentifier=deidentifier_of("DEID-TEST", KEY, identifiers=identifiers))
    return str(dcmread(io.BytesIO(b"".join(one.chunks()))).AnatomicRegionSequence[0].CodeMeaning)


@pytest.mark.parametrize("said", ["Lead I", "French"])
def test_a_meaning_of_the_standard_stays_whole(said: str) -> None:
    assert is_meaning(MEANING, said.encode())
    assert meaning_of(said) == said


def test_the_same_words_elsewhere_are_no_meaning() -> None:
    assert not is_meaning(tag_of("FilterType"), b"French")
    assert meaning_of("Lead of Einthoven") == "Lead of"


def test_a_patient_who_is_called_like_a_meaning_is_taken_out() -> None:
    assert meaning_of("French", Identifiers(names=frozenset({"French^Adelbert"}))) == "ANON"


def test_the_table_has_what_pydicom_has() -> None:
    """Of an older or newer release nearly all."""
    known = meanings()
    missing = [meaning for meaning in known if not is_meaning(MEANING, meaning.encode())]
    assert len(known) > 10_000
    assert len(missing) < len(known) / 20
    assert not missing or pydicom.__version__ != "3.0.2"
