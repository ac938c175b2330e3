"""A profile file: preset, options, and rules of one's own for single attributes, as TOML."""

import re
import struct
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from dicomconv.deid.actions import dummy_value
from dicomconv.deid.dates import role_of_date
from dicomconv.deid.options import BY_NAME, PRESETS, options_of
from dicomconv.deid.own_rules import Action, OwnRule
from dicomconv.deid.private import NO_PRIVATE_GROUPS
from dicomconv.deid.values import is_valid
from dicomconv.elements import EXPLICIT_LITTLE, LONG_VRS, SHORT_VRS
from dicomconv.encode import encode
from dicomconv.errors import UsageError
from dicomconv.standard import keyword_of, most_values, tag_of, vr_of

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?").fullmatch
_PRIVATE = re.compile(r"\(?([0-9A-Fa-f]{3}[13579BDFbdf]),[xX]{2}([0-9A-Fa-f]{2})\)?[, ]\s*(.+)").fullmatch
_ACTIONS = get_args(Action)
_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_SINGLE_VALUED = frozenset({"LT", "ST", "UT", "UR"})
_DATES = frozenset({"DA", "DT", "TM"})
_LIMITED_TO = {"shift": _DATES, "pseudonymise": _TEXTS | {"AE", "CS", "UI", "UR"}, "clean": _TEXTS}
_SPECIAL_GROUPS = frozenset({0x0000, 0x0002, 0x0004, 0x7FE0, 0xFFFE})
_ELSEWHERE = {
    "PatientName": "the patient's new ID stands there; --patient-map chooses it",
    "PatientID": "the patient's new ID stands there; --patient-map chooses it",
    "SOPClassUID": "it says what the object is",
    "SOPInstanceUID": "use the option retain-uids",
    "StudyInstanceUID": "use the option retain-uids",
    "SeriesInstanceUID": "use the option retain-uids",
    "PatientIdentityRemoved": "it says that the instance was de-identified",
    "DeidentificationMethod": "it says how the instance was de-identified",
    "DeidentificationMethodCodeSequence": "it says how the instance was de-identified",
    "LongitudinalTemporalInformationModified": "it says what was done to the dates",
    "BurnedInAnnotation": "it says what is known of text in the pixels",
    "RecognizableVisualFeatures": "it says what is known of faces in the pixels",
    "EncapsulatedDocument": "--documents chooses what becomes of it",
    "EncapsulatedDocumentLength": "--documents chooses what becomes of the document",
}
_NOWHERE = {"SpecificCharacterSet": "the texts could not be read without it"}


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """What a profile file says."""

    preset: str = ""
    options: tuple[str, ...] = ()
    rules: tuple[OwnRule, ...] = ()


