"""The original files of a container, byte for byte, out of its seal: all of them or none."""

import hashlib
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv import manifest
from dicomconv.container.columns import READ_ERRORS
from dicomconv.container.digest import root_digest
from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import Instance, file_chunks
from dicomconv.errors import Malformed, NotAContainer, UsageError, VerificationFailed
from dicomconv.pipeline.containers import ContainerReport, on_each
from dicomconv.pipeline.duplicates import COPY
from dicomconv.pipeline.found import PathLike, as_paths, find_containers, make_folder
from dicomconv.pipeline.placing import Placing
from dicomconv.pipeline.plan import Existing
from dicomconv.pipeline.seals import SEAL_SUFFIX, foreign, seal_of
from dicomconv.seal.keys import Identity
from dicomconv.seal.opened import Seal, Unpacked, open_seal
from dicomconv.seal.recipe import Kind, PixelBytes, rebuilt
from dicomconv.seal.records import OriginalFile, SealedInstance, SealedSeries
from dicomconv.temporary import mark

AHEAD = 1 << 20
OWNERS = 0o700
THERE = (
    "a file with the name of one of its originals is there already; use --existing skip or overwrite, or recover it "
    "into a folder of its own"
)
NAMESAKE = "another file has the name of one of its originals; recover it into a folder of its own"
_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def recover_originals(
    paths: PathLike | Iterable[PathLike],
    back: PathLike,
    identity: Identity,
    *,
    existing: Existing = "error",
    jobs: int = 1,
) -> list[ContainerReport]:
    """Write the originals of sealed containers as the tree that they were; of one that is not sound, no file.

    UsageError if nothing could be written, as there are files with these names in the folder already.
    """
    found, back = find_containers(as_paths(paths)), Path(back)
    if alone := [path for path in found if path.suffix == SEAL_SUFFIX]:
        raise UsageError(f"{alone[0]} is a seal by itself; name its container, beside which it has to be")
    scratch = back / f".recover{mark()}-{secrets.token_hex(4)}"
    try:
        reports = on_each(Originals(back, scratch, _made(back), existing, identity), found, jobs)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if all(report.faults == (THERE,) for report in reports):
        raise UsageError(f"there are originals in {back} already; use --existing skip or overwrite")
    return reports


def _made(back: Path) -> int:
    """Make the folder if it is not there, for its owner alone; the mode of the folders in it."""
    is_new = not back.exists()
    make_folder(back)
    if is_new:
        back.chmod(OWNERS)
    return OWNERS if is_new else 0o777


def rows_in_no_seal(paths: PathLike | Iterable[PathLike]) -> dict[str, int]:
    """How many source files of the folders' manifests were not converted, by outcome and reason; copies aside.

    A copy's path is in the seal of the file that it is a copy of.
    """
    rows = [row for path in as_paths(paths) if path.is_dir() for row in manifest.read(path)]
    left = [row for row in rows if row.get("outcome") != "converted" and not str(row.get("reason")).startswith(COPY)]
    return dict(Counter(f"{row.get('outcome')}: {row.get('reason')}" for row in left))


@dataclass(frozen=True, slots=True)
class Originals:
    """How originals are recovered into a folder; picklable, for worker processes."""

    back: Path
    scratch: Path
    mode: int
    existing: Existing
    identity: Identity = field(repr=False)

    def __call__(self, path: Path) -> ContainerReport:
        """The originals of one container. The whole seal is authenticated before the first file is begun."""
        try:
            with open_container(path) as container:
                sealed = seal_of(path)
                if sealed is None:
                    return ContainerReport(path, lacks="seal")
                seal = open_seal(sealed, self.identity)
                if seal is None:
                    return ContainerReport(path, lacks="key")
                if faults := foreign(seal.header, container) or changed(container):
                    return ContainerReport(path, faults=tuple(faults))
                seal.check()
                return self._recovered(container, seal)
        except (NotAContainer, Malformed) as error:
            return ContainerReport(path, faults=(error.fault if isinstance(error, NotAContainer) else str(error),))
        except VerificationFailed as error:
            return ContainerReport(path, faults=error.faults)
        except OSError as error:
            return ContainerReport(path, faults=(f"cannot be read or written ({(error.strerror or 'error').lower()})",))

    def _recovered(self, container: Container, seal: Seal) -> ContainerReport:
        """Everything under temporary names, compared with its digest, then in place."""
        scratch = self.scratch / secrets.token_hex(4)
        self.scratch.mkdir(mode=OWNERS, exist_ok=True)
        scratch.mkdir(mode=OWNERS)
        try:
            reading = _Reading(container, Unpacked(seal.plain()), scratch)
            files = [(temporary, self._target(file), file) for temporary, file in reading.files()]
            if len({target for _, target, _ in files}) < len(files):
                raise Malformed("two originals have one name", "a record")
            with Placing(self.back, scratch, self.existing, mode=self.mode) as placing:
                placed = [self._is_placed(placing, *one) for one in files]
        finally:
            shutil.rmtree(scratch)
        left_out = tuple(f"{one.path} ({one.status}: {one.reason})" for one in reading.series.left_out)
        return ContainerReport(container.path, sum(placed), skipped=len(placed) - sum(placed), left_out=left_out)

    def _target(self, file: OriginalFile) -> Path:
        """Where a file belongs. Malformed if that is not below the folder."""
        return self.back.joinpath(*_steps(file.path))

    def _is_placed(self, placing: Placing, temporary: Path, target: Path, file: OriginalFile) -> bool:
        """Give a file its time and its name; False if an equal one is there and stays."""
        _set_time(temporary, file.modified_ns)
        done = placing.place(temporary, target)
        if done == "taken":
            raise VerificationFailed("", (THERE if self.existing == "error" else NAMESAKE,))
        return done == "placed"


