"""An instance of an output, or an original, as the parts of its file: read from a file or out of a container."""

from pathlib import Path

from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import file_chunks
from dicomconv.elements import PIXEL_TAGS
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.audit.instance import LARGEST_SEARCHED


def parts_at(path: Path, index: int) -> Parts:
    """The parts of a file, or of an instance of a container (`index`; -1: of the file itself)."""
    if index < 0:
        return split(path)
    with open_container(path) as container:
        return unpacked(container, index)


def unpacked(container: Container, index: int) -> Parts:
    """The parts of an instance's file; of a very large one without its pixel data."""
    instance, recipe = container.instances[index], container.recipes[index]
    if instance.file_length <= LARGEST_SEARCHED:
        return split(b"".join(file_chunks(container, recipe)))
    length = instance.file_length
    head = b"".join(file_chunks(container, recipe, 0, instance.head_length))
    tail = b"".join(file_chunks(container, recipe, length - instance.tail_length, length))
    end = next((one.start for one in container.header(index) if one.tag in PIXEL_TAGS), len(head))
    return split(head[:end] + tail)
