"""Runs over containers that are there: recover, verify, draw again, tell what is in them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dicomconv.container.reader import Container, open_container
from dicomconv.container.verify import verify
from dicomconv.errors import NotAContainer, UsageError, VerificationFailed
from dicomconv.execute import executor, run_all
from dicomconv.pipeline.draw import Drawing, Picture, draw
from dicomconv.pipeline.plan import Existing
from dicomconv.render import WindowChoice, is_colour

SUFFIX = ".h5"


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """What became of one container: `count` files or frames written, or the faults that were found."""

    path: Path
    count: int = 0
    faults: tuple[str, ...] = ()
    skipped: int = 0


def find_containers(paths: Iterable[Path]) -> list[Path]:
    """The containers named, and those in the folders named. UsageError if there is none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob(f"*{SUFFIX}") if not one.name.startswith("."))
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} does not exist")
    if not found:
        raise UsageError("there are no containers (*.h5) in what was named")
    return list(dict.fromkeys(found))


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
                return ContainerReport(path, len(container.recover_to(folder)))
        except VerificationFailed as error:
            return ContainerReport(path, faults=error.faults)
        except NotAContainer as error:
            return ContainerReport(path, faults=(error.fault,))


def _verified(path: Path) -> ContainerReport:
    try:
        with open_container(path) as container:
            count = len(container)
    except NotAContainer as error:
        return ContainerReport(path, faults=(error.fault,))
    return ContainerReport(path, count, tuple(verify(path)))


def recover(paths: Iterable[Path], back: Path, *, existing: Existing = "error", jobs: int = 1) -> list[ContainerReport]:
    """Recover every container into BACK/patient/study/series. A container that does not verify gives no file."""
    found = find_containers(paths)
    try:
        back.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{back} cannot be written to ({(error.strerror or 'error').lower()})") from None
    return _on_each(Recovery(back, existing), found, jobs)


def verify_all(paths: Iterable[Path], *, jobs: int = 1) -> list[ContainerReport]:
    """Check every digest, shape and recipe of every container."""
    return _on_each(_verified, find_containers(paths), jobs)


def _on_each(work: Callable[[Path], ContainerReport], found: list[Path], jobs: int) -> list[ContainerReport]:
    """The reports in the order of the paths; a UsageError of one ends all."""
    workers = max(1, min(jobs, len(found)))
    reports: dict[Path, ContainerReport] = {}
    with executor("serial" if workers == 1 else f"processes:{workers}", warm=__name__) as engine:
        for path, report in run_all(engine, work, found):
            if isinstance(report, UsageError):
                raise report
            reports[path] = report if isinstance(report, ContainerReport) else _broken(path, report)
    return [reports[path] for path in found]


def _broken(path: Path, error: BaseException) -> ContainerReport:
    return ContainerReport(path, faults=(f"cannot be read or written ({type(error).__name__})",))


def render_again(path: Path, folder: Path, choice: WindowChoice, depth: Literal[8, 16]) -> int:
    """Draw every frame of a container into a folder, under the names that convert gives; how many there are.

    One window for the whole series where a window depends on values, from the extremes that were noted at packing.
    """
    drawing = Drawing(choice, depth)
    with open_container(path) as container:
        folder.mkdir(parents=True, exist_ok=True)
        series_range, names = _series_range(container), _png_names(container)
        for index, stack in enumerate(container.stacks):
            for position in range(len(stack)):
                target = folder / names[index, position]
                draw(Picture(stack[position], stack.format, stack.attributes(position), target), drawing, series_range)
    return len(names)


def _series_range(container: Container) -> tuple[float, float] | None:
    """The least and greatest modality value of all grey frames."""
    lows, highs = list[float](), list[float]()
    for index, stack in enumerate(container.stacks):
        if not is_colour(stack.format):
            table = container.frame_table(index)
            lows += [float(value) for value in table["minimum"] if value == value]
            highs += [float(value) for value in table["maximum"] if value == value]
    return (min(lows), max(highs)) if lows else None


def _png_names(container: Container) -> dict[tuple[int, int], str]:
    """The PNG name of each frame by stack and place in it."""
    series = container.folder.name or "frame"
    digits = max(4, len(str(len(container))))
    names: dict[tuple[int, int], str] = {}
    for index in range(len(container.stacks)):
        table = container.frame_table(index)
        for position, (instance, number) in enumerate(zip(table["instance"], table["frame_number"], strict=True)):
            count = container.instances[int(instance)].frame_count
            frame = f"_{int(number):0{max(4, len(str(count)))}d}" if count > 1 else ""
            names[index, position] = f"{series}_{int(instance) + 1:0{digits}d}{frame}.png"
    return names
