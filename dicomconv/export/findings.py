"""Findings on radiographs, as a user's table says them: by a column for each, or in one column that names them."""

from collections.abc import Iterable, Sequence

from dicomconv.errors import UsageError
from dicomconv.export.rows import Row

LISTS = ("finding labels", "finding label", "findings", "finding", "labels", "label")  # columns that name findings
SAID = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0, "-1": -1.0, "nan": None}
OTHER_NAMES = {"infiltrate": "infiltration"}  # as NIH's boxes have it


def plain(name: str) -> str:
    """A name as it is compared: without regard to case, underscores and spaces."""
    words = " ".join(name.replace("_", " ").casefold().split())
    return OTHER_NAMES.get(words, words)


def check_columns(columns: Iterable[str], names: Sequence[str], layout: str, others: Sequence[str] = ()) -> None:
    """UsageError if the user's table has columns, but none that the layout takes."""
    given = {plain(column) for column in columns}
    taken = {*map(plain, names), *LISTS, *map(plain, others)}
    if given and not given & taken:
        raise UsageError(
            f"--labels has no column that {layout} takes: name them after its findings ({', '.join(names)}) and give 1 or 0, "
            "or name one Finding Labels and part findings by |"
        )


def findings_of(row: Row, names: Sequence[str]) -> dict[str, float]:
    """What the table says of these findings: 1 there, 0 not there, -1 uncertain; what it does not say is not in it."""
    cells = {plain(column): cell for column, cell in row.labels}
    known = {plain(name): name for name in names}
    found: dict[str, float] = {}
    for column in LISTS:
        for one in filter(str.strip, cells.get(column, "").split("|")):
            if plain(one) not in known:
                raise UsageError(f"--labels: the column {column} has to hold findings parted by |, of: {', '.join(names)}")
            found[known[plain(one)]] = 1.0
    for one, name in known.items():
        value = _number(cells.get(one, ""), name)
        if value is not None:
            found[name] = value
    return found


def _number(cell: str, name: str) -> float | None:
    text = cell.casefold().removesuffix(".0")
    if text and text not in SAID:
        raise UsageError(f"--labels: the column {name} takes 1, 0, -1 for what is uncertain, or nothing")
    return SAID[text] if text else None


def of_study(found: Iterable[dict[str, float]]) -> dict[str, float]:
    """What is said of the images of a study, together. UsageError if it is not the same of all that it is said of."""
    together: dict[str, float] = {}
    for one in found:
        for name, value in one.items():
            if together.setdefault(name, value) != value:
                raise UsageError(f"--labels: images of one study differ in {name}, which the layout has for whole studies")
    return together


def cell(value: float | None) -> str:
    """A finding as CheXpert and MIMIC-CXR-JPG write it: 1.0, 0.0, -1.0, or nothing."""
    return "" if value is None else f"{value:.1f}"
