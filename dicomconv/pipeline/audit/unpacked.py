"""An instance of an output, or an original, as the parts of its file: read from a file or out of a container."""

from functools import lru_cache
from pathlib import Path

from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import file_chunks
from dicomconv.elements import PIXEL_TAGS
from dicomconv.part10 import Parts, split, split_headers
from dicomconv.pipeline.audit.instance import LARGEST_SEARCHED
from dicomconv.stored import Where


def parts_at(path: Where, index: int) -> Parts:
    """The parts of a file, or of an instance of a container (`index`; -1: of the file itself)."""
    return split(path) if index < 0 or not isinstance(path, Path) else unpacked(_opened(path), index)


def headers_at(path: Where, index: int) -> Parts:
    """The same without the pixel value."""
    return split_headers(path) if index < 0 or not isinstance(path, Path) else without_pixels(_opened(path), index)


@lru_cache(maxsize=1)
def _opened(path: Path) -> Container:
    return open_container(path)


def unpacked(container: Container, index: int) -> Parts:
    """The parts of an instance's file; of a very large one without its pixel data."""
    if container.instances[index].file_length > LARGEST_SEARCHED:
        return without_pixels(container, index)
    return split(b"".join(file_chunks(container, container.recipes[index])))


def without_pixels(container: Container, index: int) -> Parts:
    """The parts of an instance's file as if it had no pixel data."""
    instance, recipe = container.instances[index], container.recipes[index]
    length = instance.file_length
    head = b"".join(file_chunks(container, recipe, 0, instance.head_length))
    tail = b"".join(file_chunks(container, recipe, length - instance.tail_length, length))
    end = next((one.start for one in container.header(index) if one.tag in PIXEL_TAGS), len(head))
    return split(head[:end] + tail)
