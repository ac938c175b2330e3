"""What is asked of whole runs: a second one with the same key, one with another key, the way back, what is turned away."""

import hashlib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

SHARE = 0.9


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its digest."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def repeat_same(first: Path, second: Path, left_out: tuple[str, ...] = ("report.json",)) -> tuple[bool, str]:
    """Two runs with the same key wrote the same bytes, whatever the order and the number of workers."""
    one, other = tree(first), tree(second)
    differ = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    differ = [name for name in differ if Path(name).name not in left_out]
    return bool(one) and not differ, f"{len(differ)} of {len(one)} differ"


def date_shift_secret(shifts: Mapping[int, int], with_other_key: Mapping[int, int]) -> tuple[bool, str]:
    """Patients are shifted by different days, none by none, and by other days with another key."""
    pairs = list(combinations(sorted(shifts), 2))
    different = sum(shifts[one] != shifts[other] for one, other in pairs)
    rekeyed = sum(shifts[one] != with_other_key.get(one) for one in shifts)
    fine = (
        len(shifts) > 1 and all(shifts.values()) and different >= SHARE * len(pairs) and rekeyed >= SHARE * len(shifts)
    )
    return fine, f"{different} of {len(pairs)} pairs differ, {rekeyed} of {len(shifts)} with another key"


def roundtrip(originals: Path, recovered: Path) -> tuple[bool, str]:
    """Every file that came back is what went in, under its name, and there are some."""
    before, after = tree(originals), tree(recovered)
    wrong = [name for name, digest in after.items() if before.get(name) != digest]
    return bool(after) and not wrong, f"{len(wrong)} of {len(after)} differ"


def rejects(folder: Path, exit_code: int) -> tuple[bool, str]:
    """What is no whole DICOM instance is turned away: no output, and a status that says so."""
    left = [one for one in folder.rglob("*") if one.is_file() and one.read_bytes()[128:132] == b"DICM"]
    return not left and exit_code != 0, f"{len(left)} outputs, exit {exit_code}"
