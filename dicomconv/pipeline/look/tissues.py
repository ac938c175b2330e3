"""Where tissues lie on the scale of a CT, in HU; the sources are in docs/looking.md. Ranges overlap: marks, no labels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tissue:
    """A tissue and its HU, both ends included; None: no end."""

    name: str
    low: float | None
    high: float | None

    @property
    def range(self) -> tuple[float, float]:
        """Both ends, infinite where there is none."""
        low = float("-inf") if self.low is None else self.low
        return low, float("inf") if self.high is None else self.high

    @property
    def told(self) -> str:
        """The range in words."""
        if self.low is None:
            return f"up to {self.high:g}"
        return f"from {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"


TISSUES = (
    Tissue("air", None, -950),
    Tissue("lung", -950, -500),
    Tissue("fat", -190, -30),
    Tissue("water", -5, 5),
    Tissue("soft tissue", -29, 150),
    Tissue("bone", 250, None),
)
