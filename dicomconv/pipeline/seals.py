"""Seals of containers that are there: where they are, whether they fit, and who can open them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.container.reader import Container
from dicomconv.container.user_block import set_user_block, user_block_length
from dicomconv.container.verify import verify
from dicomconv.errors import DicomconvError, Malformed, UsageError
from dicomconv.model import Span
from dicomconv.seal.block import MAGIC, UNIT, Header, announced_length, is_undamaged, read_header
from dicomconv.seal.keys import Identity, Recipient, shown
from dicomconv.seal.opened import Seal, open_seal, recipients_of, rewrapped

SEAL_SUFFIX, CONTAINER_SUFFIX = ".seal", ".h5"


@dataclass(frozen=True, slots=True)
class SealReport:
    """What became of one seal: who can open it now, what was wrong, or what is lacking to change it.

    `removed`: how many seals of a container were removed, in it and beside it.
    """

    path: Path
    recipients: tuple[str, ...] = ()
    fault: str = ""
    lacks: str = ""
    removed: int = 0


def seal_beside(container: Path) -> Path:
    """Where a container's detached seal is: `<series>.seal`."""
    return container.with_suffix(SEAL_SUFFIX)


def seal_of(path: Path) -> Span | None:
    """The seal of a container, in it or beside it, or a file that is one; None if there is none."""
    length = None if path.suffix == SEAL_SUFFIX else user_block_length(path)
    if length:
        return Span(path, 0, length)
    beside = seal_beside(path)  # for a file that is a seal, that file
    return Span(beside, 0, beside.stat().st_size) if beside.is_file() else None


def faults_of_seal(container: Container) -> list[str]:
    """What can be seen of a container's seal without a key: whether it is whole, and this container's."""
    sealed = seal_of(container.path)
    if sealed is None:
        return []
    try:
        header = read_header(sealed)
        damage = [] if is_undamaged(sealed, header) else ["the seal is damaged"]
        return damage or foreign(header, container)
    except Malformed as error:
        return [str(error)]


def is_cut_within_seal(path: Path) -> bool:
    """Whether a file ends before the seal does that stands at its beginning, so that nothing of a container is there."""
    with path.open("rb") as file:
        start = file.read(UNIT)
    if len(start) < UNIT:
        return len(start) > 0 and start.startswith(MAGIC[: len(start)])
    return path.stat().st_size <= announced_length(start)


def foreign(header: Header, container: Container) -> list[str]:
    """Why a seal is not this container's; nothing if it is."""
    if header.container_uuid != UUID(container.container_uuid).bytes:
        return ["the seal belongs to another container"]
    return (
        [] if header.root_sha256 == container.root_sha256 else ["the seal belongs to another state of this container"]
    )


def is_sealed_for(container: Container, recipients: Iterable[Recipient]) -> bool:
    """Whether a container has a sound seal that all these can open."""
    sealed = seal_of(container.path)
    if sealed is None or faults_of_seal(container):
        return False
    return {shown(one.key_id) for one in recipients} <= set(recipients_of(read_header(sealed)))


def sealed_for(path: Path) -> str:
    """Whether a container is sealed, and for whom, in a few words."""
    sealed = seal_of(path)
    if sealed is None:
        return "no"
    where = "in the container" if sealed.source == path else "beside the container"
    try:
        ids = recipients_of(read_header(sealed))
    except Malformed:
        return f"{where}, damaged"
    return f"{where}, for {len(ids)} {'recipient' if len(ids) == 1 else 'recipients'}: {', '.join(ids)}"


