"""Makes `dicomconv/deid/text/words.txt`: run by hand, `python -m tests.deid.text.make_words`.

From the code meanings of PS3.16 and the attribute names of PS3.6, as pydicom holds them, and `imaging_words.txt`. Of
code meanings only words that somewhere stand in lower case, or end as terms do, come in: eponyms do not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary
from pydicom.sr._concepts_dict import concepts

from dicomconv.deid.text.fold import folded

WORDS = Path(__file__).parents[3] / "dicomconv" / "deid" / "text" / "words.txt"
IMAGING = Path(__file__).with_name("imaging_words.txt")
HEADING = "# Words of imaging that may stay in a cleaned description, folded; made by tests/deid/text/make_words.py; own table\n"
_SCHEMES = ("DCM", "SCT", "NCIt", "RADLEX", "MSH", "UCUM", "LN", "IBSI", "UMLS", "FMA", "MDC", "NEU")
_ANIMALS = {7454, 7480, 7481, 7482, 7483, 7484, 7485, 7486, 7487, 7488}
_TECHNICAL = re.compile(
    r"[a-z]{2,}(?:al|ic|ions?|ed|ing|oid|itis|osis|graphy|grams?|scop(?:y|ic)|ectomy|plasty|tomy|omas?|ity|ments?|ness|ous|ive|able|ible"
    r"|ular|ary|ory|metry|emia|pathy|lysis|ency|ance|ence|ology|ium)"
)
_WORD = re.compile(r"[^\W\d_]+")

# Words of code meanings that are also surnames, places or breeds, and that descriptions can do without
NAMES = frozenset(
    """
    abbe ace adrian albers amritmahal ani antero balearic baltic barbary bath bauer bay berlin bernard best bird
    blanco bob bond boyle bright brown bruce bud bull canary carmine carter celestine chambers clay clements
    collie cousin crystal dane day delgado diamond dick din doc dot dunn english erie ever fields fox french
    garnet gene german gloucester golden good grant gray green gross han hansel hart holder hunter janus jet
    kangal karan ken kinder kit kurz lan law lawrence little lot magen magnus mallory marks marsh max maximus
    merino miller moles montana mora nash nile noble norwood omar pace page park pei petit read rene rens rex
    rich ridge rocher rod rose sam sandy scarlet shepherd silver sister sky sommer son spanish sterling strong
    tan taurus taylor terra toy victoria viking violet walker west will willis wolf wood wright york
    """.split()  # noqa: SIM905
)


def words() -> frozenset[str]:
    """All words of the list, folded."""
    found = {*_of_meanings(), *_of_attributes()}
    found |= {folded(word) for line in IMAGING.read_text("utf-8").splitlines()[1:] for word in line.split()}
    found -= NAMES
    return frozenset(word for word in found if len(word) > 1)


def _of_meanings() -> Iterator[str]:
    for scheme in _SCHEMES:
        for codes in concepts[scheme].values():
            for meaning, contexts in codes.values():
                if not _ANIMALS & set(contexts):
                    yield from (
                        folded(word) for word in _WORD.findall(meaning) if word.islower() or _is_technical(word)
                    )


def _is_technical(word: str) -> bool:
    """Whether a capitalised word ends as terms do and names do not."""
    return len(word) >= 6 and _TECHNICAL.fullmatch(folded(word)) is not None


def _of_attributes() -> Iterator[str]:
    return (folded(word) for entry in DicomDictionary.values() for word in _WORD.findall(entry[2]))


if __name__ == "__main__":
    WORDS.write_text(HEADING + "\n".join(sorted(words())) + "\n", encoding="utf-8")
