"""The frames of containers as a data frame: who, where in space, and what is drawn on them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dicomconv.annotation import FrameKey
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container, open_container
from dicomconv.errors import UsageError
from dicomconv.header import Header
from dicomconv.pipeline.found import PathLike, as_paths, find_containers

IDENTITY = {
    "patient_id": "PatientID",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
    "modality": "Modality",
}
Row = dict[str, Any]


def to_dataframe(containers: PathLike | Iterable[PathLike], *, annotations: str | None = None) -> Any:
    """A pandas.DataFrame with a row for each frame (docs/annotations.md lists the columns); extra pandas.

    `annotations`: only this set; else all sets of each container. UsageError if pandas is not installed, or no container
    has the set that is named.
    """
    try:
        import pandas
    except ImportError:
        raise UsageError("to_dataframe needs pandas: install dicomconv[pandas]") from None
    rows, found = list[Row](), set[str]()
    for path in find_containers(as_paths(containers)):
        with open_container(path) as container:
            found.update(container.annotations)
            rows += _rows(container, annotations)
    if annotations is not None and annotations not in found:
        raise UsageError(
            f"none of the containers has an annotation set {annotations}; there are: {', '.join(sorted(found)) or 'none'}"
        )
    table = pandas.DataFrame(rows)
    counts = [name for name in table.columns if ".pixels." in name]
    flags = [name for name in table.columns if name.endswith(".seen")]
    return table.astype({**dict.fromkeys(counts, "Int64"), **dict.fromkeys(flags, "boolean")})


def _rows(container: Container, annotations: str | None) -> Iterator[Row]:
    sets = [one for name, one in container.annotations.items() if annotations in (None, name)]
    drawn = [(one, one.seen, _counts(one)) for one in sets]
    identities: dict[int, Row] = {}
    for stack in container.stacks:
        for frame in range(len(stack)):
            instance = int(stack.frames["instance"][frame])
            if instance not in identities:
                identities[instance] = _identity(container.header(instance))
            row: Row = {
                "container": str(container.path),
                "container_uuid": container.container_uuid,
                "stack": stack.index,
                "frame": frame,
                **identities[instance],
                "sop_instance_uid": container.instances[instance].sop_instance_uid,
                "frame_number": int(stack.frames["frame_number"][frame]),
                "rows": stack.format.rows,
                "columns": stack.format.columns,
            }
            yield row | _space(stack.frames, frame) | _annotated(drawn, FrameKey(stack.index, frame))


def _identity(header: Header) -> Row:
    return {name: header.text(keyword) for name, keyword in IDENTITY.items()}


def _space(columns: dict[str, Any], frame: int) -> Row:
    """Where the frame lies, in mm of DICOM's patient coordinates; NaN where it is not known."""
    between_rows, between_columns = columns["pixel_spacing"][frame]
    x, y, z = columns["position"][frame]
    return {
        "pixel_spacing_rows": float(between_rows),
        "pixel_spacing_columns": float(between_columns),
        "slice_thickness": float(columns["slice_thickness"][frame]),
        "position_x": float(x),
        "position_y": float(y),
        "position_z": float(z),
        **{f"orientation_{n}": float(value) for n, value in enumerate(columns["orientation"][frame])},
    }


def _counts(one: StoredSet) -> dict[FrameKey, dict[int, int]]:
    """How many pixels each label has on each frame; overlapping ones count for every label."""
    counts: dict[FrameKey, dict[int, int]] = {}
    for region in one.regions():
        counts.setdefault(region.key, {})[region.label] = int(np.count_nonzero(region.mask))
    return counts


def _annotated(
    drawn: list[tuple[StoredSet, frozenset[FrameKey], dict[FrameKey, dict[int, int]]]], key: FrameKey
) -> Row:
    """Of each set, whether the frame was seen, which labels are on it, and how many pixels each has."""
    row: Row = {}
    for one, seen, counts in drawn:
        on_frame = counts.get(key, {})
        labels = [label for label in one.labels if label.value in on_frame]
        row[f"{one.name}.seen"] = key in seen
        row[f"{one.name}.labels"] = "\\".join(label.name for label in labels)
        for label in one.labels:
            row[f"{one.name}.pixels.{label.name}"] = on_frame.get(label.value, 0) if key in seen else None
    return row
