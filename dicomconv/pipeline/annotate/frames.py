"""The frames of containers: by the name that their PNGs have, and by what DICOM calls them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dicomconv.annotation import FrameKey
from dicomconv.container.reader import Container, open_container
from dicomconv.pipeline.annotate.records import Frame
from dicomconv.pipeline.redraw import png_names

Instance = tuple[str, int]  # SOP Instance UID, and frame number from 1


class Frames:
    """All frames of some containers.

    `by_stem`: by the name of their PNG without its ending; `by_instance`: by SOP Instance UID and frame number;
    `uuids`: of the containers, in the order of `paths`.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self.uuids: list[str] = []
        self.by_stem: dict[str, set[Frame]] = defaultdict(set)
        self.by_instance: dict[Instance, set[Frame]] = defaultdict(set)
        for number, path in enumerate(self.paths):
            with open_container(path) as container:
                self.uuids.append(container.container_uuid)
                self._add(number, container)

    def _add(self, number: int, container: Container) -> None:
        names = png_names(container)
        for index, stack in enumerate(container.stacks):
            table, format = container.frame_table(index), stack.format
            pairs = zip(table["instance"].tolist(), table["frame_number"].tolist(), strict=True)
            for place, (instance, frame_number) in enumerate(pairs):
                frame = Frame(number, FrameKey(index, place), format.rows, format.columns)
                self.by_stem[PurePosixPath(names[index, place]).stem].add(frame)
                self.by_instance[container.instances[instance].sop_instance_uid, frame_number].add(frame)

    def of(self, uuid: str, instance: Instance) -> set[Frame]:
        """The frames that a container of this UUID has of an instance: more than one if the container is there twice."""
        return {frame for frame in self.by_instance.get(instance, ()) if self.uuids[frame.container] == uuid}
