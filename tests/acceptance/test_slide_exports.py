"""Whole slides out of containers, as OpenSlide and wsidicom read them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from tests import make
from tests.acceptance.loaders.slides import associated_with_openslide, load_with_openslide, load_with_wsidicom
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made, made_slides
from tests.export.made_slides import LARGE, SMALL

pytestmark = pytest.mark.acceptance


def exported(folder: Path, **changes: Any) -> list[Path]:
    """The folders of two slides, exported by the command line and checked there too."""
    made.converted(folder, made_slides.pyramid(0, **changes) | made_slides.pyramid(1, **changes))
    done = call("export", "wsi", folder / "out", "-o", folder / "wsi", "--level", 1, "--check")
    assert done.exit_code == 0, done.output
    return sorted({path.parent for path in (folder / "wsi").rglob("*.dcm")})


@pytest.mark.parametrize("load", [
    pytest.param(load_with_openslide, marks=proves("wsi", "openslide-bin")),
    pytest.param(load_with_wsidicom, marks=proves("wsi", "wsidicom")),
])  # fmt: skip
@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.JPEG_2000_LOSSLESS])
def test_every_level_is_read_as_it_was_made(tmp_path: Path, load: Any, syntax: str) -> None:
    folders = exported(tmp_path, syntax=syntax)
    assert len(folders) == 2
    for folder in folders:
        levels = load(folder)
        assert [np.array_equal(one.pixels, made) for one, made in zip(levels, (LARGE, SMALL), strict=True)] == [True, True]
        assert np.allclose([one.spacing_um for one in levels], [(0.5, 0.5), (1.0, 1.0)], rtol=0.01)
        assert associated_with_openslide(folder) == set()


def test_the_check_refuses_a_slide_that_lost_a_level(tmp_path: Path) -> None:
    folder = exported(tmp_path)[0]
    for path in sorted(folder.glob("*_level_0.dcm")):
        path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckFailed):
        check("wsi", tmp_path / "wsi")
