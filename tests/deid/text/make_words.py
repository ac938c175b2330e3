"""Makes `dicomconv/deid/text/words.txt`: run by hand, `python -m tests.deid.text.make_words`.

From the code meanings of PS3.16 and the attribute names of PS3.6, as pydicom holds them, and from the lists below. Of
code meanings only words that somewhere stand in lower case come in: eponyms and trade names do not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary
from pydicom.sr._concepts_dict import concepts

from dicomconv.deid.text.fold import folded
from tests.deid.text.imaging_words import IMAGING, OTHER_LANGUAGES

WORDS = Path(__file__).parents[3] / "dicomconv" / "deid" / "text" / "words.txt"
HEADING = "# Words of imaging that may stay in a cleaned description, folded; made by tests/deid/text/make_words.py; own table\n"
_SCHEMES = ("DCM", "SCT", "NCIt", "RADLEX", "MSH", "UCUM", "LN", "IBSI", "UMLS", "FMA", "MDC", "NEU")
_ANIMALS = {7454, 7480, 7481, 7482, 7483, 7484, 7485, 7486, 7487, 7488}
_WORD = re.compile(r"[^\W\d_]+")

# Words of code meanings that are also surnames, places or breeds, and that descriptions can do without
NAMES = frozenset(
    """
    abbe adrian albers ani antero bath bay berlin bernard bob bud bull carmine celestine collie cousin crystal dane day diamond erie
    fox french garnet gene gray green hansel janus jet kit magnus marsh max maximus merino moles nile page pace pei
    petit rex rich ridge rod rose sandy scarlet shepherd silver sister sky son strong taurus tan toy victoria violet
    walker wright little ever dot nash sam ace din doc karan ken lan han mora terra viking york
    english german german spanish german bird best bright bruce golden good holder law lot read west wood wolf
    may will mark grant young brown black white long short sharp stone cross ball glass gross horn
    """.split()  # noqa: SIM905
)


def words() -> frozenset[str]:
    """All words of the list, folded."""
    found = {*_of_meanings(), *_of_attributes()} - NAMES
    found |= {folded(word) for text in (IMAGING, OTHER_LANGUAGES) for word in text.split()}
    return frozenset(word for word in found if len(word) > 1)


def _of_meanings() -> Iterator[str]:
    for scheme in _SCHEMES:
        for codes in concepts[scheme].values():
            for meaning, contexts in codes.values():
                if not _ANIMALS & set(contexts):
                    yield from (folded(word) for word in _WORD.findall(meaning) if word.islower())


def _of_attributes() -> Iterator[str]:
    return (folded(word) for entry in DicomDictionary.values() for word in _WORD.findall(entry[2]))


if __name__ == "__main__":
    WORDS.write_text(HEADING + "\n".join(sorted(words())) + "\n", encoding="utf-8")
