"""Coded concepts by their code or their keyword, out of pydicom's tables of PS3.16: no network, no server of terms."""

from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts as _concepts
from pydicom.sr._snomed_dict import mapping as snomed_mapping

from dicomconv.annotation import Code

CATEGORIES = {  # context group of property types: keyword of their category in CID 7150 (PS3.16)
    7194: "MorphologicallyAbnormalStructure",
    7193: "PhysicalObject",
    7197: "BodySubstance",
    7198: "Substance",
    7195: "Function",
    7192: "AnatomicalStructure",
    7191: "Tissue",
    7196: "SpatialAndRelationalConcept",
}
PROPERTY_TYPES = 7151  # Segmentation Property Types
ANYTHING = "SpatialAndRelationalConcept"
FIRST_SCHEMES = ("SCT", "DCM", "NCIt", "FMA")  # where a keyword is in several schemes
CONCEPTS = cast("dict[str, dict[str, dict[str, tuple[str, list[int]]]]]", _concepts)  # scheme, keyword, code
OWN_SCHEME = "99"  # a Coding Scheme Designator of one's own begins with it (PS3.3 8.2)


def known(scheme: str, value: str) -> Code | None:
    """The concept of a code, with its meaning in PS3.16; None if the tables do not have it."""
    found = _by_code().get((scheme, value))
    return None if found is None else Code(value, scheme, found)


def current(code: Code) -> Code:
    """The same concept as PS3.16 has it now: with its own meaning, and SNOMED RT's codes (SRT) as those of SNOMED CT."""
    value = snomed_mapping["SRT"].get(code.value) if code.scheme in ("SRT", "SNM3", "99SDM") else None
    return known("SCT", value) or Code(value, "SCT", code.meaning) if value else known(code.scheme, code.value) or code


def by_keyword(keyword: str) -> Code | None:
    """The concept of a keyword of pydicom's, such as "Liver"; None if no scheme has it."""
    for scheme in _schemes():
        codes = CONCEPTS[scheme].get(keyword)
        if codes:
            value, (meaning, _) = max(codes.items(), key=lambda one: (len(one[1][1]), one[0]))
            return Code(value, scheme, meaning)
    return None


def is_scheme(scheme: str) -> bool:
    """Whether the tables know a coding scheme, so that its codes can be checked."""
    return scheme in CONCEPTS


def category_of(property_type: Code) -> Code:
    """Segmented Property Category of a type, by the context groups that PS3.16 has for the types of each category."""
    scheme, value = property_type.scheme, property_type.value
    keywords = {keyword for keyword, codes in CONCEPTS.get(scheme, {}).items() if value in codes}
    groups = (group for group in CATEGORIES if not keywords.isdisjoint(cid_concepts[group].get(scheme, ())))
    category = by_keyword(CATEGORIES.get(next(groups, 0), ANYTHING))
    assert category is not None
    return category


def _schemes() -> Iterator[str]:
    yield from FIRST_SCHEMES
    yield from sorted(set(CONCEPTS) - set(FIRST_SCHEMES))


@lru_cache(maxsize=1)
def _by_code() -> dict[tuple[str, str], str]:
    """Meanings by scheme and code value; of several, that of segmentation, else the one that most context groups have."""
    best: dict[tuple[str, str], tuple[tuple[bool, int, int], str]] = {}
    for scheme, concepts in CONCEPTS.items():
        for codes in concepts.values():
            for value, (meaning, groups) in codes.items():
                rank = PROPERTY_TYPES in groups, len(groups), -len(meaning)
                best[scheme, value] = max(best.get((scheme, value), ((False, -1, 0), "")), (rank, meaning))
    return {code: meaning for code, (_, meaning) in best.items()}
