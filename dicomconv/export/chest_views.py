"""From which side a radiograph was taken."""

from dataclasses import dataclass
from typing import Literal

from dicomconv.export.findings import plain
from dicomconv.export.rows import Row
from dicomconv.header import Header


@dataclass(frozen=True, slots=True)
class Side:
    """As CheXpert has it; `projection` of frontal ones only: AP, PA, or LL and RL of those who lie on their side."""

    name: Literal["Frontal", "Lateral"]
    projection: str = ""


BY_VIEW = {
    "AP": Side("Frontal", "AP"), "PA": Side("Frontal", "PA"), "LLD": Side("Frontal", "LL"), "RLD": Side("Frontal", "RL"),
    "LL": Side("Lateral"), "RL": Side("Lateral"), "LATERAL": Side("Lateral"), "LAT": Side("Lateral"),
}  # fmt: skip
BY_CODE = {  # PS3.16 CID 4010, SNOMED CT
    "399348003": Side("Frontal", "AP"), "272479007": Side("Frontal", "PA"), "399033003": Side("Frontal"),
    "399173006": Side("Lateral"), "399198007": Side("Lateral"), "399067008": Side("Lateral"),
}  # fmt: skip
BY_WORD = {"frontal": Side("Frontal"), "lateral": Side("Lateral")}


def side_of(row: Row, header: Header) -> Side | None:
    """By View Position, else by View Code Sequence, else by a column Frontal/Lateral of the user's table; None of others."""
    if row.view:
        return BY_VIEW.get(row.view.upper()) or _said(row)
    codes = [item.text("CodeValue") for item in header.items("ViewCodeSequence")]
    return next((BY_CODE[code] for code in codes if code in BY_CODE), None) or _said(row)


def _said(row: Row) -> Side | None:
    cells = {plain(column): cell for column, cell in row.labels}
    return BY_WORD.get(cells.get("frontal/lateral", "").casefold())
