"""What a layout is: how it is written, and who reads it; and what it is given to write."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dicomconv.container.reader import Container
from dicomconv.export.ledger import FROM_CONTAINERS, Loss, WayBack
from dicomconv.export.numbers import Numbers
from dicomconv.export.rows import Row, rows_of_container
from dicomconv.render import WindowChoice

Option = Literal["window", "size", "name", "annotations", "labels", "split", "compress", "level"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What an export was asked for; empty or 0: what the layout takes by itself.

    `name`: of the data set. `size`: of square pictures. `annotations`: name of a set. `compress`: of volumes.
    `level`: of slides, 0 being the largest.
    """

    window: WindowChoice | None = None
    size: int = 0
    name: str = ""
    annotations: str = ""
    compress: bool = False
    jobs: int = 1
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """What a layout is given: rows in the order of containers, and a folder that becomes the export when all is in it."""

    rows: tuple[Row, ...]
    folder: Path
    choices: Choices
    numbers: Numbers
    label_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a layout has written.

    `left_out`: in sentences, with how many images each is of. `facts`: what else export.json has to say of it.
    """

    rows: tuple[Row, ...]
    losses: tuple[Loss, ...]
    way_back: WayBack = FROM_CONTAINERS
    left_out: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout: a name, how it is written, and how its community's own loader reads it.

    `takes`: the options that mean something to it. `check`: reads an export, says in a sentence what was read, and raises
    CheckFailed; `needs`: what has to be installed for that, as pip takes it. `rows`: what of a container has a place in it.
    """

    name: str
    says: str
    write: Callable[[Export], Written] = field(repr=False)
    takes: frozenset[Option] = frozenset()
    check: Callable[[Path], str] | None = field(default=None, repr=False)
    needs: Sequence[str] = ()
    rows: Callable[[Container], Iterator[Row]] = field(default=rows_of_container, repr=False)
