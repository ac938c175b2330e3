"""Input that is shaped like MIMIC-CXR: a tree of .dcm.gz, CR and DX, converts, and comes out again in each layout."""

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicomconv.export.rows import rows_of
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.cli.command import call
from tests.export.radiographs import case, pixels, radiograph
from tests.outputs import key_file

IDS = ("0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9-0a1b2c3d", "1b2c3d4e-5f607182-93a4b5c6-d7e8f90a-1b2c3d4e")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `convert` makes of a made-up MIMIC-CXR with two studies, its tables and a report beside the images."""
    folder = tmp_path_factory.mktemp("mimic")
    first, second, third, fourth = case()
    make.write(folder / "mimic-cxr-2.0.0", {
        f"files/p10/p10000032/s50414267/{IDS[0]}.dcm.gz": gzip.compress(first),
        f"files/p10/p10000032/s50414267/{IDS[1]}.dcm.gz": gzip.compress(second),
        f"files/p10/p10000032/s53189527/{IDS[0][::-1]}.dcm.gz": gzip.compress(third),
        f"files/p11/p11000011/s51029426/{IDS[1][::-1]}.dcm.gz": gzip.compress(fourth),
        "files/p10/p10000032/s50414267.txt": b"FINAL REPORT\nMrs Doe is well.\n",
        "mimic-cxr-2.0.0-split.csv.gz": gzip.compress(b"dicom_id,study_id,subject_id,split\n"),
        "index.html": b"<html></html>",
    })  # fmt: skip
    done = call("convert", folder / "mimic-cxr-2.0.0", "-o", folder / "out", "--key", key_file(folder / "key"))
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_every_image_of_the_tree_is_converted_and_named_by_nothing_of_it(out: Path) -> None:
    rows = list(rows_of(find_containers([out])))
    assert Counter(row.modality for row in rows) == {"CR": 3, "DX": 1}
    assert Counter(row.view for row in rows) == {"PA": 2, "LL": 1, "AP": 1}
    assert len({row.study_instance_uid for row in rows}) == 3
    names = " ".join(path.as_posix() for path in out.rglob("*"))
    assert not any(part in names for part in ("10000032", "50414267", IDS[0], "p10"))
    assert b"10000032" not in b"".join(path.read_bytes() for path in out.rglob("*.jsonl"))


@pytest.mark.parametrize(("layout", "pattern"), [
    ("mimic-cxr", "files/p1?/p1*/s5*/*.dcm"), ("mimic-cxr-jpg", "files/p1?/p1*/s5*/*.jpg"),
    ("nih-chestxray14", "images/*.png"), ("chexpert", "CheXpert-v1.0/train/patient*/study*/view*.jpg"),
])  # fmt: skip
def test_the_command_writes_each_layout_of_radiographs(out: Path, tmp_path: Path, layout: str, pattern: str) -> None:
    done = call("export", layout, out, "-o", tmp_path / "x", "--split", "100/0/0", "--seed", "3")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("4 images of 2 patients in ")
    assert len(list((tmp_path / "x").glob(pattern))) == 4
    ledger = json.loads((tmp_path / "x/export.json").read_text())
    assert (ledger["layout"], ledger["counts"]["images"], ledger["split"]["train"]["images"]) == (layout, 4, 4)


@pytest.mark.parametrize(("layout", "option"), [
    ("nih-chestxray14", ("--size", "64")), ("mimic-cxr", ("--window", "lung")), ("mimic-cxr-jpg", ("--annotations", "a")),
    ("chexpert", ("--annotations", "a")), ("medpix", ("--name", "x")),
])  # fmt: skip
def test_options_that_mean_nothing_to_a_layout_are_refused(
    out: Path, tmp_path: Path, layout: str, option: tuple[str, str]
) -> None:
    done = call("export", layout, out, "-o", tmp_path / "x", *option)
    assert done.exit_code == 2
    assert f"{layout} does not take {option[0]}" in done.output


@pytest.mark.parametrize("kind", ["CR", "DX"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_radiographs_are_drawn_by_their_window_and_turned_round_where_low_is_white(
    tmp_path: Path, kind: str, photometric: str
) -> None:
    content = radiograph(5, kind=kind, PhotometricInterpretation=photometric, WindowCenter="1000", WindowWidth="1001")
    make.write(tmp_path / "in", {"a.dcm.gz": gzip.compress(content)})
    assert call("convert", tmp_path / "in", "-o", tmp_path / "out").exit_code == 0
    [path] = (tmp_path / "out").rglob("*.png")
    grey = ((pixels(5).astype(float) - 499.5) / 1000 * 255).clip(0, 255)  # PS3.3 C.11.2.1.2.1
    expected = 255 - grey if photometric == "MONOCHROME1" else grey
    with Image.open(path) as image:
        assert np.abs(np.asarray(image) - expected).max() <= 1
