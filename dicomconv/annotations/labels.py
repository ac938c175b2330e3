"""Labels out of a TOML file or a preset, checked, and written back as one."""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from dicomconv.annotation import LARGEST_LABEL, Code, Label
from dicomconv.annotations.codes import OWN_SCHEME, by_keyword, category_of, is_scheme, known
from dicomconv.annotations.colors import color_of, default_color, hexadecimal
from dicomconv.errors import UsageError

KEYS = ("name", "value", "color", "colour", "category", "type", "modifier")
CODE_KEYS = {"value": 16, "scheme": 16, "meaning": 64}  # characters: SH, SH and LO (PS3.5 6.2)
NAME_LENGTH = 64  # Segment Label is LO
UNCODED = "99DICOMCONV"
_PRESETS = files("dicomconv.annotations") / "presets"


def presets() -> tuple[str, ...]:
    """The names of all presets."""
    return tuple(sorted(one.name.removesuffix(".toml") for one in _PRESETS.iterdir() if one.name.endswith(".toml")))


def read_labels(choice: str | Path) -> tuple[Label, ...]:
    """The labels of a preset or of a TOML file, in the file's order. UsageError says in which label what is wrong."""
    name = str(choice).casefold().replace("_", "-")
    if isinstance(choice, str) and name in presets():
        return labels_of((_PRESETS / f"{name}.toml").read_text("utf-8"), f"preset {name}")
    try:
        text = Path(choice).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            f"{choice} is neither a file nor a preset of labels; the presets are {', '.join(presets())}"
        ) from None
    except (OSError, ValueError) as fault:
        what = "is not UTF-8 text" if isinstance(fault, ValueError) else "cannot be read"
        raise UsageError(f"{choice} {what}; give a TOML file of labels, or one of {', '.join(presets())}") from None
    return labels_of(text, str(choice))


def labels_of(text: str, file: str) -> tuple[Label, ...]:
    """The labels that a TOML text describes; `file` is what errors call it."""
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:  # ValueError: also a number of more digits than Python takes
        raise UsageError(f"{file} is not TOML: {fault}; correct it there") from None
    rows = content.get("label")
    if set(content) != {"label"} or not isinstance(rows, list) or not rows:
        raise UsageError(
            f"{file}: labels are written as [[label]] tables, at least one, and nothing else; see docs/annotations.md"
        )
    labels = tuple(_label(row, f"{file}, label {number}") for number, row in enumerate(rows, 1))
    _check_doubles(labels, file)
    return labels


def plain_label(name: str, value: int) -> Label:
    """A label of which nothing is known but its name: coded as itself, in a coding scheme of this program's own."""
    is_short = len(name) <= CODE_KEYS["value"] and name.isascii()
    code = name if is_short else hashlib.sha256(name.encode()).hexdigest()[: CODE_KEYS["value"]]
    property_type = Code(code, UNCODED, name[: CODE_KEYS["meaning"]])
    return Label(name, value, default_color(value), category_of(property_type), property_type)


def labels_toml(labels: Sequence[Label]) -> str:
    """The labels as a TOML text that reads as the same labels."""
    return "\n".join(_table(label) for label in labels)


def _label(row: Any, place: str) -> Label:
    if not isinstance(row, dict):
        raise UsageError(f"{place} is not a table; write it as [[label]] with name and value")
    unknown = sorted(set(row) - set(KEYS))
    if unknown:
        raise UsageError(f"{place}: nobody knows {unknown[0]!r}; there are {', '.join(KEYS)}")
    name, value = _name(row.get("name"), place), _value(row.get("value"), place)
    plain = plain_label(name, value)
    property_type = _code(row["type"], f"{place}, type") if "type" in row else plain.type
    category = _code(row["category"], f"{place}, category") if "category" in row else category_of(property_type)
    modifier = _code(row["modifier"], f"{place}, modifier") if "modifier" in row else None
    return Label(name, value, _color(row, place) or plain.color, category, property_type, modifier)


