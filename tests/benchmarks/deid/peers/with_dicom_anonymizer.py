"""`python with_dicom_anonymizer.py SRC OUT`: Kitware's dicom-anonymizer over a folder, as its README has it."""

import sys
import traceback
from pathlib import Path

from dicomanonymizer import anonymize_dicom_file  # type: ignore[import-not-found]


def main(source: Path, out: Path) -> int:
    """Every file on its own; what breaks down is left out."""
    failed = 0
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            anonymize_dicom_file(str(path), str(target))
        except Exception:  # noqa: BLE001 - somebody else's program: its failures are counted
            failed += 1
            traceback.print_exc(limit=1)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
