"""An instance of a container as the parts of its file."""

from dicomconv.container.reader import Container
from dicomconv.container.rebuild import file_chunks
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.audit.instance import LARGEST_SEARCHED


def unpacked(container: Container, index: int) -> Parts:
    """The parts of an instance's file; of a very large one without its pixel data."""
    instance, recipe = container.instances[index], container.recipes[index]
    if instance.file_length <= LARGEST_SEARCHED:
        return split(b"".join(file_chunks(container, recipe)))
    head = b"".join(file_chunks(container, recipe, 0, instance.head_length))
    pixel = container.header(index).element_of_pixels
    return split(head)
