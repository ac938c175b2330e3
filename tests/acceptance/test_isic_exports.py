"""isic out of containers, as Pillow reads it: columns, decoding, orientation, colour profile."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from dicomconv.errors import CheckFailed
from dicomconv.export.run import check
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made
from tests.export.test_isic import photograph, skin

pytestmark = pytest.mark.acceptance


@proves("isic", "pillow")
def test_pillow_reads_what_the_table_says(tmp_path: Path) -> None:
    made.converted(tmp_path, {f"{number}.dcm": skin(number) for number in range(3)}, option=("retain-patient-characteristics",))
    done = call("export", "isic", tmp_path / "out", "-o", tmp_path / "isic", "--check")
    assert done.exit_code == 0, done.output
    with (tmp_path / "isic/metadata.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    for row in rows:
        assert (row["age_approx"], row["sex"], row["image_type"]) == ("50", "female", "dermoscopic")
        with Image.open(tmp_path / f"isic/{row['isic_id']}.jpg") as image:
            assert image.format == "JPEG"
            assert image.size == (int(row["pixels_x"]), int(row["pixels_y"])) == (40, 24)
            assert np.abs(np.asarray(image)[2:6, 2:12].astype(int) - photograph()[2:6, 2:12]).max() < 8
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert profile.profile.xcolor_space.strip() == "RGB"


def test_the_check_refuses_a_lost_picture(tmp_path: Path) -> None:
    made.converted(tmp_path, {"0.dcm": skin(0)})
    assert call("export", "isic", tmp_path / "out", "-o", tmp_path / "isic").exit_code == 0
    next((tmp_path / "isic").glob("*.jpg")).unlink()
    with pytest.raises(CheckFailed):
        check("isic", tmp_path / "isic")
