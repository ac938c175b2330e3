"""Annotations that come along when the files of a container are recovered."""

from collections.abc import Iterable
from pathlib import Path

from dicomconv.container.reader import Container, open_container
from dicomconv.errors import DicomconvError, UsageError
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.remap import in_original_space
from dicomconv.pipeline.derived.space import Space, space_of
from dicomconv.pipeline.derived.write import ELSEWHERE, Made, Written, made_of, place
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.plan import Existing
from dicomconv.seal.keys import Identity

FOLDER = "annotations"


def recover_annotations(
    paths: Iterable[Path], back: Path, *, identity: Identity | None = None, existing: Existing = "error"
) -> list[Written]:
    """Write the sets of recovered containers beside their files: masks as segmentations, the rest as reports.

    With the key to their seals as annotations of the originals, into the folder `annotations`. What cannot be written, as
    highdicom is missing or the files are there, is said in its row: the recovered files stay.
    """
    return [one for path in paths for one in _of_container(path, back, identity, existing)]


def _of_container(path: Path, back: Path, identity: Identity | None, existing: Existing) -> list[Written]:
    with open_container(path) as container:
        names = list(container.annotations)
        try:
            space = space_of([path], identity) if identity and names else None
            return [_set(container, name, back, space, existing) for name in names]
        except DicomconvError as error:
            return [Written(path, ", ".join(names), reason=str(error), is_fault=not isinstance(error, UsageError))]


def _set(container: Container, name: str, back: Path, space: Space | None, existing: Existing) -> Written:
    stored = container.annotations[name]
    if not stored.is_of_this_container:
        return Written(container.path, name, reason=ELSEWHERE, is_fault=True)
    try:
        made = made_of(container, stored.load())
        folder = back / container.folder.parent
        if space:
            made, folder = _in_original_space(made, space), back / FOLDER
        placed = place(made, folder, back, existing)
    except (Unwritable, UsageError) as error:
        return Written(container.path, name, reason=str(error))
    return Written(container.path, name, placed, len(made) - placed)


def _in_original_space(made: list[Made], space: Space) -> list[Made]:
    """The files with originals for what they refer to, named by their new UIDs."""
    uids = {one.name.stem: space.minted(one.name.stem) for one in made}
    with quiet():
        return [
            Made(one.name.with_stem(uids[one.name.stem]), in_original_space(one.content, space, uids)) for one in made
        ]
