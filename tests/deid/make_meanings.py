"""Makes the table of code meanings from pydicom's: `python -m tests.deid.make_meanings`."""

from pathlib import Path

import pydicom
from pydicom.sr._concepts_dict import concepts

TABLE = Path(__file__).parents[2] / "dicomconv" / "standard" / "ps3.16_meanings.txt"


def meanings() -> list[str]:
    """The meanings that this release of pydicom knows, in small letters."""
    codes = (code for scheme in concepts.values() for of_keyword in scheme.values() for code in of_keyword.values())
    return sorted({meaning.lower() for meaning, _ in codes if meaning.isascii()})


def main() -> None:
    """Write the table."""
    heading = (
        f"# Code meanings of the context groups of PS3.16, in small letters, as in pydicom {pydicom.__version__}; "
        "https://dicom.nema.org/medical/dicom/current/output/chtml/part16/PS3.16.html"
    )
    TABLE.write_text("\n".join([heading, *meanings(), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
