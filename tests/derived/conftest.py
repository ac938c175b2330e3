"""A sealed study with annotations, for tests of the way back."""

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from dicomconv import convert
from dicomconv.annotation import AnnotationSet, FrameKey, Shape, Tag
from dicomconv.container.annotations import add_set
from dicomconv.container.reader import Container
from dicomconv.pipeline.seal_keys import make_pair
from tests import make, outputs
from tests.cli.command import call
from tests.derived.study import LABELS, drawn, oblique_ct

DATES = {"StudyDate": "20200102", "SeriesDate": "20200103", "ContentDate": "20200104", "ContentTime": "101112"}


def dated(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with more dates."""
    found = {}
    for name, content in files.items():
        dataset = dcmread(io.BytesIO(content))
        dataset.update(make.dataset(DATES))
        found[name] = make.encoded(dataset)
    return found


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Originals in `in`, a sealed container with annotations below `out`, two keys, and what is drawn, as DICOM."""
    folder = tmp_path_factory.mktemp("study")
    make.write(folder / "in", dated(oblique_ct()))
    for name in ("custodian", "stranger"):
        make_pair(folder / name)
    convert(folder / "in", folder / "out", seal_to=[folder / "custodian.pub"], option=["retain-modified-dates"])
    (path,) = outputs.containers(folder / "out")
    container = Container(path)
    add_set(path, drawn(container))
    box = Shape(FrameKey(0, 1), 1, "box", (np.array([[2.0, 3.0], [10.5, 8.0]]),))
    rest = AnnotationSet("reads", "", "test", (), "MANUAL", LABELS, frozenset(), (), (box,), (Tag(FrameKey(0, 1), 3),))
    add_set(path, rest)
    call("annotate", "dicom", folder / "out", "-o", folder / "dicom")
    call("annotate", "dicom", folder / "out", "-o", folder / "rtstruct", "--set", "reviewer-a", "--as", "rtstruct")
    return folder
