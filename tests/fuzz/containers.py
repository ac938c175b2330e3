"""Containers to be mutated: each made of one file, and changed as bytes or through HDF5, as somebody with a viewer could."""

import contextlib
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import dicomconv
from dicomconv.container import schema
from dicomconv.container.digest import root_digest
from dicomconv.container.footer import write_footer
from dicomconv.pipeline.key_file import write_key
from tests.fuzz import mutate, seeds

EDGES = (0, 1, 2, 255, 65535, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1)
REFUSED = (KeyError, TypeError, ValueError, OSError, RuntimeError, AttributeError, MemoryError)  # by h5py: what is not possible
THROUGH_HDF5 = ("columns", "attributes", "chunks", "missing", "shapes")
MUTATIONS = ("bits", "octets", "number", "cut", "removed", "inserted", *THROUGH_HDF5 * 2)


@cache
def container_of(name: str) -> bytes | None:
    """The container of one file; None if it gives none."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_key(work / "key", bytes(range(32)))
        (work / "source").mkdir()
        (work / "source/one").write_bytes(seeds.content(name))
        try:
            dicomconv.convert(work / "source", work / "out", key=work / "key", png=False, burned_in="keep", jobs=1)
        except dicomconv.DicomconvError:
            return None
        found = list((work / "out").rglob("*.h5"))
        return found[0].read_bytes() if found else None


def write_mutated(path: Path, data: bytes, seed: int, mutation: str) -> None:
    """A container with one mutation; those through HDF5 with digests that fit it, as a forger would leave them."""
    if mutation not in THROUGH_HDF5:
        path.write_bytes(mutate.mutated(data, seed, mutation))
        return
    path.write_bytes(data)
    chance = random.Random(f"{mutation} {seed}")
    with h5py.File(path, "r+") as file:
        for _ in range(chance.choice((1, 1, 2, 4))):
            with contextlib.suppress(*REFUSED):
                globals()[f"_{mutation}"](file, chance)
        if chance.random() < 0.8:
            with contextlib.suppress(*REFUSED):
                file.attrs[schema.ROOT_SHA256] = root_digest(file).hex().encode()
    write_footer(path)


def _datasets(file: h5py.File) -> list[h5py.Dataset]:
    found: list[h5py.Dataset] = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return found


def _edge(dtype: np.dtype[Any], chance: random.Random) -> Any:
    if dtype.kind == "S":
        return chance.randbytes(dtype.itemsize)
    if dtype.kind == "f":
        return chance.choice((0.0, -1.0, np.nan, np.inf, 1e308, -1e-308))
    info = np.iinfo(dtype)
    return min(max(chance.choice(EDGES) - chance.choice((0, 1, 2**63)), int(info.min)), int(info.max))


def _columns(file: h5py.File, chance: random.Random) -> None:
    """Another value somewhere in a dataset."""
    dataset = chance.choice(_datasets(file))
    if dataset.size:
        place = tuple(chance.randrange(length) for length in dataset.shape)
        dataset[place] = _edge(dataset.dtype, chance)


def _attributes(file: h5py.File, chance: random.Random) -> None:
    """Another value, or another type, of an attribute."""
    items = [file, *_datasets(file), file["index"], file["constants"], file["stacks"]]
    item = chance.choice([one for one in items if len(one.attrs)])
    name = chance.choice(list(item.attrs))
    item.attrs[name] = chance.choice((b"", b"x" * 70, -1, 2**62, 0.5, np.zeros(3), b"../..\\/etc", b"\xff\xfe", 7))


def _chunks(file: h5py.File, chance: random.Random) -> None:
    """Another stream where a chunk is."""
    chunked = [one for one in _datasets(file) if one.chunks and one.id.get_num_chunks()]
    if chunked:
        dataset = chance.choice(chunked)
        info = dataset.id.get_chunk_info(chance.randrange(dataset.id.get_num_chunks()))
        mask, chunk = dataset.id.read_direct_chunk(info.chunk_offset)
        changed = chance.choice((b"\0", b"x", mutate.mutated(bytes(chunk) or b"x", chance.randrange(99), "octets")))
        dataset.id.write_direct_chunk(info.chunk_offset, changed, chance.choice((mask, mask, 1, 3)))


def _missing(file: h5py.File, chance: random.Random) -> None:
    """Something taken away, or a group where a dataset was."""
    name = chance.choice([one.name for one in _datasets(file)] + list(file))
    del file[name]
    if chance.random() < 0.3:
        file.create_group(name)


def _shapes(file: h5py.File, chance: random.Random) -> None:
    """A dataset of another shape or type."""
    dataset = chance.choice(_datasets(file))
    name, shape, dtype = dataset.name, dataset.shape, dataset.dtype
    shape = chance.choice(((0,), (), (*shape, 2), shape[:-1], (10**7,), tuple(length + 1 for length in shape), shape))
    dtype = chance.choice((dtype, dtype, "<u8", "S3", ">u2", "<f4", "i1", h5py.string_dtype()))
    del file[name]
    chunked = {"chunks": True} if shape and 0 not in shape and chance.random() < 0.4 else {}
    file.create_dataset(name, shape, dtype, **chunked)
