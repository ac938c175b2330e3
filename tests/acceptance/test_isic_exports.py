"""isic out of containers: as Pillow reads it (decoding, orientation, colour profile), and as the archive takes its lines."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from dicomconv.export.isic_check import check_lines
from dicomconv.export.isic_table import COLUMNS, SITES
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made
from tests.export.test_isic import DERMOSCOPY, photograph, skin

SAME = ("sex", "anatom_site_general", "image_type", "patient_id", "melanocytic", "fitzpatrick_skin_type")

pytestmark = pytest.mark.acceptance


@proves("isic", "isic-metadata")
def test_the_archive_takes_every_line(tmp_path: Path) -> None:
    """Of both kinds of image, each place that has a code, every age, and with words of a table."""
    from isic_metadata.metadata import MetadataRow

    kept = ("retain-patient-characteristics",)
    regions = [{"CodeValue": code, "CodingSchemeDesignator": "SCT", "CodeMeaning": "region"} for code in SITES]
    files = {
        f"{number}.dcm": skin(
            number, "VL" if number % 2 else DERMOSCOPY, AnatomicRegionSequence=[region], PatientAge=f"{7 * number:03}Y",
            PatientSex="MFO"[number % 3],
        )
        for number, region in enumerate(regions)
    }  # fmt: skip
    made.converted(tmp_path, files, option=kept)
    [patient, *others] = sorted(path.name for path in (tmp_path / "out").glob("DEID-*"))
    table = tmp_path / "labels.csv"
    lines = ["patient_id,diagnosis,diagnosis_1,melanocytic,fitzpatrick_skin_type", f"{patient},nevus,Benign,true,II"]
    table.write_text("\n".join([*lines, *(f"{one},,,," for one in others)]) + "\n")
    done = call("export", "isic", tmp_path / "out", "-o", tmp_path / "isic", "--labels", table, "--check")
    assert done.exit_code == 0, done.output
    assert f"{len(SITES)} pictures (Pillow, isic-metadata)" in done.output
    with (tmp_path / "isic/metadata.csv").open() as file:
        rows = [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]
    read = [MetadataRow(age=row["age_approx"], **{name: row[name] for name in SAME}) for row in rows]
    assert {one.anatom_site_general.value for one in read if one.anatom_site_general} == set(SITES.values())
    assert max(one.age for one in read if one.age is not None) == 85
    assert {one.image_type and one.image_type.value for one in read} == {None, "dermoscopic"}


@pytest.mark.parametrize(("column", "word"), [("sex", "unknown"), ("image_type", "clinical"), ("melanocytic", "perhaps")])
def test_the_check_names_a_word_that_the_archive_does_not_know(tmp_path: Path, column: str, word: str) -> None:
    made.converted(tmp_path, {"0.dcm": skin(0)})
    assert call("export", "isic", tmp_path / "out", "-o", tmp_path / "isic").exit_code == 0
    path = tmp_path / "isic/metadata.csv"
    with path.open(newline="") as file:
        table = csv.DictReader(file)
        rows = [row | {column: word} for row in table]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table.fieldnames or ())
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(CheckFailed, match=f"line 2 of metadata.csv: {column}") as told:
        check("isic", tmp_path / "isic")
    assert word not in str(told.value).replace(column, "")


@pytest.mark.parametrize(("cells", "fault"), [
    ({"diagnosis": "Melanoma Invasive", "mel_ulcer": "true"}, ""),
    ({"diagnosis": "nevus of old", "mel_ulcer": "true"}, ""),
    ({"diagnosis": "nevus of old", "sex": "x"}, "line 2 of metadata.csv: diagnosis, sex"),
    ({"mel_ulcer": "true"}, "words that contradict each other"),
])  # fmt: skip
def test_words_of_the_older_list_of_diagnoses_are_no_fault(tmp_path: Path, cells: dict[str, str], fault: str) -> None:
    columns = dict.fromkeys(COLUMNS, "") | cells
    (tmp_path / "metadata.csv").write_text(f"{','.join(columns)},age\n{','.join(columns.values())},not one of ISIC's\n")
    if not fault:
        check_lines(tmp_path)
        return
    with pytest.raises(AssertionError, match=fault):
        check_lines(tmp_path)


def test_a_lesion_of_two_patients_is_told_as_that(tmp_path: Path) -> None:
    lines = ["lesion_id,patient_id", "IL_1,IP_1", "IL_1,IP_2"]
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(AssertionError, match="a lesion is of several patients"):
        check_lines(tmp_path)


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
