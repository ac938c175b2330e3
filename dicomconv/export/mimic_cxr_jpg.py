"""MIMIC-CXR-JPG: radiographs as it draws them, histogram equalised, JPEG of quality 95, with its tables."""

from collections.abc import Sequence

from dicomconv.export.belonging import grey_radiographs
from dicomconv.export.chest_checks import check_mimic_cxr_jpg
from dicomconv.export.findings import check_columns
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.mimic import FINDINGS, placed, write_tables
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.plain_pictures import FOUND_AGAIN

NAME = "mimic-cxr-jpg"
LOOK = Look(window=None, kind="jpeg", quality=95)


def write(export: Export) -> Written:
    """A picture for each frame, and tables beside them."""
    check_columns(export.label_names, FINDINGS, NAME)
    rows, headers, left_out = grey_radiographs(export.rows)
    by_file = {f"{one.folder}/{one.dicom_id}.jpg": one for one in placed(rows, export.numbers)}
    taken = take([Shot(one.row, file) for file, one in by_file.items()], LOOK, export.folder, export.choices.jobs)
    drawn = [one for one in taken if not one.reason]
    write_images(export.folder, drawn, LOOK)
    images = [by_file[one.shot.file] for one in drawn]
    write_tables(export.folder, images, headers)
    done = tuple(one.row for one in images)
    return Written(done, _losses(drawn), FOUND_AGAIN, (*left_out, *reasons(taken)))


def _losses(drawn: Sequence[Taken]) -> tuple[Loss, ...]:
    error = max((one.largest_error for one in drawn), default=0)
    return (
        Loss("bits", "values were stretched to 8 bits and their histogram equalised, which cannot be undone", len(drawn)),
        Loss("bits", f"JPEG of quality 95: samples differ by {error} at most", len(drawn)),
        Loss("headers", "of the headers only what is in the metadata table is kept", len(drawn)),
    )


TAKES: frozenset[Option] = frozenset({"labels", "split"})
LAYOUTS = {
    NAME: Layout(
        NAME, "MIMIC-CXR-JPG: radiographs, histogram equalised, with labels by study", write, TAKES, check_mimic_cxr_jpg,
        ("torchxrayvision", "torch", "torchvision", "mimic-cxr-jpg-loader"),
    )
}  # fmt: skip
