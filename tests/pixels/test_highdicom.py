"""highdicom as an outside witness for functional groups: at most one grey level, but for what is listed here by name."""

import importlib.util
from collections.abc import Callable
from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import pytest

from dicomconv.declared import as_declared
from dicomconv.part10 import split
from tests import make
from tests.pixels.pixel_files import format_of, wheel_files
from tests.pixels.test_dcmtk import drawn_by_us
from tests.pixels.test_reference import assert_equal_pictures
from tests.test_docs import ROOT, first_cells

ENHANCED = {
    "CT": "1.2.840.10008.5.1.4.1.1.2.1", "MR": "1.2.840.10008.5.1.4.1.1.4.1", "PET": "1.2.840.10008.5.1.4.1.1.130",
}  # fmt: skip
EVERY = np.arange(65536, dtype="<u2").reshape(2, 128, 256)
CLASSIC = dict.fromkeys(("RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth"))

needs_highdicom = pytest.mark.skipif(not importlib.util.find_spec("highdicom"), reason="highdicom is not installed")


def drawn_by_highdicom(content: bytes) -> list[np.ndarray]:
    """Every frame through its own rescale, window and presentation, as levels from 0 to 255 that are not rounded."""
    import highdicom

    image = highdicom.imread(BytesIO(content))
    asked = {"apply_real_world_transform": False, "apply_voi_transform": True, "voi_output_range": (0, 255)}
    return [image.get_frame(number, **asked) for number in range(1, image.number_of_frames + 1)]


def deviation(content: bytes) -> float:
    """By how much highdicom differs where it is rounded as we round, over all frames."""
    pairs = zip(drawn_by_us(content, "file"), drawn_by_highdicom(content), strict=True)
    return max(np.abs(ours - np.floor(theirs + 0.5)).max() for ours, theirs in pairs)


def groups(center: float, width: float, intercept: float, slope: float = 1, function: str = "LINEAR") -> dict[str, Any]:
    """The functional groups of window and rescale."""
    window = {"WindowCenter": f"{center:g}", "WindowWidth": f"{width:g}", "VOILUTFunction": function}
    rescale = {"RescaleSlope": f"{slope:g}", "RescaleIntercept": f"{intercept:g}", "RescaleType": "US"}
    return {"FrameVOILUTSequence": [window], "PixelValueTransformationSequence": [rescale]}


def enhanced(kind: str, *frames: dict[str, Any], shared: dict[str, Any] | None = None, **attributes: Any) -> bytes:
    return make.instance(ENHANCED[kind], EVERY, PerFrameFunctionalGroupsSequence=list(frames),
        SharedFunctionalGroupsSequence=[shared or {}], **CLASSIC | attributes)  # fmt: skip


@needs_highdicom
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("kind", ENHANCED)
def test_highdicom_draws_the_same_of_frames_with_windows_and_rescale_of_their_own(kind, function):
    signs, shapes = (0, 1), ("IDENTITY", "INVERSE")
    for (center, width), signed, shape in product(((40, 400), (2048, 4096), (-600, 1500.5)), signs, shapes):
        own = [groups(center + n, width, -1000 * n, function=function) for n in range(2)]
        photometric = "MONOCHROME1" if shape == "INVERSE" else "MONOCHROME2"
        content = enhanced(kind, *own, PixelRepresentation=signed, PresentationLUTShape=shape,
            PhotometricInterpretation=photometric)  # fmt: skip
        assert deviation(content) <= 1


@needs_highdicom
@pytest.mark.parametrize("kind", ENHANCED)
def test_highdicom_draws_the_same_where_groups_are_shared_or_mixed(kind):
    both = groups(300, 600, -1024)
    window, rescale = {"FrameVOILUTSequence": both["FrameVOILUTSequence"]}, groups(1, 1, -7)
    del rescale["FrameVOILUTSequence"]
    assert deviation(enhanced(kind, {}, {}, shared=both)) <= 1
    assert deviation(enhanced(kind, rescale, {**rescale}, shared=window)) <= 1


@needs_highdicom
def test_highdicom_draws_the_same_of_the_wheels_images_that_have_a_window_and_slope_1():
    compared = []
    for path in wheel_files():
        content = path.read_bytes()
        header = as_declared(split(content)).header()
        if not header.number("WindowWidth") or header.number("RescaleSlope") not in (None, 1):
            continue
        try:
            theirs = drawn_by_highdicom(content)
        except Exception:  # noqa: BLE001  # whatever stops highdicom, there is nothing to compare with
            continue
        for ours, other in zip(drawn_by_us(content, "file"), theirs, strict=True):
            assert np.abs(ours - np.floor(other + 0.5)).max() <= 1, path.name
        compared.append(path.name)
        assert format_of(as_declared(split(content))).samples_per_pixel == 1
    assert len(compared) >= 10


# Name in docs/pixels.md: a file
EXCEPTIONS: dict[str, Callable[[], bytes]] = {
    "slope other than 1": lambda: enhanced("PET", *[groups(20, 10, 0, slope=0.01)] * 2),
    "padding in highdicom": lambda: enhanced("CT", *[groups(40, 4000, -32768)] * 2, PixelPaddingValue=32768),
}


@needs_highdicom
@pytest.mark.parametrize("name", EXCEPTIONS)
def test_where_highdicom_differs_we_draw_what_the_reference_draws(name):
    assert deviation(EXCEPTIONS[name]()) > 1, f"{name} is no exception any more"
    assert_equal_pictures(EXCEPTIONS[name]())


@needs_highdicom
def test_highdicoms_window_over_a_slope_is_not_the_standards_by_its_own_arithmetic():
    stored = 2395  # 23.95 after slope 0.01, near the upper end of a window of center 20 and width 10
    content = enhanced("PET", *[groups(20, 10, 0, slope=0.01)] * 2)
    by_the_standard = 255 * ((23.95 - (20 - 0.5)) / (10 - 1) + 0.5)
    folded = 255 * ((stored - (2000 - 0.5)) / (1000 - 1) + 0.5)  # center and width divided by the slope beforehand
    assert (round(by_the_standard), round(folded)) == (254, 228)
    assert drawn_by_us(content, "file")[0].ravel()[stored] == round(by_the_standard)
    assert drawn_by_highdicom(content)[0].ravel()[stored] == pytest.approx(folded)


def test_the_exceptions_are_those_of_the_documentation():
    section = (ROOT / "docs/pixels.md").read_text(encoding="utf-8").split("\n### highdicom\n")[1].split("\n### ")[0]
    assert first_cells("| what | why ours is right |", section) == set(EXCEPTIONS)
