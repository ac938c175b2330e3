"""Folders shaped like data sets that people have: the SCAPIS tool's, pyramids of whole slides, dermoscopy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv import convert, open_container
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.export import made_slides
from tests.export.test_isic import DERMOSCOPY, photograph, skin
from tests.export.test_scapis import NUMBERS, scrambled
from tests.outputs import rows


def done(folder: Path, files: dict[str, bytes], **choices: Any) -> list[Path]:
    """The containers; every file of the folder was converted."""
    convert(make.write(folder / "in", files), folder / "out", **choices)
    outcomes = [row for row in rows(folder / "out") if row.get("kind", "file") == "file"]
    assert len(outcomes) >= len(files)
    return find_containers([folder / "out"])


def test_the_folders_of_the_scapis_tool_with_commas_and_spaces(tmp_path: Path) -> None:
    note = {"CT PA, one/Patient 02, a/Image 1/notes, of a reader.txt": b"no image"}
    files = scrambled(1, NUMBERS) | scrambled(2, [1, 2, 3]) | note
    found = done(tmp_path, files)
    assert sorted(sum(map(len, open_container(path).stacks)) for path in found) == [3, len(NUMBERS)]
    for path in found:
        with open_container(path) as container:
            heights = container.stacks[0].frames["position"][:, 2].tolist()
            assert heights == sorted(heights)
    written = [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")]
    assert not [name for name in written if "Patient" in name or "," in name or " " in name]


def test_several_images_of_one_patient_are_series_of_one_patient(tmp_path: Path) -> None:
    files = {
        f"DRLI/0001 b/{image}/IM {number},{image}.dcm": one
        for image in (1, 2)
        for number, one in enumerate(make.series(3, SeriesInstanceUID=make.uid(f"image {image}")))
    }
    found = done(tmp_path, files)
    assert len(found) == 2
    assert len({path.parent for path in found}) == 1


def test_a_pyramid_of_a_whole_slide(tmp_path: Path) -> None:
    [path] = done(tmp_path, made_slides.pyramid(0))
    with open_container(path) as container:
        assert [(level.columns, level.rows) for level in container.levels] == [(225, 150), (113, 75)]


@pytest.mark.parametrize(("kind", "syntax"), [
    (DERMOSCOPY, make.EXPLICIT), ("VL", make.EXPLICIT), (DERMOSCOPY, make.JPEG_2000_LOSSLESS),
])  # fmt: skip
def test_dermoscopy(tmp_path: Path, kind: str, syntax: str) -> None:
    if syntax == make.EXPLICIT:
        file = skin(1, kind)
    else:
        said = {"Modality": "DMS", "PhotometricInterpretation": "RGB", "BurnedInAnnotation": "NO"}
        file = make.encapsulated(photograph(), syntax, sop_class=kind, **said)
    [path] = done(tmp_path, {"lesion 1/close up, left.dcm": file})
    with open_container(path) as container:
        assert np.array_equal(np.asarray(container.stacks[0])[0], photograph())
    assert len(list((tmp_path / "out").rglob("*.png"))) == 1
