"""png, jpeg and tiff out of containers: Pillow, tifffile and OpenCV read the pixels that were drawn."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.acceptance.loaders.pictures import load_with_opencv, load_with_pillow, load_with_tifffile
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made
from tests.export.test_isic import skin

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    made.converted(folder, made.patient(0, rows=40, columns=60, WindowWidth="2500", WindowCenter="1800") | {"skin.dcm": skin(1)})
    return folder / "out"


def exported(layout: str, containers: Path, out: Path, *words: object) -> dict[tuple[str, str], Path]:
    """The pictures by the frame that they are of."""
    done = call("export", layout, containers, "-o", out, *words)
    assert done.exit_code == 0, done.output
    with (out / "images.csv").open() as file:
        return {(row["sop_instance_uid"], row["frame_number"]): out / row["file"] for row in csv.DictReader(file)}


def drawn(containers: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The PNGs of `convert` by stem, as Pillow reads them."""
    return {path.stem: load_with_pillow(path) for path in containers.rglob("*.png")}


@pytest.mark.parametrize("load", [
    pytest.param(load_with_pillow, marks=proves("tiff", "pillow")),
    pytest.param(load_with_tifffile, marks=proves("tiff", "tifffile")),
    pytest.param(load_with_opencv, marks=proves("tiff", "opencv-python-headless")),
])  # fmt: skip
def test_tiff_of_8_and_16_bits_is_the_png(containers: Path, tmp_path: Path, load: Any) -> None:
    eight, sixteen = (exported(layout, containers, tmp_path / layout) for layout in ("tiff", "tiff-16"))
    assert eight.keys() == sixteen.keys()
    assert len(eight) == 4
    pngs = drawn(containers)
    for key, path in eight.items():
        pixels, deep = load(path), load(sixteen[key])
        assert path.stem == sixteen[key].stem
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, pngs[path.stem])
        if pixels.ndim == 2:
            assert deep.dtype == np.uint16
            assert len(np.unique(deep)) > len(np.unique(pixels))
            assert np.abs(deep / 257 - pixels).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("load", [
    pytest.param(load_with_pillow, marks=proves("jpeg", "pillow")),
    pytest.param(load_with_opencv, marks=proves("jpeg", "opencv-python-headless")),
])  # fmt: skip
def test_jpeg_differs_from_the_png_by_what_the_ledger_says(containers: Path, tmp_path: Path, load: Any) -> None:
    pictures, pngs = exported("jpeg", containers, tmp_path / "jpeg"), drawn(containers)
    said = [loss["says"] for loss in json.loads((tmp_path / "jpeg/export.json").read_text())["losses"] if "JPEG" in loss["says"]]
    [words] = [one.split() for one in said]
    assert words[:4] == ["JPEG", "of", "quality", "95:"]
    stated = int(words[words.index("by") + 1])
    errors = [np.abs(load(path).astype(int) - pngs[path.stem]).max() for path in pictures.values()]
    slack = 0 if load is load_with_pillow else 1
    assert max(errors) <= stated + slack
    if load is load_with_pillow:
        assert max(errors) == stated


def test_png_is_what_convert_draws_under_the_same_names(containers: Path, tmp_path: Path) -> None:
    pngs = drawn(containers)
    found = exported("png", containers, tmp_path / "png")
    assert {path.stem for path in found.values()} == set(pngs)
    for path in found.values():
        for load in (load_with_pillow, load_with_opencv):
            assert np.array_equal(load(path), pngs[path.stem])
