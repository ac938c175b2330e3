"""Labels in words as numbers of classes: the values of a column in order, from 0."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.export.rows import Row


@dataclass(frozen=True, slots=True)
class Classes:
    """Label columns, and of each the words by class number."""

    columns: tuple[str, ...]
    words: tuple[tuple[str, ...], ...] = field(repr=False)

    def numbers(self, row: Row) -> NDArray[np.int64]:
        """The class of a row in each column, (columns,)."""
        given = [words.index(row.label(name)) for name, words in zip(self.columns, self.words, strict=True)]
        return np.array(given, np.int64)

    def told(self) -> dict[str, dict[str, str]]:
        """Of each column, the words by number, as JSON has them."""
        columns = zip(self.columns, self.words, strict=True)
        return {name: {str(number): word for number, word in enumerate(words)} for name, words in columns}


def classes_of(rows: Iterable[Row], columns: Sequence[str]) -> Classes:
    """The classes that occur: in numerical order where all are whole numbers, else in that of their characters."""
    found = [{row.label(name) for row in rows} for name in columns]
    return Classes(tuple(columns), tuple(tuple(sorted(words, key=_order(words))) for words in found))


def _order(words: Iterable[str]) -> Callable[[str], Any]:
    return int if all(word.removeprefix("-").isascii() and word.removeprefix("-").isdigit() for word in words) else str


def labelled_rows(rows: Iterable[Row], columns: Sequence[str]) -> tuple[list[Row], int]:
    """The rows that have a label in every column, and how many have not."""
    given = list(rows)
    kept = [row for row in given if all(row.label(name) for name in columns)]
    return kept, len(given) - len(kept)
