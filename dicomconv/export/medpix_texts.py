"""What a user's table says of cases and images of MedPix; texts come from there alone, never from DICOM."""

from collections.abc import Iterable, Mapping, Sequence

from dicomconv.errors import UsageError
from dicomconv.export.rows import Row

CASE = ("Title", "History", "Exam", "Findings", "Differential Diagnosis", "Case Diagnosis", "Diagnosis By")
CASE_MORE = ("Treatment & Follow Up", "Discussion")  # which not every case of the data set has
TOPIC = ("Title", "Disease Discussion", "ACR Code", "Category")
TOPIC_MORE = ("Keywords", "Reference", "External Links")
PLACE = ("Location", "Location Category")
DESCRIPTION = ("ACR Codes", "Caption", "Figure Part", "Modality")  # besides Age, Sex and Plane, which headers have


def columns() -> dict[str, tuple[str, str]]:
    """Column of a table, in lower case, to part and key: `Findings`, `Case Findings`; `Title` alone is that of the case."""
    parts = {"Description": DESCRIPTION, "Place": PLACE, "Topic": (*TOPIC, *TOPIC_MORE), "Case": (*CASE, *CASE_MORE)}
    found: dict[str, tuple[str, str]] = {}
    for part, keys in parts.items():
        for key in keys:
            found[key.casefold()] = part, key
            found[f"{part} {key}".casefold()] = part, key
    return found


COLUMNS = columns()
Texts = Mapping[tuple[str, str], str]


def plain(column: str) -> str:
    """A column's name as it is compared: `Case.Title`, `case_title` and `Case Title` are one."""
    return " ".join(column.replace(".", " ").replace("_", " ").casefold().split())


def check_columns(given: Iterable[str]) -> None:
    """UsageError if the user's table has columns, but none that MedPix takes."""
    names = [plain(column) for column in given]
    if names and not any(name in COLUMNS for name in names):
        keys = ", ".join(dict.fromkeys(key for _, key in COLUMNS.values()))
        raise UsageError(f"--labels has no column that medpix takes: {keys}")


def texts_of(row: Row) -> Texts:
    """What the table says of an image and its case, by part and key."""
    return {COLUMNS[name]: cell for column, cell in row.labels if (name := plain(column)) in COLUMNS}


def texts_of_case(rows: Sequence[Row]) -> Texts:
    """What it says of a case. UsageError if it says two things."""
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        for (part, key), text in texts_of(row).items():
            if part in ("Case", "Topic") and found.setdefault((part, key), text) != text:
                raise UsageError(f"--labels: images of one case differ in {part} {key}, which is of the whole case")
    return found