def _set_time(path: Path, modified_ns: int | None) -> None:
    """Give a file the time that its original had, if that is known and one that the disk can keep."""
    if modified_ns is None:
        return
    try:
        os.utime(path, ns=(modified_ns, modified_ns))
    except (OverflowError, OSError):
        return


def changed(container: Container) -> list[str]:
    """Whether the tables of a container are no longer what its seal is bound to."""
    try:
        is_sound = root_digest(container.file) == container.root_sha256
    except READ_ERRORS:
        is_sound = False
    return [] if is_sound else ["root digest: the tables or attributes are not what was packed"]


def _steps(name: str) -> list[str]:
    """The folders and the name of a file. Malformed if they lead anywhere but down, or Windows does not take them."""
    steps = name.split("/")
    is_odd = any(step in ("", ".", "..") or "\0" in step for step in steps)
    if is_odd or (os.name == "nt" and any(_WINDOWS.search(step) for step in steps)):
        raise Malformed("a file's name is not one that can be written here", "a record")
    return steps


class _Reading:
    """Rebuilds the originals of a container into a folder, one after the other."""

    def __init__(self, container: Container, unpacked: Unpacked, scratch: Path):
        self._container, self._unpacked, self._scratch = container, unpacked, scratch
        self._digests, self._count = hashlib.sha256(), 0
        self.series = SealedSeries("", "", None, {})

    def files(self) -> Iterator[tuple[Path, OriginalFile]]:
        """Each file under its temporary name; at the end VerificationFailed if any was not what went in."""
        record, sha256 = self._unpacked.record()
        while isinstance(record, SealedInstance):
            yield from self._written(record)
            record, sha256 = self._unpacked.record()
        self.series = record
        if self._digests.digest() != sha256:
            raise VerificationFailed(str(self._container.path), ("a rebuilt file is not the original that was sealed",))

    def _written(self, record: SealedInstance) -> Iterator[tuple[Path, OriginalFile]]:
        digest, paths = hashlib.sha256(), [self._temporary() for _ in record.files]
        with paths[0].open("wb", buffering=0) as file:
            for chunk in rebuilt(record.pieces, self._unpacked.read, self._pixels_of(record)):
                digest.update(chunk)
                file.write(chunk)
        self._digests.update(digest.digest())
        for copy in paths[1:]:
            shutil.copyfile(paths[0], copy)
        yield from zip(paths, record.files, strict=True)

    def _temporary(self) -> Path:
        self._count += 1
        return self._scratch / str(self._count)

    def _pixels_of(self, record: SealedInstance) -> PixelBytes:
        """Reads the de-identified pixel value of a record's instance. Malformed if the record reaches beyond it."""
        container = self._container
        if not 0 <= record.index < len(container):
            raise Malformed("the seal speaks of an instance that is not there", "a record")
        instance = container.instances[record.index]
        length = instance.file_length - instance.head_length - instance.tail_length
        if any(piece.offset + piece.length > length for piece in record.pieces if piece.kind != Kind.SEALED):
            raise Malformed("the seal speaks of pixels that are not there", "a record")

        return _PixelValue(container, instance, length).chunks


class _PixelValue:
    """The pixel value of an instance, read ahead: many small pieces of it follow each other closely."""

    def __init__(self, container: Container, instance: Instance, length: int):
        self._container, self._instance, self._length = container, instance, length
        self._start, self._block = 0, b""

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop`, in pieces."""
        while start < stop:
            if not self._start <= start < self._start + len(self._block):
                self._start, self._block = start, self._read(start, min(start + AHEAD, self._length))
            yield self._block[start - self._start : stop - self._start]
            start = min(stop, self._start + len(self._block))

    def _read(self, start: int, stop: int) -> bytes:
        recipe, before = self._container.recipes[self._instance.index], self._instance.head_length
        return b"".join(file_chunks(self._container, recipe, before + start, before + stop))
