"""Rules of one's own, which override the profile: keep, remove, empty, replace, pseudonymise, shift, clean (PS3.15 E.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["keep", "remove", "empty", "replace", "pseudonymise", "shift", "clean"]
CODE_OF_ACTION: dict[str, str] = {
    "keep": "K", "remove": "X", "empty": "Z", "replace": "V", "pseudonymise": "P", "shift": "S", "clean": "C",
}  # fmt: skip
STRICT = frozenset({"remove", "empty"})


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One line of a profile file.

    `tag`: of a standard attribute; of a private one group and the last two digits of the element, with its `creator`.
    `path`: keywords of the sequences above, parted by dots; None: wherever the attribute stands. `vr`: of a private one.
    """

    tag: int
    action: Action
    value: str = field(default="", repr=False)
    path: str | None = None
    creator: str = ""
    vr: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        """The line it stands in, as `explain` names it."""
        return f"profile file, line {self.line}"


class OwnRules:
    """All rules of a profile file, looked up by attribute and place; one for a path before one for any place."""

    __slots__ = ("_by_place", "_private", "rules")

    def __init__(self, rules: Iterable[OwnRule] = ()):
        self.rules = tuple(rules)
        self._by_place = {(one.tag, one.path): one for one in self.rules if not one.creator}
        self._private = {(one.creator, one.tag & 0xFFFF00FF): one for one in self.rules if one.creator}

    def __bool__(self) -> bool:
        return bool(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnRules) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.rules)

    def __reduce__(self) -> tuple[type["OwnRules"], tuple[tuple[OwnRule, ...]]]:
        return OwnRules, (self.rules,)

    def find(self, tag: int, path: str) -> OwnRule | None:
        """The rule for a standard attribute at a place."""
        return self._by_place.get((tag, path)) or self._by_place.get((tag, None))

    def find_private(self, creator: str, tag: int) -> OwnRule | None:
        """The rule for a private element of a creator, in whatever block it stands."""
        return self._private.get((creator, tag & 0xFFFF00FF))

    @property
    def has_private(self) -> bool:
        """Whether some private elements have a rule."""
        return bool(self._private)

    @property
    def is_strict(self) -> bool:
        """Whether no rule lets through more than the profile does: removing and emptying never do."""
        return all(rule.action in STRICT for rule in self.rules)
