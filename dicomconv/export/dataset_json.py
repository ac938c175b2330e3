"""What data sets of volumes with a dataset.json have in common: their cases, and what their channels are."""

import json
from collections.abc import Mapping
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.export.cases import Case, Part, channel_names, column_of, of_studies, single
from dicomconv.export.layout import Export
from dicomconv.export.left_out import LeftOut
from dicomconv.export.volumes import volumes_of

MODALITIES = {"MR": "MRI", "PT": "PET"}


def cases_of(export: Export, left_out: LeftOut) -> list[Case]:
    """A case for each series, or for each study if a column of the table says which series is which channel."""
    volumes = volumes_of(export, left_out)
    if column := column_of(export):
        return of_studies(volumes, column, channel_names(volumes, column), left_out)
    return single(volumes)


def write_json(path: Path, content: object) -> None:
    """A JSON file in a folder that need not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def modalities(parts: Mapping[Part, list[Case]]) -> tuple[str, ...]:
    """What the channels are: as the table says, else the modality of all series. UsageError if they are of several."""
    cases = [case for found in parts.values() for case in found]
    if cases[0].names:
        return cases[0].names
    found = sorted({case.first.modality for case in cases})
    if len(found) > 1:
        raise UsageError(f"these series are of several modalities ({', '.join(found)}): export them apart")
    return (MODALITIES.get(found[0], found[0] or "unknown"),)
