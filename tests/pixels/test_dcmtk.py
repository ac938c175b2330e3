"""dcmtk as the outside witness: dcmj2pnm draws what we draw, to one grey level, on every file that it draws at all."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicomconv.declared import as_declared
from dicomconv.errors import Undecodable
from dicomconv.part10 import split
from dicomconv.render import is_colour, parse_window, render, resolve
from tests.pixels.pixel_files import frames_of, wheel_files

DCMJ2PNM, DCMDJPLS = shutil.which("dcmj2pnm"), shutil.which("dcmdjpls")
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
FIXED = "300,600"

pytestmark = pytest.mark.skipif(DCMJ2PNM is None, reason="dcmtk's dcmj2pnm is not installed")


def drawn_by_dcmtk(path: Path, options: list[str], folder: Path) -> list[np.ndarray]:
    """The frames as dcmj2pnm draws them; none if it refuses the file."""
    command = [DCMJ2PNM, "-O", "+Fa", "+on", *options, str(path), str(folder / "out")]
    subprocess.run(command, capture_output=True, timeout=60, check=False)
    numbered = sorted(folder.glob("out*"), key=lambda out: int((out.suffixes or [".0"])[0][1:].replace("png", "0")))
    return [np.asarray(Image.open(out)) for out in numbered]


def without_jpeg_ls(path: Path, syntax: str, folder: Path) -> Path:
    """The same file decompressed by dcmtk, where dcmj2pnm cannot do it by itself."""
    if syntax not in JPEG_LS or DCMDJPLS is None:
        return path
    subprocess.run([DCMDJPLS, str(path), str(folder / "plain.dcm")], capture_output=True, timeout=60, check=False)
    return folder / "plain.dcm"


@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_dcmtk_draws_the_same_grey_levels(path, tmp_path):
    parts = as_declared(split(path))
    try:
        found, stored, attributes = frames_of(parts)
    except Undecodable:
        pytest.skip("we do not read it either")
    in_file = bool(attributes.windows) and "PerFrameFunctionalGroupsSequence" not in parts.header()
    options = [] if is_colour(stored) else ["+Wi", "1"] if in_file else ["+Ww", *FIXED.split(",")]
    theirs = drawn_by_dcmtk(without_jpeg_ls(path, parts.transfer_syntax_uid, tmp_path), options, tmp_path)
    if not theirs:
        pytest.skip("dcmj2pnm does not read it")
    voi = resolve(parse_window("file" if in_file else FIXED), attributes, stored, None)
    allowed = 2 if stored.photometric_interpretation == "YBR_FULL" else 1
    for frame, expected in zip(found, theirs, strict=True):
        ours = render(frame, stored, attributes, voi)
        assert np.abs(ours.astype(int) - expected).max() <= allowed
