"""MIMIC-CXR: the de-identified DICOM files of radiographs, byte for byte, in folders by subject and study."""

from collections.abc import Iterable
from pathlib import Path

from dicomconv.container.reader import open_container
from dicomconv.export.belonging import RADIOGRAPHY, headers_of, of_modality
from dicomconv.export.chest_checks import check_mimic_cxr
from dicomconv.export.findings import check_columns
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import WayBack
from dicomconv.export.mimic import FINDINGS, Placed, placed, write_tables
from dicomconv.export.rows import rows_of_all
from dicomconv.export.tables import write_table

NAME = "mimic-cxr"
EXACT = WayBack(True, "the files are the de-identified DICOM, byte for byte; their pixels lie in them as they were")


def write(export: Export) -> Written:
    """A file for each instance, and tables beside them."""
    check_columns(export.label_names, FINDINGS, NAME)
    rows, left_out = of_modality(export.rows, RADIOGRAPHY)
    first = list({row.sop_instance_uid: row for row in reversed(rows)}.values())[::-1]
    images = placed(first, export.numbers)
    _write_files(export.folder, images)
    write_tables(export.folder, images, headers_of(first))
    write_table(
        export.folder / "cxr-record-list.csv", "subject_id,study_id,dicom_id,path",
        ((one.subject_id, one.study_id, one.dicom_id, _path(one)) for one in images),
    )  # fmt: skip
    return Written(tuple(rows), (), EXACT, tuple(left_out))


def _path(one: Placed) -> str:
    return f"{one.folder}/{one.dicom_id}.dcm"


def _write_files(folder: Path, images: Iterable[Placed]) -> None:
    """The files that containers keep; VerificationFailed if one is not what was packed."""
    paths: dict[Path, dict[str, Path]] = {}
    for one in images:
        paths.setdefault(one.row.container, {})[one.row.sop_instance_uid] = folder / _path(one)
    for path, wanted in paths.items():
        with open_container(path) as container:
            for recovered in container.recover():
                if target := wanted.get(recovered.instance.sop_instance_uid):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open("wb") as file:
                        for chunk in recovered.chunks():
                            file.write(chunk)


TAKES: frozenset[Option] = frozenset({"labels", "split"})
LAYOUTS = {
    NAME: Layout(
        NAME, "MIMIC-CXR: DICOM files of radiographs by study", write, TAKES, check_mimic_cxr, ("pydicom",), rows_of_all
    )
}
