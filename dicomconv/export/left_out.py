"""What has no place in a layout: reasons, and how many images each is of."""

from collections.abc import Sequence

from dicomconv.export.rows import Row


class LeftOut:
    """Reasons in the order in which they came up."""

    def __init__(self) -> None:
        self._images: dict[str, int] = {}

    def add(self, reason: str, rows: Sequence[Row]) -> None:
        """Count these rows to a reason."""
        self._images[reason] = self._images.get(reason, 0) + len(rows)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each reason once, with how many images it is of."""
        return tuple(f"{count} image{'s' * (count > 1)}: {reason}" for reason, count in self._images.items())