def read_profile(path: Path) -> ProfileFile:
    """Read a profile file. UsageError names the line of what nobody knows or what cannot be done."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--profile {path}: this is not TOML: {error}") from None
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--profile {path}: cannot be read ({type(error).__name__})") from None
    return _Reader(path, text.splitlines()).read(content)


def private_element(name: str) -> tuple[str, int] | None:
    """The creator and the tag, without its block, of `gggg,xxee,CREATOR`; None if that is no such name."""
    found = _PRIVATE(name)
    return (found[3].strip(), int(found[1] + "00" + found[2], 16)) if found else None


class _Reader:
    """Reads the content of a profile file; knows its lines, to say where a fault is."""

    def __init__(self, path: Path, lines: list[str]):
        self.path, self.lines = path, lines

    def read(self, content: dict[str, Any]) -> ProfileFile:
        """What the file says."""
        unknown = next((name for name in content if name not in ("preset", "options", "attributes")), None)
        if unknown is not None:
            raise self._fault(unknown, f"nothing is called {unknown} here; there are preset, options and [attributes]")
        attributes = content.get("attributes", {})
        if not isinstance(attributes, dict):
            raise self._fault("attributes", "[attributes] is a table: one attribute a line")
        preset, options = self._preset(content.get("preset", "")), self._options(content.get("options", []))
        try:
            options_of(options, preset or "basic")
        except UsageError as error:
            raise self._fault("options", str(error)) from None
        return ProfileFile(preset, options, tuple(self._rules(attributes)))

    def _preset(self, said: Any) -> str:
        if not isinstance(said, str) or (said and said not in PRESETS):
            raise self._fault("preset", f"preset is one of {', '.join(PRESETS)}")
        return said

    def _options(self, said: Any) -> tuple[str, ...]:
        if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
            raise self._fault("options", 'options is a list of names, as in ["retain-uids"]')
        unknown = next((name for name in said if name not in BY_NAME), None)
        if unknown is not None:
            raise self._fault(unknown, f"there is no option {unknown}; the options are {', '.join(BY_NAME)}")
        return tuple(said)

    def _rules(self, attributes: dict[str, Any]) -> Iterator[OwnRule]:
        seen: dict[tuple[int, str | None, str], str] = {}
        for name, said in _flattened(attributes):
            rule = self._rule(name, said)
            place = (rule.tag, rule.path, rule.creator)
            if place in seen:
                raise self._fault(name, f"{name} is the attribute that {seen[place]} is already")
            seen[place] = name
            yield rule

    def _rule(self, name: str, said: Any) -> OwnRule:
        words = {"action": said} if isinstance(said, str) else dict(said) if isinstance(said, dict) else {}
        value, vr = words.pop("replace", None), words.pop("vr", "")
        action: Any = words.pop("action", "replace" if value is not None else None)
        if words or action not in _ACTIONS or (action == "replace") != isinstance(value, str):
            names = ", ".join(f'"{one}"' for one in _ACTIONS if one != "replace")
            raise self._fault(name, f'{name} needs one of {names}, or {{ replace = "a value" }}')
        rule = self._private(name, action, vr)
        if rule is None and vr:
            raise self._fault(name, "the VR of a standard attribute is known; give it for private elements only")
        return replace(rule or self._standard(name, action, value or ""), line=self._line(name))

    def _private(self, name: str, action: Action, vr: Any) -> OwnRule | None:
        """`gggg,xxee,CREATOR`: an element of a creator, in whatever block it stands."""
        found = private_element(name)
        if not found:
            return None
        creator, tag = found
        if action == "replace":
            raise self._fault(
                name, "a private element can be kept, removed, emptied, pseudonymised, shifted or cleaned"
            )
        if tag >> 16 in NO_PRIVATE_GROUPS:
            raise self._fault(name, f"group {tag >> 16:04X} is not for private elements (PS3.5 7.8)")
        if vr not in LONG_VRS | SHORT_VRS | {""}:
            raise self._fault(name, f"there is no VR {vr}")
        rule = OwnRule(tag, action, creator=creator, vr=vr)
        if vr and vr not in _LIMITED_TO.get(action, (vr,)):
            raise self._fault(name, f"{action} is not for an element of VR {vr}")
        return rule

    def _standard(self, name: str, action: Action, value: str) -> OwnRule:
        """A keyword or a tag, with the keywords of the sequences above before it."""
        *above, last = name.split(".")
        tag = self._tag(name, last)
        for keyword in above:
            if vr_of(self._tag(name, keyword)) != "SQ":
                raise self._fault(name, f"{keyword} is no sequence")
        path = ".".join(keyword_of(self._tag(name, keyword)) for keyword in above) if above else None
        rule = OwnRule(tag, action, value, path)
        self._check(name, rule)
        return rule

    def _tag(self, name: str, word: str) -> int:
        found = _TAG(word)
        try:
            tag = int(found[1] + found[2], 16) if found else tag_of(word)
        except KeyError:
            raise self._fault(
                name, f"no table knows an attribute {word}; give a keyword or a tag such as 0010,0010"
            ) from None
        if tag >> 16 & 1:
            raise self._fault(name, f'{word} is private; name its creator, as in "0019,xx0C,SIEMENS MR HEADER"')
        if not vr_of(tag) or tag & 0xFFFF == 0 or tag >> 16 in _SPECIAL_GROUPS:
            raise self._fault(name, f"{word} is no attribute that a rule can be given for")
        return tag

    def _check(self, name: str, rule: OwnRule) -> None:
        """A rule that cannot be carried out, or that would undo what everything else stands on."""
        keyword, vr = keyword_of(rule.tag), vr_of(rule.tag) or "UN"
        if reason := _NOWHERE.get(keyword) or ("" if rule.path else _ELSEWHERE.get(keyword)):
            raise self._fault(name, f"{keyword} cannot have a rule of its own: {reason}")
        if vr == "SQ" and rule.action not in ("keep", "remove", "empty"):
            raise self._fault(
                name, "a sequence can be kept, which means that its items are looked into, removed or emptied"
            )
        if vr not in _LIMITED_TO.get(rule.action, (vr,)):
            raise self._fault(name, f"{rule.action} is not for an attribute of VR {vr}")
        if rule.action == "shift" and vr in ("DA", "DT") and role_of_date(rule.tag) != "shift":
            raise self._fault(
                name, f"others may know {keyword}: shifted, it would tell by how much all dates are shifted"
            )
        if rule.action == "replace" and not _can_be_value(rule.tag, vr, rule.value):
            raise self._fault(name, f"the new value is none that {keyword} (VR {vr}) can hold in ASCII")

    def _line(self, name: str) -> int:
        """The line that names something: as it is written, or by its last part below the line of the rest."""
        above, _, last = name.rpartition(".")
        return self._first(name, 0) or (self._first(last, self._line(above)) if above else 0) or 1

    def _first(self, name: str, after: int) -> int:
        """The first line behind another one that has a name in it and not in a remark; 0 if none has."""
        named = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])").search
        lines = (line if not line.lstrip().startswith("#") else "" for line in self.lines[after:])
        return next((number for number, line in enumerate(lines, after + 1) if named(line.partition(" #")[0])), 0)

    def _fault(self, name: str, sentence: str) -> UsageError:
        return UsageError(f"--profile {self.path}, line {self._line(name)}: {sentence}")


def _can_be_value(tag: int, vr: str, text: str) -> bool:
    """Whether a text of a profile file is the value of an attribute, and of no more values than it may have."""
    most = most_values(tag)
    is_several = most is not None and text.count("\\") >= most and vr not in _SINGLE_VALUED
    if not text.isascii() or is_several:
        return False
    try:
        encoded = encode(tag, vr, dummy_value(vr, text, EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    except (ValueError, OverflowError, struct.error):
        return False
    return is_valid(vr, encoded[12 if vr in LONG_VRS else 8 :])


def _flattened(attributes: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their rules; TOML reads `Sequence.Keyword` without quotes as a table in a table."""
    for name, said in attributes.items():
        full = f"{above}.{name}" if above else name
        if isinstance(said, dict) and said and not {"action", "replace", "vr"} & said.keys():
            yield from _flattened(said, full)
        else:
            yield full, said
