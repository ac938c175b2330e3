"""The marker of a series that was uploaded: written last, as objects have no names to be given when they are whole."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dicomconv.model import CHUNK, Outcome
from dicomconv.pipeline.names import SeriesNames

FOLDER = "_complete"


def marker_of(names: SeriesNames) -> str:
    """The name of a series' marker, below OUT."""
    return f"{FOLDER}/{names.folder.as_posix()}.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker says: of each object its name, size and SHA-256; the SOP Instance UIDs; whose keys open the seal."""

    objects: tuple[tuple[str, int, str], ...]
    instances: tuple[str, ...]
    sealed_to: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The names of the objects."""
        return {name for name, _, _ in self.objects}

    def encoded(self) -> bytes:
        """The bytes of the marker."""
        objects = [{"name": name, "size": size, "sha256": digest} for name, size, digest in self.objects]
        told = {"objects": objects, "sop_instance_uids": self.instances, "sealed_to": self.sealed_to}
        return json.dumps(told, indent=1).encode() + b"\n"


def marker_for(files: Mapping[str, Path], outcomes: Iterable[Outcome], sealed_to: Iterable[str]) -> Marker:
    """The marker for files that are about to be uploaded under these names."""
    objects = tuple((name, path.stat().st_size, _sha256(path)) for name, path in sorted(files.items()))
    uids = (str(one.facts["sop_instance_uid"]) for one in outcomes if one.status == "converted")
    return Marker(objects, tuple(uids), tuple(sealed_to))


def decoded(content: bytes | None) -> Marker | None:
    """A marker out of its bytes; None if there is none, or it is damaged: then nothing of the series is trusted."""
    try:
        told = json.loads(content or b"")
        objects = tuple((str(one["name"]), int(one["size"]), str(one["sha256"])) for one in told["objects"])
        return Marker(objects, tuple(map(str, told["sop_instance_uids"])), tuple(map(str, told["sealed_to"])))
    except (ValueError, KeyError, TypeError):
        return None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
