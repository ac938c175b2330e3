"""`python -m tests.benchmarks.flips --places 2000`: single flipped bits in a container, and what `dicomconv verify` says.

Of each place: found and named, found without a name, or not found; not found counts as unchanged only if every value
that h5py reads is as it was. Cuts besides: a file that ends early has to be told from a damaged one. Imports nothing of
the package: it runs the command, on many copies at a time as starting it takes longer than verifying.
"""

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from tests import make

AT_A_TIME = 50
NAMED = re.compile(
    r"bytes \d+ to \d+ are not what was written: \S|the footer is damaged: its \S|the seal is damaged|(stack|instance) \d"
)
CUT = re.compile(r"cut short")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.flips", description=__doc__)
    parser.add_argument("--places", type=int, default=2000, help="how many bits are flipped, one at a time (2000)")
    parser.add_argument("--cuts", type=int, default=200, help="at how many places the file is cut off (200)")
    parser.add_argument("--seed", type=int, default=0, help="other places (0)")
    parser.add_argument("--sealed", action="store_true", help="a made-up container with a seal in front")
    parser.add_argument("--container", type=Path, default=None, help="a container of yours instead of a made-up one")
    return parser.parse_args()


def made_up(folder: Path, sealed: bool) -> Path:
    """A container of slices and of compressed frames, made by the command."""
    chance = np.random.default_rng(1)
    pixels = [chance.integers(0, 4000, (60, 50), np.uint16) for _ in range(12)]
    files = {f"{n}": make.instance("CT", values, InstanceNumber=n) for n, values in enumerate(pixels, 1)}
    frame = chance.integers(0, 256, (40, 50, 3), np.uint8)
    files["rle"] = make.encapsulated(frame, InstanceNumber=99, SOPInstanceUID=make.uid("rle"))
    make.write(folder / "source", files)
    command("keygen", "-o", folder / "key")
    seal: tuple[object, ...] = ()
    if sealed:
        command("keygen", "--seal", folder / "holder", "--no-passphrase")
        seal = ("--seal-to", folder / "holder.pub")
    command("convert", folder / "source", "-o", folder / "out", "--key", folder / "key", "--no-png", "-q", *seal)
    return max((folder / "out").rglob("*.h5"), key=lambda path: path.stat().st_size)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """Run dicomconv."""
    return subprocess.run([sys.executable, "-m", "dicomconv", *map(str, words)], capture_output=True, text=True)


def content(path: Path) -> str:
    """A digest of every value that a reader of HDF5 gets; of the error, if it gets one."""
    digest = hashlib.sha256()

    def take(name: str, item: object) -> None:
        digest.update(name.encode() + repr(sorted((key, repr(value)) for key, value in item.attrs.items())).encode())
        if isinstance(item, h5py.Dataset):
            digest.update(item[()].tobytes())

    try:
        with h5py.File(path, "r") as file:
            take("/", file)
            file.visititems(take)
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        return type(error).__name__
    return digest.hexdigest()


def faults(damaged: list[bytes], folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """What verify says of each of these files."""
    for number, whole in enumerate(damaged):
        (folder / f"{number:04}.h5").write_bytes(whole)
    done = command("verify", "--json", folder)
    for row in json.loads(done.stdout):
        yield Path(row["container"]), row["faults"]


def flipped(whole: bytes, chance: random.Random) -> bytes:
    """One bit changed."""
    damaged = bytearray(whole)
    damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def main() -> int:
    """Print how often what was said."""
    asked, chance = arguments(), random.Random()
    chance.seed(asked.seed)
    said, cuts, parts = Counter[str](), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        path = asked.container or made_up(work, asked.sealed)
        whole, expected = path.read_bytes(), content(path)
        (work / "damaged").mkdir()
        for first in range(0, asked.places, AT_A_TIME):
            damaged = [flipped(whole, chance) for _ in range(min(AT_A_TIME, asked.places - first))]
            for copy, found in faults(damaged, work / "damaged"):
                said[verdict(found, copy, expected)] += 1
                parts[part(found)] += 1
                copy.unlink()
        for first in range(0, asked.cuts, AT_A_TIME):
            damaged = [whole[: chance.randrange(1, len(whole))] for _ in range(min(AT_A_TIME, asked.cuts - first))]
            for copy, found in faults(damaged, work / "damaged"):
                cuts["told as cut short" if CUT.search(" ".join(found[:1])) else "not told"] += 1
                copy.unlink()
    print(f"container of {len(whole)} bytes; flipped bits: {dict(said)}; cut off: {dict(cuts)}")
    for told, count in parts.most_common():
        print(f"  {count:5} {told}")
    return 0 if set(said) <= {"found and named", "unchanged"} and set(cuts) <= {"told as cut short"} else 1


def verdict(found: list[str], copy: Path, expected: str) -> str:
    """What verify has made of one flipped bit."""
    if found:
        is_named = any(NAMED.match(fault) for fault in found) and not any(CUT.match(fault) for fault in found)
        return "found and named" if is_named else "found, not named"
    return "unchanged" if content(copy) == expected else "not found"


def part(found: list[str]) -> str:
    """The first fault without its numbers."""
    return re.sub(r"\d+", "N", found[0])[:110] if found else ""


if __name__ == "__main__":
    sys.exit(main())
