"""Other people's programs that read what we write. Each test that needs one skips, with a reason, where it is missing."""

import gzip
import subprocess
import sys
from pathlib import Path
from shutil import which

import numpy as np
import pytest


def program(name: str) -> str:
    """Where a program is: on the path, or beside Python, where wheels put theirs."""
    found = which(name) or which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(name: str, *words: object) -> str:
    """What a program says; an error if it fails."""
    done = subprocess.run([program(name), *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def errors_of(content: bytes, folder: Path) -> list[str]:
    """What dciodvfy calls an error in a file."""
    path = folder / "validated.dcm"
    path.write_bytes(content)
    done = subprocess.run([program("dciodvfy"), str(path)], capture_output=True, text=True, timeout=120)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]


def nrrd(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (slices, rows, columns), origin, and steps (3, 3), a row for column, row and slice, of an NRRD file in LPS."""
    head, _, data = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    assert fields["space"] == "left-posterior-superior"
    kind = {"unsigned char": "u1", "uchar": "u1", "short": "<i2", "unsigned short": "<u2"}[fields["type"]]
    values = np.frombuffer(gzip.decompress(data) if fields["encoding"] == "gzip" else data, kind)
    numbers = [np.array(part.strip("()").split(","), float) for part in fields["space directions"].split()]
    size = [int(one) for one in fields["sizes"].split()]
    return values.reshape(size[::-1]), np.array(fields["space origin"].strip("()").split(","), float), np.array(numbers)
