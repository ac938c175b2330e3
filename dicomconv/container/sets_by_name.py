"""The annotation sets of a container by their names."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dicomconv.container import schema
from dicomconv.container.annotation_sets import SetSource, StoredSet
from dicomconv.container.columns import reads
from dicomconv.errors import NotAContainer


class StoredSets(Mapping[str, StoredSet]):
    """The annotation sets of a container by name, in the order in which they came in.

    KeyError for a name that is not there; NotAContainer for a set of a later version than this release knows.
    """

    def __init__(self, container: SetSource) -> None:
        self._container = container

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self._container.path

    @reads("annotations")
    def _names(self) -> list[str]:
        group = self._container.file.get(schema.ANNOTATIONS)
        if group is None:
            return []
        return sorted(group, key=lambda name: (int(group[name].attrs.get(schema.SET_NUMBER, 0)), name))

    def __getitem__(self, name: str) -> StoredSet:
        if name not in self._names():
            raise KeyError(name)
        found = StoredSet(self._container, name)
        if found.version.split(".")[0] != schema.ANNOTATION_VERSION.split(".")[0]:
            reads_what = f"this release reads {schema.ANNOTATION_VERSION}"
            raise NotAContainer(str(self.path), f"annotation set {name} is of version {found.version}; {reads_what}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __repr__(self) -> str:
        return f"<annotation sets {', '.join(self)}>"
