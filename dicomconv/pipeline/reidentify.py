"""De-identified files back to what they were, as far as their Encrypted Attributes Sequence tells (PS3.15 E.1.2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.declared import as_declared
from dicomconv.errors import DicomconvError, KeyFileError, Malformed, UsageError
from dicomconv.execute import executor, run_all
from dicomconv.inspected import Aside
from dicomconv.model import Outcome
from dicomconv.part10 import Parts, join, split
from dicomconv.pipeline.found import PathLike, as_paths
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.library import check_folders
from dicomconv.pipeline.plan import Existing
from dicomconv.pipeline.restore import restored
from dicomconv.pipeline.run import NOT_REACHED
from dicomconv.seal.cms import Identity, decrypted
from dicomconv.stored import Where
from dicomconv.walk import walk

ENCRYPTED = "EncryptedAttributesSequence"
SAME_NAME = "another source has the same name in OUT; re-identify them into folders of their own"
SUFFIX = ".dcm"
Change = Callable[[Where], Iterable[bytes]]  # a file → the bytes of what it was


@dataclass(frozen=True, slots=True)
class Target:
    """One source, and its name under OUT."""

    row: int
    path: Where = field(repr=False)
    name: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReidentifyReport:
    """What became of every source; `paths`: row → path; `wrong_key`: how many rows the key does not open."""

    outcomes: tuple[Outcome, ...]
    paths: dict[int, Where] = field(repr=False)
    wrong_key: int
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Reidentification:
    """How files are re-identified into a folder."""

    out: Path = field(repr=False)
    change: Change = field(repr=False)
    existing: Existing

    def __call__(self, target: Target) -> Outcome:
        """One file; whatever keeps it from being re-identified is raised."""
        path = self.out / target.name
        facts: dict[str, object] = {"file": target.name.as_posix()}
        if path.exists() and self.existing == "skip":
            return Outcome(target.row, "converted", "", {**facts, "existing": True})
        chunks = self.change(target.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, chunks)
        return Outcome(target.row, "converted", "", facts)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file under a temporary name, then give it its own: it is whole or it is not there."""
    temporary = temporary_beside(path)
    try:
        with temporary.open("wb") as file:
            file.writelines(chunks)
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def reidentified(parts: Parts, identity: Identity) -> Parts:
    """A de-identified file as it was before. Malformed if nothing is encrypted in it, KeyFileError if for others."""
    header = parts.header()
    if ENCRYPTED not in header:
        raise Malformed("the attribute is missing, and with it what could be brought back", ENCRYPTED)
    return restored(parts, decrypted(header.items(ENCRYPTED), identity))


def reidentify(
    sources: PathLike | Iterable[PathLike], out: PathLike, identity: Identity, *, existing: Existing = "error"
) -> ReidentifyReport:
    """Re-identify files and folders into OUT, each file under the name that it has in its folder. PS3.15 E.1.2."""
    return reidentify_by(lambda path: join(reidentified(as_declared(split(path)), identity)), sources, out, existing)


def reidentify_by(
    change: Change, sources: PathLike | Iterable[PathLike], out: PathLike, existing: Existing
) -> ReidentifyReport:
    """As `reidentify`, by whatever makes the bytes of a file what they were."""
    paths, folder = as_paths(sources), Path(out)
    check_folders(paths, folder, has_key=True)
    done: dict[int, Outcome | BaseException] = {}
    with quiet(), executor("serial") as engine:
        targets, outcomes, rows = _gathered(paths)
        _check_existing(targets, folder, existing)
        work = Reidentification(folder, change, existing)
        interrupted = run_all(engine, work, targets, lambda target, report: done.update({target.row: report}))
    outcomes += [_outcome(target.row, done.get(target.row)) for target in targets]
    return ReidentifyReport(
        tuple(sorted(outcomes, key=lambda outcome: outcome.row)),
        rows,
        sum(isinstance(report, KeyFileError) for report in done.values()),
        interrupted,
    )


def _gathered(sources: list[Path]) -> tuple[list[Target], list[Outcome], dict[int, Where]]:
    """The files to re-identify, the outcomes of what else was found, and every row's path."""
    targets: list[Target] = []
    outcomes: list[Outcome] = []
    rows: dict[int, Where] = {}
    names: set[Path] = set()
    for found in (found for source in sources for found in walk([source])):
        row = len(rows) + 1
        rows[row] = found.path
        if isinstance(found, Aside):
            outcomes.append(Outcome(row, "failed" if found.failed else "skipped", found.reason))
        elif (name := _name(found.name)) in names:
            outcomes.append(Outcome(row, "failed", SAME_NAME))
        else:
            names.add(name)
            targets.append(Target(row, found.path, name))
    return targets, outcomes, rows


def _name(below: str) -> Path:
    """The name of a file in the folder that was given, or its own name; it ends in .dcm."""
    name = Path(below)
    return name if name.suffix.lower() == SUFFIX else name.with_name(name.name + SUFFIX)


def _check_existing(targets: list[Target], out: Path, existing: Existing) -> None:
    there = sum((out / target.name).exists() for target in targets)
    if there and existing == "error":
        raise UsageError(
            f"{there} of the {len(targets)} files are in {out} already; nothing was changed. "
            "Use --existing skip to add what is missing, --existing overwrite to do them again, or another folder"
        )


def _outcome(row: int, report: Outcome | BaseException | None) -> Outcome:
    """The outcome of a row from what its work gave, or was ended by."""
    if isinstance(report, Outcome):
        return report
    return Outcome(row, "failed", NOT_REACHED if report is None else _reason(report))


def _reason(error: BaseException) -> str:
    if isinstance(error, DicomconvError):
        return str(error)
    if isinstance(error, EOFError):
        return "the file became shorter while it was read"
    if isinstance(error, OSError):
        return f"cannot be read or written ({(error.strerror or type(error).__name__).lower()})"
    return f"an error of ours ({type(error).__name__}); please report it"
