"""Which row was which file, without a path in memory for each of them."""

from collections.abc import Iterator, Mapping, Sequence

from dicomconv.inspected import Aside
from dicomconv.source import SourceFile
from dicomconv.stored import Where


class Paths(Mapping[int, Where]):
    """Row → where the file lies. Rows follow one another from the first."""

    def __init__(self, first: int = 1, found: Sequence[SourceFile | Aside] = ()) -> None:
        self._first, self._found = first, found

    def __getitem__(self, row: int) -> Where:
        if row not in self._rows():
            raise KeyError(row)
        return self._found[row - self._first].path

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._found)

    def _rows(self) -> range:
        return range(self._first, self._first + len(self._found))
