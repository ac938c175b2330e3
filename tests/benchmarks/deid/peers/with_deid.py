"""`python with_deid.py SRC OUT`: pydicom's deid over a folder, with the recipe that comes with it."""

import sys
import traceback
from pathlib import Path

from deid.config import DeidRecipe  # type: ignore[import-not-found]
from deid.dicom import get_identifiers, replace_identifiers  # type: ignore[import-not-found]


def main(source: Path, out: Path) -> int:
    """Every file on its own, private elements removed; what breaks down is left out."""
    failed, recipe = 0, DeidRecipe()
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            found = get_identifiers([str(path)])
            replace_identifiers([str(path)], ids=found, deid=recipe, save=True, overwrite=True,
                                output_folder=str(target.parent), remove_private=True)  # fmt: skip
        except (Exception, SystemExit):  # noqa: BLE001 - somebody else's program: its failures are counted
            failed += 1
            traceback.print_exc(limit=1)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
