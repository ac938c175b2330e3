"""What volumes lose of the series that they are of, as sentences of the ledger."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dicomconv.export.layout import Export, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss, WayBack
from dicomconv.export.left_out import LeftOut
from dicomconv.export.volume_files import ImageFile, LabelFile, VolumeFile, write_files
from dicomconv.export.volumes import Volume
from dicomconv.export.volumes_table import Entry, write_volumes

FOUND_AGAIN = WayBack(FROM_CONTAINERS.is_exact, FROM_CONTAINERS.how + "; volumes.csv says which volume is of which series")
HEADERS = "of the headers only the geometry is kept"
ORDER = "slices stand in the order of their places, whatever their instance numbers"
FLOATS = "values are written as 32-bit floats, the nearest there are"
UNSEEN = "slices that the annotator did not have before them count as background"
OVERLAPS = "labels overlap on a slice: the one with the smallest value in the annotation set is written there"


def write_all(
    export: Export, files: Iterable[VolumeFile], entries: Iterable[Entry], left_out: LeftOut, more: Iterable[Loss] = ()
) -> Written:
    """Write files and volumes.csv, and say what was written and lost."""
    files, entries = list(files), list(entries)
    dtypes = write_files(files, export.folder, export.choices.jobs)
    write_volumes(export.folder, entries)
    rows = tuple(row for one in entries for row in one.volume.rows)
    losses = [Loss("headers", HEADERS, len(rows)), *_of_values(files, dtypes), *_of_labels(files), *more]
    return Written(rows, tuple(losses), FOUND_AGAIN, left_out.sentences)


def _of_values(files: Iterable[VolumeFile], dtypes: Mapping[str, np.dtype[Any]]) -> list[Loss]:
    floats = [one for one in files if isinstance(one, ImageFile) and dtypes[one.file].kind == "f"]
    count = sum(len(volume.rows) for one in floats for volume in one.channels)
    return [Loss("bits", FLOATS, count)] if count else []


def _of_labels(files: Iterable[VolumeFile]) -> list[Loss]:
    of_labels = [one for one in files if isinstance(one, LabelFile)]
    drawn = [one.volume.labelled for one in of_labels if one.volume.labelled]
    hidden = [one.volume.labelled for one in of_labels if one.volume.labelled and not one.file.endswith(".seg.nrrd")]
    unseen, overlapping = sum(one.unseen for one in drawn), sum(one.overlapping for one in hidden)
    return [
        *([Loss("frames", UNSEEN, unseen)] if unseen else []),
        *([Loss("bits", OVERLAPS, overlapping)] if overlapping else []),
    ]


def as_they_are(volume: Volume) -> tuple[tuple[int, int], ...]:
    """Every label of the set on a volume with the value that it has there."""
    return tuple((label.value, label.value) for label in (volume.labelled.labels if volume.labelled else ()))
