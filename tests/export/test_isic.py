"""The isic layout: JPEGs upright, colour profile and all, and the columns of the archive's metadata."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from dicomconv.errors import UsageError
from dicomconv.export.icc_segments import with_profile
from dicomconv.export.isic_check import check_pictures
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.rows import rows_of
from dicomconv.export.run import Asked, export
from tests import make
from tests.export import made

DERMOSCOPY = "1.2.840.10008.5.1.4.1.1.77.1.7"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ARM = [{"CodeValue": "53120007", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Upper limb"}]


def photograph(rows: int = 24, columns: int = 40) -> np.ndarray[Any, Any]:
    """Dark but for a red corner at the upper left and a green one at the lower right."""
    pixels = np.full((rows, columns, 3), 40, np.uint8)
    pixels[:8, :16] = 220, 30, 30
    pixels[-8:, -16:] = 30, 220, 30
    return pixels


def skin(number: int, kind: str = DERMOSCOPY, **more: Any) -> bytes:
    """A photograph of a patient's skin."""
    said = {
        "Modality": "DMS", "PhotometricInterpretation": "RGB", "BurnedInAnnotation": "NO", "PatientID": f"D{number}",
        "StudyInstanceUID": make.uid(f"skin study {number}"), "SeriesInstanceUID": make.uid(f"skin {number}"),
        "ICCProfile": SRGB + bytes(len(SRGB) % 2), "AnatomicRegionSequence": ARM, "PatientAge": "052Y",
    }  # fmt: skip
    return make.instance(kind, photograph(), **said | more)


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    files = {"0.dcm": skin(0), "1.dcm": skin(1, "VL", ICCProfile=None)}
    return made.converted(tmp_path_factory.mktemp("skin"), files)


def written(paths: list[Path], out: Path, asked: Asked | None = None, **choices: Any) -> list[dict[str, str]]:
    """The lines of metadata.csv."""
    export("isic", paths, out, Choices(**choices), asked or Asked())
    with (out / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_for_each_jpeg_with_the_columns_of_the_archive(containers: list[Path], tmp_path: Path) -> None:
    lines = written(containers, tmp_path / "out")
    assert {"isic_id", "attribution", "copyright_license", "age_approx", "anatom_site_general", "benign_malignant", "diagnosis",
            "diagnosis_confirm_type", "image_type", "lesion_id", "patient_id", "sex", "melanocytic"} <= set(lines[0])  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").glob("*.jpg")) == sorted(f"{one['isic_id']}.jpg" for one in lines)
    assert all(len(one["isic_id"]) == len("ISIC_0024306") and len(one["patient_id"]) == len("IP_0000001") for one in lines)
    assert len({one["patient_id"] for one in lines}) == 2
    assert sorted(one["image_type"] for one in lines) == ["", "dermoscopic"]
    assert {(one["pixels_x"], one["pixels_y"], one["benign_malignant"]) for one in lines} == {("40", "24", "")}
    assert check_pictures(tmp_path / "out") == 2


def test_pictures_are_upright_and_keep_their_colours_and_profile(containers: list[Path], tmp_path: Path) -> None:
    lines = written(containers, tmp_path / "out")
    for one in lines:
        with Image.open(tmp_path / f"out/{one['isic_id']}.jpg") as image:
            pixels, profile = np.asarray(image).astype(int), image.info.get("icc_profile")
            assert image.getexif().get(274, 1) == 1
        assert np.abs(pixels - photograph()).max() < 40
        assert np.abs(pixels[2:6, 2:12] - [220, 30, 30]).max() < 8
        assert np.abs(pixels[-6:-2, -12:-2] - [30, 220, 30]).max() < 8
        assert (profile is not None) == (one["image_type"] == "dermoscopic")
        if profile:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            same = ImageCms.buildTransform(theirs, ImageCms.ImageCmsProfile(io.BytesIO(SRGB)), "RGB", "RGB")
            turned = np.asarray(ImageCms.applyTransform(Image.fromarray(photograph()), same)).astype(int)
            assert np.abs(turned - photograph()).max() <= 1
    ledger = json.loads((tmp_path / "out/export.json").read_text())
    assert any("JPEG of quality 95" in loss["says"] for loss in ledger["losses"])


@pytest.mark.parametrize(("age", "told"), [
    ("052Y", "50"), ("053Y", "55"), ("057Y", "55"), ("002Y", "0"), ("003M", "0"), ("089Y", "85"), (None, ""),
])  # fmt: skip
def test_age_is_to_five_years(tmp_path: Path, age: str | None, told: str) -> None:
    paths = made.converted(tmp_path, {"a.dcm": skin(0, PatientAge=age)}, option=("retain-patient-characteristics",))
    [line] = written(paths, tmp_path / "isic")
    assert line["age_approx"] == told
    assert line["sex"] == "female"
    assert line["anatom_site_general"] == "upper extremity"


def test_what_the_profile_removed_is_empty(containers: list[Path], tmp_path: Path) -> None:
    of_headers = {row.subject.patient_id: row.subject for row in rows_of(containers)}
    for line in written(containers, tmp_path / "out"):
        known = {one.sex for one in of_headers.values()}
        assert (line["sex"] != "") == (known == {"F"})


def test_labels_are_taken_by_name_whatever_its_case(containers: list[Path], tmp_path: Path) -> None:
    patients = sorted({row.subject.patient_id for row in rows_of(containers)})
    (tmp_path / "labels.csv").write_text(
        f"patient_id,Diagnosis,BENIGN_MALIGNANT,reader\n{patients[0]},nevus,benign,R1\n{patients[1]},melanoma,malignant,R2\n"
    )
    lines = written(containers, tmp_path / "out", Asked(read_label_table(tmp_path / "labels.csv")))
    assert sorted((one["diagnosis"], one["benign_malignant"], one["reader"]) for one in lines) == [
        ("melanoma", "malignant", "R2"), ("nevus", "benign", "R1"),
    ]  # fmt: skip


def test_numbers_are_kept_and_others_are_left_out(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, {"a.dcm": skin(0)} | made.patient(5))
    first = written(paths, tmp_path / "isic")
    assert [one["isic_id"] for one in written(paths, tmp_path / "again")] == [one["isic_id"] for one in first]
    ledger = json.loads((tmp_path / "isic/export.json").read_text())
    assert ledger["left_out"] == ["3 images: neither a photograph nor a dermoscopic one"]
    ct = [path for path in paths if next(iter(rows_of([path]))).modality == "CT"]
    with pytest.raises(UsageError, match="nothing here has a place"):
        written(ct, tmp_path / "none")


def test_a_long_profile_is_in_several_segments() -> None:
    buffer = io.BytesIO()
    Image.fromarray(photograph()).save(buffer, "JPEG")
    profile = np.random.default_rng(1).bytes(150_000)
    with Image.open(io.BytesIO(with_profile(buffer.getvalue(), profile))) as image:
        assert image.info["icc_profile"] == profile
        assert np.array_equal(np.asarray(image), np.asarray(Image.open(buffer)))
    assert with_profile(buffer.getvalue(), b"") == buffer.getvalue()
