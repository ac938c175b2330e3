"""Runs over containers that are there: recover and verify."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dicomconv.container.reader import open_container
from dicomconv.container.verify import verify, verify_before_recovery
from dicomconv.errors import NotAContainer, UsageError, VerificationFailed
from dicomconv.execute import executor, run_all
from dicomconv.pipeline.found import PathLike, as_paths, find_containers, make_folder
from dicomconv.pipeline.plan import Existing
from dicomconv.pipeline.seals import faults_of_seal, is_cut_within_seal


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """What became of one container: `count` files or frames written, or the faults that were found.

    Of originals besides: `left_out`, what of the series is not in the container, and `lacks`: a seal, or the key to it.
    """

    path: Path
    count: int = 0
    faults: tuple[str, ...] = ()
    skipped: int = 0
    left_out: tuple[str, ...] = field(default=(), repr=False)
    lacks: Literal["", "seal", "key"] = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How containers are recovered into a folder; picklable, for worker processes."""

    back: Path
    existing: Existing

    def __call__(self, path: Path) -> ContainerReport:
        """Every file of a container, each compared with its digest before it gets its name; all of them or none."""
        try:
            with open_container(path) as container:
                folder = self.back / container.folder
                names = [f"{instance.sop_instance_uid}.dcm" for instance in container.instances]
                there = sum((folder / name).exists() for name in names)
                if there and self.existing == "error":
                    raise UsageError(
                        f"{there} of its files are in {self.back} already; use --existing skip or overwrite"
                    )
                if there == len(names) and self.existing == "skip":
                    return ContainerReport(path, skipped=there)
                if faults := verify_before_recovery(path):
                    return ContainerReport(path, faults=tuple(faults))
                return ContainerReport(path, len(container.recover_to(folder)))
        except VerificationFailed as error:
            return ContainerReport(path, faults=error.faults)
        except NotAContainer as error:
            return ContainerReport(path, faults=(error.fault,))


def _verified(path: Path) -> ContainerReport:
    faults: list[str] = []
    try:
        faults += verify(path)
        with open_container(path) as container:
            return ContainerReport(path, len(container), (*faults, *faults_of_seal(container)))
    except NotAContainer as error:
        if not faults and path.is_file() and is_cut_within_seal(path):
            faults = ["cut short within its seal; copy it again"]
        return ContainerReport(path, faults=tuple(faults) or (error.fault,))


def recover(
    paths: PathLike | Iterable[PathLike], back: PathLike, *, existing: Existing = "error", jobs: int = 1
) -> list[ContainerReport]:
    """Recover every container into BACK/patient/study/series. A container that does not verify gives no file."""
    found, back = find_containers(as_paths(paths)), Path(back)
    make_folder(back)
    return on_each(Recovery(back, existing), found, jobs)


def verify_all(paths: PathLike | Iterable[PathLike], *, jobs: int = 1) -> list[ContainerReport]:
    """Check every digest, shape and recipe of every container, and as much of its seal as can be seen without a key."""
    return on_each(_verified, find_containers(as_paths(paths)), jobs)


def on_each(work: Callable[[Path], ContainerReport], found: list[Path], jobs: int) -> list[ContainerReport]:
    """The reports in the order of the paths; a UsageError of one ends all."""
    workers = max(1, min(jobs, len(found)))
    reports: dict[Path, ContainerReport | BaseException] = {}
    with executor("serial" if workers == 1 else f"processes:{workers}", warm=__name__) as engine:
        interrupted = run_all(engine, work, found, reports.__setitem__)
    for report in reports.values():
        if isinstance(report, UsageError):
            raise report
    if interrupted:
        raise KeyboardInterrupt
    return [one if isinstance(one := reports[path], ContainerReport) else _broken(path, one) for path in found]


def _broken(path: Path, error: BaseException) -> ContainerReport:
    return ContainerReport(path, faults=(f"cannot be read or written ({type(error).__name__})",))
