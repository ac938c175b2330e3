"""`python with_idiscore.py SRC OUT [basic]`: idiscore over a folder, with its default profile or the basic one alone."""

import sys
import traceback
from pathlib import Path

import pydicom
from idiscore.core import Core, Profile  # type: ignore[import-not-found]
from idiscore.defaults import create_default_core, get_dicom_rule_sets  # type: ignore[import-not-found]


def main(source: Path, out: Path, basic: bool) -> int:
    """Every file on its own; what breaks down or is turned away is left out."""
    failed = 0
    core = Core(Profile([get_dicom_rule_sets().basic_profile])) if basic else create_default_core()
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            core.deidentify(pydicom.dcmread(path, force=False)).save_as(target)
        except Exception:  # noqa: BLE001 - somebody else's program: its failures are counted
            failed += 1
            traceback.print_exc(limit=1)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), len(sys.argv) > 3))
