"""A profile file: preset, options, and rules of one's own for single attributes, as TOML."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from dicomconv.deid.actions import dummy_value
from dicomconv.deid.own_rules import Action, OwnRule
from dicomconv.deid.values import is_valid
from dicomconv.elements import EXPLICIT_LITTLE, LONG_VRS, SHORT_VRS
from dicomconv.errors import UsageError
from dicomconv.standard import keyword_of, tag_of, vr_of

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?").fullmatch
_PRIVATE = re.compile(r"\(?([0-9A-Fa-f]{3}[13579BDFbdf]),(?:xx|XX)([0-9A-Fa-f]{2})\)?[, ]\s*(.+)").fullmatch
_ACTIONS = get_args(Action)
_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UI", "UT"})
_DATES = frozenset({"DA", "DT", "TM"})
_LIMITED_TO = {"shift": _DATES, "pseudonymise": _TEXT, "clean": _TEXT - {"UI"} | {"SQ"}}
_UNTOUCHABLE = {
    "PatientName": "the patient's new ID stands there; --patient-map chooses it",
    "PatientID": "the patient's new ID stands there; --patient-map chooses it",
    "SOPClassUID": "it says what the object is",
    "SOPInstanceUID": "use the option retain-uids",
    "StudyInstanceUID": "use the option retain-uids",
    "SeriesInstanceUID": "use the option retain-uids",
    "PatientIdentityRemoved": "it says that the instance was de-identified",
    "DeidentificationMethod": "it says how the instance was de-identified",
    "DeidentificationMethodCodeSequence": "it says how the instance was de-identified",
    "SpecificCharacterSet": "the texts could not be read without it",
}


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """What a profile file says."""

    preset: str = ""
    options: tuple[str, ...] = ()
    rules: tuple[OwnRule, ...] = ()


def read_profile(path: Path) -> ProfileFile:
    """Read a profile file. UsageError names the line of what nobody knows or what cannot be done."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--profile {path}: this is not TOML: {error}") from None
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--profile {path}: cannot be read ({type(error).__name__})") from None
    return _Reader(path, text.splitlines()).read(content)


class _Reader:
    """Reads the content of a profile file; knows its lines, to say where a fault is."""

    def __init__(self, path: Path, lines: list[str]):
        self.path, self.lines = path, lines

    def read(self, content: dict[str, Any]) -> ProfileFile:
        """What the file says."""
        unknown = next((name for name in content if name not in ("preset", "options", "attributes")), None)
        if unknown is not None:
            raise self._fault(unknown, f"nothing is called {unknown} here; there are preset, options and [attributes]")
        preset, options = content.get("preset", ""), content.get("options", [])
        if not isinstance(preset, str):
            raise self._fault("preset", "preset is the name of one preset")
        if not isinstance(options, list) or not all(isinstance(name, str) for name in options):
            raise self._fault("options", 'options is a list of names, as in ["retain-uids"]')
        attributes = content.get("attributes", {})
        if not isinstance(attributes, dict):
            raise self._fault("attributes", "[attributes] is a table: one attribute a line")
        return ProfileFile(preset, tuple(options), tuple(self._rules(attributes)))

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
        rule = self._private(name, action, vr) or self._standard(name, action, value or "")
        self._check(name, rule)
        return OwnRule(rule.tag, action, value or "", rule.path, rule.creator, rule.vr, self._line(name))

    def _private(self, name: str, action: Action, vr: str) -> OwnRule | None:
        """`gggg,xxee,CREATOR`: an element of a creator, in whatever block it stands."""
        found = _PRIVATE(name)
        if not found:
            return None
        if action not in ("keep", "remove", "clean", "shift"):
            raise self._fault(name, "a private element can be kept, removed, cleaned or shifted")
        if vr and vr not in LONG_VRS | SHORT_VRS:
            raise self._fault(name, f"there is no VR {vr}")
        return OwnRule(int(found[1] + "00" + found[2], 16), action, creator=found[3].strip(), vr=vr)

    def _standard(self, name: str, action: Action, value: str) -> OwnRule:
        """A keyword or a tag, with the keywords of the sequences above before it."""
        *above, last = name.split(".")
        tag = self._tag(name, last)
        for keyword in above:
            if vr_of(self._tag(name, keyword)) != "SQ":
                raise self._fault(name, f"{keyword} is no sequence")
        path = ".".join(keyword_of(self._tag(name, keyword)) for keyword in above) if above else None
        return OwnRule(tag, action, value, path)

    def _tag(self, name: str, word: str) -> int:
        found = _TAG(word)
        try:
            tag = int(found[1] + found[2], 16) if found else tag_of(word)
        except KeyError:
            raise self._fault(
                name, f"no table knows an attribute {word}; give a keyword or a tag such as 0010,0010"
            ) from None
        if vr_of(tag) is None or tag >> 16 in (0x0000, 0x0002, 0x0004, 0x7FE0):
            raise self._fault(name, f"{word} is no attribute that a rule can be given for")
        return tag

    def _check(self, name: str, rule: OwnRule) -> None:
        """A rule that cannot be carried out, or that would undo what everything else stands on."""
        keyword, vr = keyword_of(rule.tag), rule.vr or vr_of(rule.tag) or "UN"
        if rule.creator:
            return
        if reason := _UNTOUCHABLE.get(keyword) if not rule.path else None:
            raise self._fault(name, f"{keyword} cannot have a rule of its own: {reason}")
        allowed = _LIMITED_TO.get(rule.action)
        if allowed and vr not in allowed:
            raise self._fault(name, f"{rule.action} is not for an attribute of VR {vr}")
        if rule.action == "replace":
            self._check_value(name, vr, rule.value)

    def _check_value(self, name: str, vr: str, value: str) -> None:
        try:
            if vr == "SQ" or not value.isascii():
                raise ValueError
            encoded = dummy_value(vr, value, EXPLICIT_LITTLE)
            if not is_valid(vr, encoded + (b"\0" if vr == "UI" else b" ") * (len(encoded) % 2)):
                raise ValueError
        except (ValueError, KeyError):
            raise self._fault(name, f"the new value is none that VR {vr} can hold in ASCII") from None

    def _line(self, name: str) -> int:
        """The line that names something first; 1 if it is spread over several."""
        return next(
            (number for number, line in enumerate(self.lines, 1) if name in line and "#" not in line.split(name)[0]), 1
        )

    def _fault(self, name: str, sentence: str) -> UsageError:
        return UsageError(f"--profile {self.path}, line {self._line(name)}: {sentence}")


def _flattened(attributes: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their rules; TOML reads `Sequence.Keyword` without quotes as a table in a table."""
    for name, said in attributes.items():
        full = f"{above}.{name}" if above else name
        if isinstance(said, dict) and not {"action", "replace"} & said.keys() and said:
            yield from _flattened(said, full)
        else:
            yield full, said
