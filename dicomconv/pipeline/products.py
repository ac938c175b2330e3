"""The files that a series was written to, and whether they are still there as they were written."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from dicomconv.model import Outcome
from dicomconv.pipeline.journal import Product
from dicomconv.pipeline.seals import seal_beside
from dicomconv.pipeline.slices import NAME as SLICES

Fate = Literal["whole", "missing", "changed"]


def products_of(out: Path, outcomes: Iterable[Outcome]) -> Iterator[Product]:
    """A container with the seal and the lists of pictures beside it, or single files, as rows name them."""
    named = {str(one.facts[name]): None for one in outcomes for name in ("container", "file") if name in one.facts}
    for name in named:
        path = out / name
        lists = sorted(path.with_suffix("").rglob(SLICES)) if path.suffix == ".h5" else []
        for one in (path, seal_beside(path), *lists):
            if one.is_file():
                status = one.stat()
                yield Product(one.relative_to(out).as_posix(), status.st_size, status.st_mtime_ns)


def are_there(out: Path, products: Iterable[Product]) -> Fate:
    """Whether files are as they were written: by length and time, so that no file is read."""
    found: Fate = "whole"
    for product in products:
        try:
            status = (out / PurePosixPath(product.path)).stat()
        except OSError:
            return "missing"
        if (status.st_size, status.st_mtime_ns) != (product.size, product.modified):
            found = "changed"
    return found
