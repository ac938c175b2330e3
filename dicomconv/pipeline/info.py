"""What is in a container or in a folder of DICOM, in a few facts; of originals none that identifies."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.container.set_faults import OTHER_CONTAINER
from dicomconv.container.user_block import user_block_length
from dicomconv.errors import NotAContainer, VerificationFailed
from dicomconv.inspected import Aside
from dicomconv.pipeline.found import SUFFIX
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.redraw_level import described
from dicomconv.pipeline.seals import sealed_for
from dicomconv.source import SourceFile
from dicomconv.standard import iod_of_sop_class
from dicomconv.walk import walk

Facts = dict[str, object]


def info(path: Path) -> list[Facts]:
    """One set of facts per container, or per series of a folder of DICOM files and one for what else is there."""
    containers = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path] * is_container(path)
    if containers:
        return [_container(one) for one in containers if not one.name.startswith(".")]
    return _folder(path)


def is_container(path: Path) -> bool:
    """Whether a file is, or by its suffix should be, one of HDF5."""
    return path.suffix == SUFFIX or user_block_length(path) is not None


def _container(path: Path) -> Facts:
    with open_container(path) as container:
        return {
            "container": str(path),
            "uuid": container.container_uuid,
            "folder": container.folder.as_posix(),
            "instances": len(container),
            "objects": ", ".join(sorted({_iod(one.sop_class_uid) for one in container.instances})),
            "files_bytes": sum(one.file_length for one in container.instances),
            "container_bytes": path.stat().st_size,
            "de_identified": container.profile.profile,
            "sealed": sealed_for(path),
            **{f"level {level.number}": described(level) for level in container.levels},
            **{f"stack {index}": _stack(container, index) for index in range(len(container.stacks))},
            **({"annotations": [_told(container, name) for name in container.annotations]} if container.annotations else {}),
        }


def _told(container: Container, name: str) -> Facts:
    try:
        return _set(container.annotations[name])
    except NotAContainer as error:
        return {"set": name, "fault": error.fault}
    except VerificationFailed as error:
        return {"set": name, "fault": "; ".join(error.faults)}


def _set(one: StoredSet) -> Facts:
    """What is in an annotation set. `frames_drawn`: with a label on any pixel; `pixels`: how many each label has."""
    shapes = Counter(shape.kind for shape in one.shapes)
    return {
        "set": one.name,
        "annotator": one.annotator,
        "origin": one.origin,
        "algorithm": one.algorithm,
        "labels": [label.name for label in one.labels],
        "frames_seen": len(one.seen),
        "frames_drawn": len(one.drawn),
        "pixels": pixel_counts(one),
        "shapes": {f"{kind}": count for kind, count in sorted(shapes.items())},
        "tags": len(one.tags),
        "source_files": len(one.source_sha256),
        **({} if one.is_of_this_container else {"fault": OTHER_CONTAINER}),
    }


def pixel_counts(one: StoredSet) -> dict[str, int]:
    """How many pixels each label of a set has, by its name."""
    counts = {label.value: 0 for label in one.labels}
    for region in one.regions():
        counts[region.label] = counts.get(region.label, 0) + int(region.mask.sum())
    return {label.name: counts[label.value] for label in one.labels}


def _iod(sop_class_uid: str) -> str:
    return iod_of_sop_class().get(sop_class_uid, sop_class_uid)


def _stack(container: Container, index: int) -> str:
    stack = container.stacks[index]
    shape = " x ".join(map(str, stack.shape))
    table = container.frame_table(index)
    window = sorted(
        {tuple(pair) for pair in zip(table["window_center"], table["window_width"], strict=True) if pair[0] == pair[0]}
    )
    told = f"{shape} {stack.dtype}, {stack.format.photometric_interpretation}"
    told += f", window {window[0][0]:g},{window[0][1]:g}" if len(window) == 1 else ""
    return told + (", a regular volume" if stack.affine_lps is not None else "")


def series_of(paths: Iterable[Path]) -> tuple[list[list[SourceFile]], list[Aside]]:
    """The DICOM files under some paths by series, the longest first, and everything else that is there."""
    series: dict[tuple[str, str], list[SourceFile]] = {}
    others: list[Aside] = []
    for found in walk(paths):
        if isinstance(found, SourceFile):
            series.setdefault((found.study_instance_uid, found.series_instance_uid), []).append(found)
        else:
            others.append(found)
    return sorted(series.values(), key=len, reverse=True), others


def _folder(path: Path) -> list[Facts]:
    with quiet():
        series, others = series_of([path])
    facts: list[Facts] = [
        {"series": number, "files": len(files), "modality": files[0].modality, "object": _iod(files[0].sop_class_uid)}
        for number, files in enumerate(series, 1)
    ]
    reasons = Counter(other.reason for other in others)
    return facts + [{"other files": count, "reason": reason} for reason, count in reasons.items()]