def _name(said: object, place: str) -> str:
    if not isinstance(said, str) or not is_text(said, NAME_LENGTH):
        raise UsageError(f"{place}: name must be text of 1 to {NAME_LENGTH} characters, without \\ and line breaks")
    return said


def is_text(said: str, length: int) -> bool:
    """Whether a text can stand in an element of DICOM as it is, with at most so many characters."""
    return 0 < len(said) <= length and said.strip() == said and said.isprintable() and "\\" not in said


def _value(said: object, place: str) -> int:
    if type(said) is not int or not 1 <= said <= LARGEST_LABEL:
        raise UsageError(f"{place}: value must be a whole number from 1 to {LARGEST_LABEL}; 0 is the background")
    return said


def _color(row: dict[str, Any], place: str) -> tuple[int, int, int] | None:
    said = [row[key] for key in ("color", "colour") if key in row]
    if not said:
        return None
    color = color_of(said[0])
    if color is None or len(said) > 1:
        raise UsageError(f'{place}: color must be one "#rrggbb", or [red, green, blue] from 0 to 255')
    return color


def _code(said: object, place: str) -> Code:
    if isinstance(said, dict):
        return _code_table(said, place)
    if not isinstance(said, str):
        raise UsageError(
            f'{place}: write a code as "SCT:10200004", as a keyword of pydicom such as "Liver", or as a table'
        )
    scheme, colon, value = said.partition(":")
    found = known(scheme.strip(), value.strip()) if colon else by_keyword(said)
    if found is None:
        raise UsageError(
            f"{place}: pydicom's tables of DICOM's concepts have no {said!r}; look for another with pydicom.sr.codedict, "
            f'or code it yourself: {{ value = "1", scheme = "{OWN_SCHEME}LOCAL", meaning = "…" }}'
        )
    return found


def _code_table(said: dict[str, Any], place: str) -> Code:
    """A code as value, scheme and meaning: of a scheme of one's own, or of one that the tables have, with other words."""
    if set(said) != set(CODE_KEYS):
        raise UsageError(f"{place}: the table of a code has value, scheme and meaning, and nothing else")
    for key, length in CODE_KEYS.items():
        if not isinstance(said[key], str) or not is_text(said[key], length):
            raise UsageError(f"{place}: {key} must be text of 1 to {length} characters, without \\ and line breaks")
    value, scheme = said["value"], said["scheme"]
    if is_scheme(scheme) and known(scheme, value) is None:
        raise UsageError(
            f"{place}: pydicom's tables have no {scheme}:{value}; correct it, or give a scheme of your own"
        )
    if not is_scheme(scheme) and not scheme.startswith(OWN_SCHEME):
        raise UsageError(f"{place}: nobody knows the scheme {scheme!r}; one of your own begins with {OWN_SCHEME}")
    return Code(value, scheme, said["meaning"])


def _check_doubles(labels: Sequence[Label], file: str) -> None:
    for key in ("name", "value"):
        first: dict[object, int] = {}
        for number, label in enumerate(labels, 1):
            said = getattr(label, key)
            if said in first:
                raise UsageError(
                    f"{file}, label {number}: {key} {said!r} is label {first[said]}'s already; give it another"
                )
            first[said] = number


def _table(label: Label) -> str:
    lines = [
        "[[label]]",
        f"name = {_quoted(label.name)}",
        f"value = {label.value}",
        f'color = "{hexadecimal(label.color)}"',
    ]
    codes = {"category": label.category, "type": label.type, "modifier": label.modifier}
    lines += [f"{key} = {_written(code)}" for key, code in codes.items() if code is not None]
    return "\n".join(lines) + "\n"


def _written(code: Code) -> str:
    if known(code.scheme, code.value) == code:
        return _quoted(f"{code.scheme}:{code.value}")
    parts = {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}
    return "{ " + ", ".join(f"{key} = {_quoted(text)}" for key, text in parts.items()) + " }"


def _quoted(text: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
