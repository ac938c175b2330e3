"""NIfTI-1 as a layout: a volume of each series, and the label map of an annotation set beside it."""

from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss
from dicomconv.export.nifti import export_nifti

TAKES: frozenset[Option] = frozenset({"annotations", "compress", "labels", "split"})


def write(export: Export) -> Written:
    """A file for each stack that is a regular volume, named after its series."""
    paths = list(dict.fromkeys(row.container for row in export.rows))
    done = export_nifti(
        paths, export.folder, annotations=export.choices.annotations, compress=export.choices.compress
    )
    names = {path.name.partition(".")[0].partition("_")[0] for path in done.written}
    rows = tuple(row for row in export.rows if row.name.rpartition("_")[0].partition("_")[0] in names)
    losses = (Loss("headers", "of the headers only the geometry is kept", len(rows)),)
    return Written(rows, losses, FROM_CONTAINERS, (*done.refused, *done.notes))


LAYOUTS = {"nifti": Layout("nifti", "NIfTI-1, a volume for each series", write, TAKES)}
