"""Objects that were made on de-identified files, by us or by others, back to the hospital that the originals are of."""

from collections.abc import Iterable
from pathlib import Path

from dicomconv.pipeline.derived.remap import in_original_space
from dicomconv.pipeline.derived.space import space_of
from dicomconv.pipeline.found import PathLike, as_paths, find_containers
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.plan import Existing
from dicomconv.pipeline.reidentify import ReidentifyReport, reidentify_by
from dicomconv.seal.keys import Identity
from dicomconv.source import SourceFile
from dicomconv.stored import Where, all_bytes
from dicomconv.walk import walk


def reidentify_objects(
    sources: PathLike | Iterable[PathLike],
    out: PathLike,
    identity: Identity,
    containers: PathLike | Iterable[PathLike],
    *,
    existing: Existing = "error",
) -> ReidentifyReport:
    """Map segmentations, structure sets and reports back by the seals of the containers that they were made on.

    Objects of one call may refer to each other. Errors of the containers as of `space_of`, before anything is written.
    """
    space = space_of(find_containers(as_paths(containers)), identity)
    batch = {uid: space.minted(uid) for uid in _uids_of(as_paths(sources)) if uid not in space.uids}

    def change(path: Where) -> Iterable[bytes]:
        with quiet():
            return [in_original_space(all_bytes(path), space, batch)]

    return reidentify_by(change, sources, out, existing)


def _uids_of(paths: Iterable[Path]) -> set[str]:
    """The instances and series that the files are."""
    found = [one for one in walk(list(paths)) if isinstance(one, SourceFile)]
    return {uid for one in found for uid in (one.sop_instance_uid, one.series_instance_uid)}
