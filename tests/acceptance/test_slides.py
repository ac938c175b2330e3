"""OpenSlide and wsidicom read the smallest pyramid of DICOM, and refuse or leave out what does not belong to it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import make, slides
from tests.acceptance.loaders.slides import associated_with_openslide, load_with_openslide, load_with_wsidicom

pytestmark = pytest.mark.acceptance

LARGE = np.kron(np.random.default_rng(3).integers(0, 256, (8, 12, 3), np.uint8), np.ones((32, 32, 1), np.uint8))
SMALL = LARGE[::2, ::2]


def level(number: int, **changes: Any) -> bytes:
    """A level of the pyramid, the largest is 1."""
    measures = {"PixelSpacing": [str(0.0005 * number)] * 2, "SliceThickness": "0.001"}
    said: dict[str, Any] = {
        "InstanceNumber": number,
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"] if number == 1 else ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"],
        "SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [measures]}],
        "ImagedVolumeWidth": 0.192, "ImagedVolumeHeight": 0.128, "FrameOfReferenceUID": make.uid("slide"),
    }  # fmt: skip
    return slides.slide(LARGE if number == 1 else SMALL, (64, 64), **said | changes)


@pytest.mark.parametrize("load", [load_with_openslide, load_with_wsidicom])
def test_every_level_of_a_pyramid_is_read(tmp_path: Path, load: Any) -> None:
    levels = load(make.write(tmp_path, {f"{number}.dcm": level(number) for number in (1, 2)}))
    assert [np.array_equal(one.pixels, made) for one, made in zip(levels, (LARGE, SMALL), strict=True)] == [True, True]
    assert np.allclose([one.spacing_um for one in levels], [(0.5, 0.5), (1.0, 1.0)])
    assert associated_with_openslide(tmp_path) == set()


@pytest.mark.parametrize(("load", "attribute"), [
    (load_with_openslide, "SeriesInstanceUID"), (load_with_wsidicom, "FrameOfReferenceUID"),
])  # fmt: skip
def test_a_level_of_another_slide_does_not_belong(tmp_path: Path, load: Any, attribute: str) -> None:
    make.write(tmp_path, {"1.dcm": level(1), "2.dcm": level(2, **{attribute: make.uid("another")})})
    assert len(load(tmp_path)) == 1


@pytest.mark.parametrize("load", [load_with_openslide, load_with_wsidicom])
def test_a_slide_without_the_size_of_its_matrix_is_refused(tmp_path: Path, load: Any) -> None:
    make.write(tmp_path, {"1.dcm": level(1, TotalPixelMatrixColumns=None)})
    with pytest.raises(Exception) as refusal:
        load(tmp_path)
    assert type(refusal.value).__module__.split(".")[0] in {"openslide", "wsidicom", "builtins"}
