"""The files that a series was written to, and whether they are still there as they were written."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from dicomconv.container.reader import open_container
from dicomconv.container.user_block import user_block_length
from dicomconv.errors import NotAContainer, VerificationFailed
from dicomconv.model import Outcome
from dicomconv.pipeline.journal import Product
from dicomconv.pipeline.seals import CONTAINER_SUFFIX, seal_beside
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
                content = content_of(one) if one.suffix == CONTAINER_SUFFIX else ""
                yield Product(one.relative_to(out).as_posix(), status.st_size, status.st_mtime_ns, content)


def content_of(path: Path) -> str:
    """By what a container is known that got annotations: root digest, and length of its seal; "" if it is none."""
    try:
        with open_container(path) as container:
            return f"{container.root_sha256.hex()} {user_block_length(path)}"
    except (NotAContainer, VerificationFailed):
        return ""


def _is_annotated(path: Path, content: str) -> bool:
    """Whether a container is what was written, but for annotations that it got since."""
    if not content or content_of(path) != content:
        return False
    with open_container(path) as container:
        return bool(container.annotations)


def are_there(out: Path, products: Iterable[Product]) -> Fate:
    """Whether files are as they were written: by length and time, so that no file is read.

    A container that differs is looked into: one that got annotations is as it was.
    """
    found: Fate = "whole"
    for product in products:
        path = out / PurePosixPath(product.path)
        try:
            status = path.stat()
        except OSError:
            return "missing"
        is_same = (status.st_size, status.st_mtime_ns) == (product.size, product.modified)
        if not is_same and not _is_annotated(path, product.content):
            found = "changed"
    return found
