"""The label table of an annotation set as text (JSON), and back."""

import json
from typing import Any

from dicomconv.annotation import Code, Label


def labels_text(labels: tuple[Label, ...]) -> str:
    """The labels as JSON, the same for the same labels."""
    return json.dumps([_plain(one) for one in labels], ensure_ascii=False, separators=(",", ":"))


def _plain(one: Label) -> dict[str, Any]:
    codes = {"category": one.category, "type": one.type, "modifier": one.modifier}
    return {
        "name": one.name,
        "value": one.value,
        "color": list(one.color),
        **{name: _code(code) if code else None for name, code in codes.items()},
    }


def _code(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def labels_of(text: str) -> tuple[Label, ...]:
    """The labels of such a text. ValueError, KeyError or TypeError if it is none."""
    return tuple(_label(**one) for one in json.loads(text))


def _label(
    name: str,
    value: int,
    color: list[int],
    category: dict[str, str],
    type: dict[str, str],  # noqa: A002 - the name in the file
    modifier: dict[str, str] | None = None,
) -> Label:
    red, green, blue = map(int, color)
    kept = Code(**modifier) if modifier else None
    return Label(str(name), int(value), (red, green, blue), Code(**category), Code(**type), kept)
