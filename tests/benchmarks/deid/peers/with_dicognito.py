"""`python with_dicognito.py SRC OUT`: dicognito over a folder, one anonymizer for all of it."""

import sys
import traceback
from pathlib import Path

import pydicom
from dicognito.anonymizer import Anonymizer  # type: ignore[import-not-found]


def main(source: Path, out: Path) -> int:
    """Every file on its own; what breaks down is left out."""
    failed, anonymizer = 0, Anonymizer()
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            dataset = pydicom.dcmread(path, force=False)
            anonymizer.anonymize(dataset)
            dataset.save_as(target)
        except Exception:  # noqa: BLE001 - somebody else's program: its failures are counted
            failed += 1
            traceback.print_exc(limit=1)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
