"""One program on one corpus: planted, run, scored."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.deid.adapters import Job, Tool
from tests.benchmarks.deid.pixels.cases import chosen
from tests.benchmarks.deid.pixels.planting import Plate, plant
from tests.benchmarks.deid.pixels.score import score
from tests.benchmarks.deid.pixels.sheet import Figures


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A corpus laid out in a folder, with room beside it."""

    seed: int
    folder: Path
    plates: tuple[Plate, ...]

    @property
    def source(self) -> Path:
        """Where the planted files are."""
        return self.folder / "planted"


def prepare(folder: Path, seed: int, count: int | None = None, only: Iterable[int] = ()) -> Ground:
    """Plant a corpus: all cases, so many of them, or only those of these numbers."""
    numbers = tuple(only) or chosen(count, seed)
    return Ground(seed, folder, plant(folder / "planted", seed, numbers))


def measure(ground: Ground, tool: Tool, preset: str = "research") -> Figures:
    """Run a program and score it; what it says stands beside its output."""
    work = ground.folder / tool.name.replace(" ", "-")
    (work / "out").mkdir(parents=True)
    done = tool.run(Job(ground.source, work / "out", work, preset))
    (work / "said.txt").write_bytes(done.said + f"\nexit {done.exit_code}\n".encode())
    return Figures(tool.name, ground.seed, score(ground.plates, ground.source, work / "out"))
