"""Coverage-guided fuzzing: `python -m tests.fuzz.guided TARGET -runs=100000`, with the extra `fuzz` (atheris, libFuzzer).

What follows the target goes to libFuzzer. Starts from the files of the wheel, or from a corpus folder named there.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris
import h5py
import numpy as np

with atheris.instrument_imports(include=["dicomconv"]):
    from tests.fuzz import containers, oracle, seeds
    from tests.fuzz.campaign import TARGETS
    from tests.fuzz.targets import messages

from dicomconv.container import schema
from dicomconv.container.digest import root_digest
from dicomconv.container.footer import write_footer

DEFAULTS = ("-timeout=20", "-rss_limit_mb=1536", "-max_len=65536")
SMALLEST = 60


class Finding(Exception):
    """A message that quotes a value, or speaks of memory."""


def one_input(target: str, path: Path, data: bytes) -> None:
    """Give an input to a target."""
    if target == "container":
        write_container(path, data)
    else:
        path.write_bytes(data)
    for message in messages(target, data, path):
        if "memory" in message.casefold():
            raise Finding(message)
        if target != "container" and (value := oracle.quoted(message, data)):
            raise Finding(f"quotes {value!r}: {message}")


def write_container(path: Path, data: bytes) -> None:
    """A container whose tables the input changes: as bytes they would not get past the checksums of HDF5."""
    provider = atheris.FuzzedDataProvider(data)
    path.write_bytes(containers.container_of("made frames") or b"")
    with h5py.File(path, "r+") as file:
        datasets = list[h5py.Dataset]()
        file.visititems(lambda _, item: datasets.append(item) if isinstance(item, h5py.Dataset) and item.size else None)
        while provider.remaining_bytes() > 4:
            dataset = datasets[provider.ConsumeIntInRange(0, len(datasets) - 1)]
            values = dataset[()]
            octets = np.frombuffer(bytearray(values.tobytes()), np.uint8)
            at = provider.ConsumeIntInRange(0, len(octets) - 1)
            put = provider.ConsumeBytes(provider.ConsumeIntInRange(1, 8))[: len(octets) - at]
            octets[at : at + len(put)] = np.frombuffer(put, np.uint8)
            dataset[...] = octets.view(values.dtype).reshape(values.shape)
        file.attrs[schema.ROOT_SHA256] = root_digest(file).hex().encode()
    write_footer(path)


def corpus(target: str, folder: Path) -> Path:
    """The seeds, the smallest of them: libFuzzer makes its way from little to much. To decode, those with pixels."""
    folder.mkdir()
    names = seeds.ARCHIVES if target == "archive" else seeds.names()
    contents = sorted(map(seeds.content, names), key=len)
    wanted = [one for one in contents if target != "decode" or b"\xe0\x7f\x10\x00" in one]
    for number, content in enumerate(wanted[:SMALLEST]):
        (folder / f"{number:03}").write_bytes(content)
    return folder


def main() -> None:
    """Fuzz one target until something is found, or the runs are done."""
    target, *options = sys.argv[1:] or [""]
    if target not in TARGETS:
        sys.exit(f"one of: {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        path = Path(name) / "input"
        given = [one for one in options if not one.startswith("-")]
        folders = given or [str(corpus(target, Path(name) / "corpus"))]
        flags = [one for one in options if one.startswith("-")]
        atheris.Setup(
            [sys.argv[0], *DEFAULTS, *flags, *folders], lambda data: one_input(target, path, data), internal_libfuzzer=True
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
