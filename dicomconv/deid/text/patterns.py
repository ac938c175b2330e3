"""What looks like a date, a phone number, an address or somebody's name, whoever's it is (PS3.15 E.3.5)."""

import re
from bisect import bisect_right
from functools import cache

from dicomconv.deid.text.cut import without
from dicomconv.deid.text.dates import MONTHS
from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.form import Kind
from dicomconv.deid.text.match import Found
from dicomconv.deid.text.words import clinical

_MONTH = "(?:" + "|".join(sorted({name for line in MONTHS for name in line.split()}, key=len, reverse=True)) + ")"
# Abbreviations that are words of imaging in capitals, or everyday words, are months only in some cases, if at all
_ABBREVIATED = frozenset(
    "Jan Feb Apr Jun Jul Aug Nov Okt Dez Mrz Janv Févr Avr Juin Juil Août Sept Fév Déc Abr Dic June July".split()  # noqa: SIM905
)
_CAPITALISED = "(?-i:Mar|May|MAY|Sep|SEP|Oct|Dec|DEC|Mai|Mei|Mag|March)"
_LONG_MONTHS = {name for line in MONTHS for name in line.split() if len(name) > 4 and name != "March"}
_SURE_MONTH = "(?:" + "|".join([*sorted(_LONG_MONTHS | _ABBREVIATED, key=len, reverse=True), _CAPITALISED]) + ")"
_ORDINAL = r"(?:st|nd|rd|th|er|\.)?"
_YEAR = r"(?:(?:19|20)\d\d|'?\d\d)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_NUMBER = r"(?:0?[1-9]|1[0-2])"
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|way|place|square|terrace|highway"
    r"|strasse|straße|str|weg|platz|gasse|allee|rue|via|calle|plaza|straat|laan)"
)
_NAMES = r"[^\W\d_][\w'’.-]*(?:[ ,^]+(?-i:[A-ZÀ-ÞА-Я])[\w'’.-]*){0,2}"

_MODALITY = re.compile(r"(?:Mr|Dr|MR|DR)[ _^]+([^\W\d_]+)")
_METASTABLE = r"(?:Tc|Technetium|Kr|Krypton|In|Indium|Ir|Iridium|Sn|Mn|Manganese|Rh|Pt|Sr|Er)"
_TRACER = r"(?:fluor|FDG|F-?DOPA|NaF|FET|FLT|FES|FCH|PSMA|DCFPyL|choline|sodium|PET|MISO|FAPI)"
_FIGURES = re.compile(
    rf"{_METASTABLE}[ ^-]{{0,2}}\d{{2,3}}m|\d{{2,3}}m\^?[ ^-]{{0,2}}{_METASTABLE}|18 ?F\^?[ ^\])-]{{0,2}}(?i:{_TRACER})"
    rf"|(?i:{_TRACER})\w*[ ^(\[-]{{0,2}}18 ?F|90 ?Y(?=[ -](?:micro|SIRT|zevalin|ibritumomab|DOTA))|\d+ ?[mf]/s(?:ec)?"
)

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
        rf"(?<![\w.,:/-]){_DAY}{_ORDINAL}(?:[ -]?(?:of[ ])?|[ ]de[ ]){_SURE_MONTH}\.?(?![^\W_])",
        rf"(?<![^\W_]){_SURE_MONTH}\.?[ -](?:the[ ])?{_DAY}(?:st|nd|rd|th)?(?![\w:/-])(?![.,]\d)(?!\s?(?:mm|cm|ml|ms|mg)\b)",
        rf"(?<![\w.,/-]){_MONTH_NUMBER}/(?:19|20)\d\d(?![\w/])(?!\.\d)",
        rf"(?<![\w.,/-])(?:19|20)\d\d/{_MONTH_NUMBER}(?![\w/])(?!\.\d)",
        r"(?:(?:\d{4}|\d{2}|[令平昭][和成]\s?(?:\d{1,2}|元))\s?[年년]\s?)?\d{1,2}\s?[月월](?:\s?\d{1,2}\s?[日일])?",
        r"(?:(?<!\d)(?:19|20)\d\d|[令平昭][和成]\s?(?:\d{1,2}|元))\s?[年년]",
        r"(?<![\w.])\d{1,3}[ -]?(?:j[äa]hrige?[rsn]?|jaehrige?[rsn]?|jahre?n?|ans|años|anos|anni|jaar|jarige?|år"
        r"|лет|года?)(?![^\W_])",
        r"(?<![\d.])\d{1,3}\s?(?:歳|才|岁|歲|세)",
    )),
    ("number", (
        r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*",
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
        r"(?<![^\W_])(?:dob|d\.o\.b|born|geb)(?![^\W\d_])\.?\s*[:=]?\s*[\d./-]*",
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


def found_patterns(text: str) -> list[Found]:
    """What has the form of a date, age, number, address or titled name."""
    found = [Found(*match.span(), kind) for kind, one in patterns() for match in one.finditer(text) if match[0].strip()]
    if not found:
        return []
    figures = [match.span() for match in _FIGURES.finditer(text)]
    return [one for one in found if not _is_technical(one, text, figures)]


def without_patterns(text: str) -> str:
    """The text without what has such a form; the same if it has none."""
    found = found_patterns(text)
    return without(text, found) if found else text


def _is_technical(found: Found, text: str, figures: list[tuple[int, int]]) -> bool:
    """Whether what looks like a title or an age is a modality before a body part, an isotope, or metres a second."""
    if found.kind == "name":
        modality = _MODALITY.match(text, found.start)
        return modality is not None and folded(modality[1]) in clinical()
    if found.kind != "date":
        return False
    i = bisect_right(figures, (found.start, len(text))) - 1
    return i >= 0 and found.end <= figures[i][1]


_YEAR_ALONE = re.compile(r"(?<![\w.,])(?:19(?!00)\d\d|20(?!00)[0-3]\d)(?![\w,])(?!\.\d)")
_FIGURE_BEFORE = re.compile(
    r"(?:(?<![^\W\d_])(?:t[reid]|b|bvals?|value|kv|kvp|mas?|w[wl]?|l|c|x|by|fov|matrix|iso)|[<>*/\d])[ =:]*$",
    re.IGNORECASE,
)
_FIGURE_AFTER = re.compile(
    r" ?(?:(?:[mcµ]?m|m?sec|m?s|hu|k?hz|m?gy|mbq|ml|cc|x|slices?|images?|frames?)(?![^\W_])|[%*/]|:\d)", re.IGNORECASE
)
_SEX_AND_AGE = re.compile(r"(?<![\w.-])(?:f(?!18)|m)[1-9]\d(?![\w.-])", re.IGNORECASE)  # F18 is fluorine


def without_years(text: str) -> str:
    """The text without years that stand alone, and ages behind a letter for the sex; the same if it has none.

    A figure with a measure or a unit beside it is no year.
    """
    found = [Found(*match.span(), "date") for match in _YEAR_ALONE.finditer(text) if _is_year(text, match)]
    found += (Found(*match.span(), "date") for match in _SEX_AND_AGE.finditer(text))
    return without(text, found) if found else text


def _is_year(text: str, match: re.Match[str]) -> bool:
    before = _FIGURE_BEFORE.search(text, max(0, match.start() - 12), match.start())
    return before is None and _FIGURE_AFTER.match(text, match.end()) is None