def find_seals(paths: Iterable[Path]) -> list[Path]:
    """The containers and seals named, and those in the folders named. UsageError if there is nothing."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix in (CONTAINER_SUFFIX, SEAL_SUFFIX))
            found += [one for one in inside if one.is_file() and not one.name.startswith(".")]
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} does not exist")
    if not found:
        raise UsageError("there are no containers (*.h5) and no seals (*.seal) in what was named")
    return list(dict.fromkeys(path.resolve() for path in found))  # what is replaced is the file, not a link to it


def rewrap(
    paths: Iterable[Path], identity: Identity, *, add: Sequence[Recipient], remove: Sequence[Recipient]
) -> list[SealReport]:
    """Change who can open seals; what is sealed, and the containers, stay as they are.

    UsageError, and nothing is changed, if nobody could open one of them then, or none is for a key to be removed.
    """
    opened = [_tried(partial(_opened, identity), path) for path in dict.fromkeys(map(_holder, find_seals(paths)))]
    seals = [seal for _, seal in opened if seal]
    there = {wrap.key_id for seal in seals for wrap in seal.header.wraps}
    if seals and (strange := [shown(one.key_id) for one in remove if one.key_id not in there]):
        raise UsageError(f"none of the seals is for {', '.join(strange)}, which is to be removed; nothing was changed")
    for seal in seals:
        rewrapped(seal, add, remove)
    return [_tried(partial(_rewrap, seal, add, remove), one.path)[0] if seal else one for one, seal in opened]


Tried = tuple[SealReport, Seal | None]


def _opened(identity: Identity, path: Path) -> Tried:
    """The seal that is in a file, opened; or why not."""
    sealed = seal_of(path)
    if sealed is None:
        return SealReport(path, lacks="seal"), None
    seal = open_seal(sealed, identity)
    recipients = recipients_of(seal.header if seal else read_header(sealed))
    return SealReport(path, recipients, lacks="" if seal else "key"), seal


def _rewrap(seal: Seal, add: Sequence[Recipient], remove: Sequence[Recipient], path: Path) -> Tried:
    put = _replace if path.suffix == SEAL_SUFFIX else set_user_block
    put(path, rewrapped(seal, add, remove))
    return SealReport(path, recipients_of(read_header(seal_of(path) or seal.block))), seal


def _holder(path: Path) -> Path:
    """The file that a container's seal is in: the container itself, or the one beside it."""
    try:
        sealed = seal_of(path)
    except OSError:
        return path
    return sealed.source if sealed and isinstance(sealed.source, Path) else path


def strip(paths: Iterable[Path]) -> list[SealReport]:
    """Remove the seals in and beside containers, which are verified first: of a damaged one they may be all there is."""
    found = find_seals(paths)
    beside = {seal_beside(path) for path in found if path.suffix != SEAL_SUFFIX}
    return [_tried(_strip, path)[0] for path in found if path not in beside]


def _strip(path: Path) -> Tried:
    if path.suffix == SEAL_SUFFIX:
        return SealReport(
            path, fault="a seal whose container was not named with it; delete it if nobody needs it"
        ), None
    is_sealed, beside = bool(user_block_length(path)), seal_beside(path)
    count = is_sealed + beside.is_file()
    if not count:
        return SealReport(path, lacks="seal"), None
    if faults := verify(path):
        return SealReport(path, fault="; ".join(faults)), None
    if is_sealed:
        set_user_block(path, ())
    beside.unlink(missing_ok=True)
    return SealReport(path, removed=count), None


def _tried(change: Callable[[Path], Tried], path: Path) -> Tried:
    """What went wrong with one seal ends its own row, not the others'."""
    try:
        return change(path)
    except UsageError:
        raise
    except DicomconvError as error:
        return SealReport(path, fault=str(error)), None
    except OSError as error:
        return SealReport(path, fault=f"cannot be read or written ({(error.strerror or 'error').lower()})"), None


def _replace(path: Path, block: Iterable[bytes]) -> None:
    try:
        put_in_place(written_beside(path, block), path)
    finally:
        temporary_beside(path).unlink(missing_ok=True)


def written_beside(path: Path, block: Iterable[bytes]) -> Path:
    """A seal's bytes under the temporary name of its file, for `put_in_place`."""
    temporary = temporary_beside(path)
    with temporary.open("wb") as file:
        file.writelines(block)
    return temporary
