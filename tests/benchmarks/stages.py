"""What of the floor takes how long, and how large a container is beside shuffle and gzip 6: printed after the race."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import h5py

from tests.benchmarks.floor import main as floor

ROOT = Path(__file__).parents[2]


def pixels_of(path: Path) -> Iterator[h5py.Dataset]:
    """The stacks of a container."""
    with h5py.File(path) as file:
        yield from (stack["pixels"] for stack in file["stacks"].values())


def with_gzip_6(dataset: h5py.Dataset, folder: Path) -> int:
    """How many bytes the same frames take as HDF5 itself compresses them."""
    with h5py.File(folder / "gzip6.h5", "w") as file:
        copy = file.create_dataset(
            "pixels", dataset.shape, dataset.dtype, chunks=dataset.chunks, compression="gzip", compression_opts=6,
            shuffle=True,
        )  # fmt: skip
        for index in range(len(dataset)):
            copy[index] = dataset[index]
        return int(copy.id.get_storage_size())


def sizes(bench: Path) -> Iterator[str]:
    """The bytes of the frames as they are, as we keep them, and by gzip 6; one series of the bench."""
    [series, *_] = sorted((bench / "source").iterdir())
    with tempfile.TemporaryDirectory(dir=bench) as folder:
        for compression in ("fast", "small"):
            out = Path(folder) / compression
            command = [sys.executable, "-m", "dicomconv", "convert", str(series), "-o", str(out)]
            more = ["--key", str(bench / "key"), "--compression", compression, "--no-png", "-q"]
            subprocess.run([*command, *more], check=True, cwd=ROOT)
            [container] = out.rglob("*.h5")
            for dataset in pixels_of(container):
                plain, kept, gzip = dataset.nbytes, dataset.id.get_storage_size(), with_gzip_6(dataset, Path(folder))
                yield (
                    f"--compression {compression}: 1 : {plain / kept:.2f}; shuffle and gzip 6: 1 : {plain / gzip:.2f}; "
                    f"whole container {container.stat().st_size / plain:.3f} of the pixels"
                )


def main(bench: Path) -> None:
    """Print both."""
    print("\nstages of the floor, ms a slice, two processes at a time")
    floor(bench / "source", bench / "floor")
    print("\nsize")
    print("\n".join(sizes(bench)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
