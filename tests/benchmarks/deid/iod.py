"""What dciodvfy says of a file, where it is installed."""

import re
import shutil
import subprocess
from pathlib import Path

ITEM = re.compile(r"\[\d+\]")
VALUE = re.compile(r"(?<!Module)\s*=\s*(<[^>]*>|'[^']*'|\S+).*?$")


def is_here() -> bool:
    """Whether the program is installed."""
    return shutil.which("dciodvfy") is not None


def was_read(found: frozenset[str]) -> bool:
    """Whether the program came to the end of the file; it does not inflate, and breaks off at some faults."""
    return not any("read failed" in one for one in found)


def errors(path: Path) -> frozenset[str]:
    """The errors in a file, without the values that they quote."""
    done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, check=False, timeout=60)
    said = (done.stderr + done.stdout).decode("latin-1").splitlines()
    return frozenset(without_values(line) for line in said if line.startswith("Error"))


def without_values(line: str) -> str:
    """An error with its kind and its attribute, so that the same error of another value is the same."""
    return VALUE.sub("", ITEM.sub("", line)).strip()
