"""What looks like a date, a phone number, an address or somebody's name, whoever's it is (PS3.15 E.3.5)."""

import re
from functools import cache

from dicomconv.deid.text.cut import without
from dicomconv.deid.text.dates import MONTHS
from dicomconv.deid.text.match import Found, Kind

_MONTH = "(?:" + "|".join(sorted({name for line in MONTHS for name in line.split()}, key=len, reverse=True)) + ")"
_YEAR = r"(?:(?:19|20)\d\d|'?\d\d)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_NUMBER = r"(?:0?[1-9]|1[0-2])"
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|way|place|square|terrace|highway"
    r"|strasse|straße|str|weg|platz|gasse|allee|rue|via|calle|plaza|straat|laan)"
)
_NAMES = r"[^\W\d_][\w'’.-]*(?:[ ,^]+(?-i:[A-ZÀ-ÞА-Я])[\w'’.-]*){0,2}"

_PATTERNS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("date", (
        rf"(?<![\w.]){_DAY}(?:st|nd|rd|th)?[ ./_-]*{_MONTH}\.?[ ./,_-]*{_YEAR}(?!\d)",
        rf"(?<![^\W_]){_MONTH}\.?[ ./_-]*{_DAY}(?:st|nd|rd|th)?[ ,./_-]+{_YEAR}(?!\d)",
        rf"(?<![^\W_]){_MONTH}\.?[ ./,_-]*(?:19|20)\d\d(?!\d)",
        rf"(?<![\d.])(?:19|20)\d\d[ ./_-]*{_MONTH}[ ./_-]*{_DAY}(?!\d)",
        rf"(?<![\d.])(?:19|20)\d\d([-./_]){_MONTH_NUMBER}\1{_DAY}"
        r"(?:[T _](?:[01]\d|2[0-3])(?::?[0-5]\d){1,2}(?:\.\d+)?)?(?![\d.])",
        rf"(?<![\d.]){_DAY}([-./]){_MONTH_NUMBER}\1{_YEAR}(?![\d.])(?!\s*(?:mm|cm)\b)",
        rf"(?<![\d.]){_MONTH_NUMBER}([-/]){_DAY}\1{_YEAR}(?![\d.])",
        r"(?<![\d.])(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d(?:\.\d+)?)?)?(?!\d)",
        r"(?<![\d:.])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:\s?[ap]\.?m\b\.?)?(?![\d:])",
        r"(?<![\w.])(?:0?[1-9]|1[0-2])\s?[ap]\.?m\.?(?!\w)",
        r"(?<![\w.])\d{1,3}[ -]?(?:y(?:ea)?rs?|y)[ ./-]*(?:old|o)\b(?:\s*(?:fe)?male\b|\s*[mf]\b)?",
        r"(?<![\w.])\d{2,3}\s?[mf]\b(?!\w)|(?<![\w.])[mf]\s?/\s?\d{2}y?\b(?=$|[\s,;])",
        r"(?<![\w.])0?\d{1,3}[ -]?y(?:/?o|rs?|ears?)?\b",
        r"(?<![\w.])\d{3}[dwm](?!\w)",
        r"\b(?:age|aged|alter)\s*[:=]?\s*\d{1,3}\b",
    )),
    ("number", (
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*",
        r"(?:https?|ftp|file)://\S+|\bwww\.\S+",
        r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])",
        r"(?<![\w.])\d{3}-\d{2}-\d{4}(?!\w)",
        r"(?<![\w.])\+?\d{0,3}[ .-]?\(\d{2,5}\)[ .-]?\d{3,4}[ .-]?\d{3,4}(?!\d)",
        r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)",
        r"(?<![\w.])\+\d{1,3}(?:[ .-]?\d{2,5}){2,5}(?!\d)",
        r"(?<![\w.])\d{3}-\d{4}(?![\w.-])",
        r"(?<![^\W_])(?:mrn|ssn|accession|pid|patient\s?id|pat\.?\s?id|case\s?id|room|id)"
        r"\s*(?:no|nr|number|num)?\.?\s*[:#=]*\s*#?\s*(?=[\w-]*\d)[\w-]+",
        r"(?<![^\W_])(?:acc|order|fax|tel|phone|case)"
        r"\s*(?:no|nr|number|num)?\.?\s*[:#=]*\s*#?\s*(?=[\w-]*\d{3})[\w-]+",
        r"(?<![^\W_])(?:mrn|ssn|accession|acc#|patient\s?id|pid)(?:\s*[:#=]\s*\S+)?",
        r"#\s?(?=\w*\d)[\w-]{4,}",
    )),
    ("phrase", (
        rf"(?<![\w.])\d{{1,5}}[a-z]?,?\s+(?:[^\W\d_][\w'’.-]*\s+){{1,3}}{_STREET}\b\.?(?:\s*(?:apt|suite|#|unit)\.?\s*\w+)?",
        r"(?<![\w.])(?-i:[A-Z]{2})\s+\d{5}(?:-\d{4})?(?![\w.])",
    )),
    ("name", (
        rf"(?<![^\W_])(?-i:Dr|DR|Prof|PROF|Mrs|MRS|Mr|Miss|Herr|Frau|Mme|Dott)\.\s*{_NAMES}",
        rf"(?<![^\W_])(?-i:Dr|Prof|PROF|Mrs|MRS|Mr|Miss|Herr|Frau|Mme|Dott|Doctor|Professor)[ _^]+(?:med\.?[ _])?{_NAMES}",
        r"(?<![^\W_])(?:dob|d\.o\.b\.?|born|geb\.?)\s*[:=]?\s*[\d./-]*",
        rf"(?<![^\W_])(?:patient(?:\s?name)?|pt|pat|name|physician|ref(?:erring|erred)?(?:\s?(?:by|phys(?:ician)?|md|dr))?|attn|operator|tech(?:nologist)?"
        rf"|radiologist|read\s?by|performed\s?by|signed\s?by|dictated\s?by)\.?\s*[:=]\s*{_NAMES}",
        rf"(?<![^\W_])(?:referred|read|performed|signed|dictated|requested|ordered|reviewed|reported)\s+by\s+{_NAMES}",
        r"(?<![^\W_])(?-i:[A-ZÀ-Þ])[\w'’-]+(?:[ ,]+(?-i:[A-ZÀ-Þ])[\w'’.-]*){0,2}"
        r"(?:,?\s+m\.d\.|,\s+md|,?\s+ph\.d\.|\s+phd)(?!\w)",
    )),
)  # fmt: skip


@cache
def patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Each pattern with the kind of what it finds."""
    return tuple((kind, re.compile(one, re.IGNORECASE)) for kind, several in _PATTERNS for one in several)


def without_patterns(text: str, *, dates: bool = True) -> str:
    """The text without what has the form of a date, age, number, address or titled name; the same if it has none.

    `dates`: whether dates and ages go too; in a name of software they are versions.
    """
    wanted = [(kind, one) for kind, one in patterns() if dates or kind != "date"]
    found = [Found(*match.span(), kind) for kind, one in wanted for match in one.finditer(text) if match[0].strip()]
    return without(text, found) if found else text
