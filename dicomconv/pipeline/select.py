"""--include and --exclude: which series and files a run works on."""

from collections.abc import Callable, Sequence

from dicomconv.errors import UsageError
from dicomconv.source import SourceFile

Test = Callable[[SourceFile, int], bool]  # a file and how many files its series has


def parse(word: str) -> tuple[str, Test]:
    """The kind of a criterion and its test. UsageError for a kind that does not exist."""
    kind, equals, value = word.partition("=")
    if not equals:
        return ("localizer", _is_localizer) if word.casefold() == "localizer" else ("word", _bare(word))
    if kind == "min-slices" and value.isdigit():
        return kind, lambda _, count: count >= int(value)
    tests: dict[str, Test] = {
        "modality": lambda file, _: file.modality.casefold() == value.casefold(),
        "sop-class": lambda file, _: file.sop_class_uid == value,
        "description": lambda file, _: _has_word(file.series_description, value),
    }
    if kind not in tests:
        raise UsageError(
            f"{word!r} selects nothing: use a modality, a SOP class UID, a word of the series description, localizer, "
            "min-slices=N, or modality=…, sop-class=…, description=…"
        )
    return kind, tests[kind]


def _bare(word: str) -> Test:
    return lambda file, _: (
        file.modality.casefold() == word.casefold()
        or file.sop_class_uid == word
        or _has_word(file.series_description, word)
    )


def _has_word(text: str, word: str) -> bool:
    return word.casefold() in "".join(c if c.isalnum() else " " for c in text.casefold()).split()


def _is_localizer(file: SourceFile, _: int) -> bool:
    return "LOCALIZER" in file.image_type.upper().split("\\")


class Selection:
    """All criteria of a run: of one kind any may hold, of different kinds of --include all must, of --exclude none."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]):
        self._include: dict[str, list[Test]] = {}
        for kind, test in map(parse, include):
            self._include.setdefault(kind, []).append(test)
        self._exclude = [test for _, test in map(parse, exclude)]

    def reason_against(self, file: SourceFile, count: int) -> str:
        """Why a file is left out; empty if it is not."""
        if any(test(file, count) for test in self._exclude):
            return "left out by --exclude"
        if all(any(test(file, count) for test in tests) for tests in self._include.values()):
            return ""
        return "left out: no --include matches"
