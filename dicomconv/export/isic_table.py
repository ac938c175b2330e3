"""The columns of ISIC's metadata.csv, three and then by the alphabet as the archive has them, and what DICOM says of them."""

from collections.abc import Iterable

from dicomconv.export.pictures import Taken
from dicomconv.export.rows import Row
from dicomconv.header import Header

COLUMNS = (
    "isic_id", "attribution", "copyright_license", "acquisition_day", "age_approx", "anatom_site_general", "anatom_site_special",
    "benign_malignant", "clin_size_long_diam_mm", "concomitant_biopsy", "dermoscopic_type", "diagnosis", "diagnosis_1",
    "diagnosis_2", "diagnosis_3", "diagnosis_4", "diagnosis_5", "diagnosis_confirm_type", "family_hx_mm",
    "fitzpatrick_skin_type", "image_manipulation", "image_type", "lesion_id", "mel_class", "mel_mitotic_index", "mel_thick_mm",
    "mel_type", "mel_ulcer", "melanocytic", "nevus_type", "patient_id", "personal_hx_mm", "pixels_x", "pixels_y", "sex",
)  # fmt: skip
OURS = frozenset({"isic_id", "age_approx", "patient_id", "pixels_x", "pixels_y", "sex"})  # no table of labels changes them
DERMOSCOPIC, PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.7", "1.2.840.10008.5.1.4.1.1.77.1.4"
IMAGE_TYPES = {DERMOSCOPIC: "dermoscopic", PHOTOGRAPHIC: ""}  # whether close-up or overview, DICOM does not say
SEXES = {"M": "male", "F": "female"}
OLDEST = 85  # ISIC tells no higher age
SITES = {  # by SNOMED CT code of Anatomic Region Sequence
    "69536005": "head/neck", "45048000": "head/neck", "89545001": "head/neck", "41695006": "head/neck",
    "53120007": "upper extremity", "40983000": "upper extremity", "14975008": "upper extremity", "85562004": "upper extremity",
    "61685007": "lower extremity", "68367000": "lower extremity", "30021000": "lower extremity", "56459004": "lower extremity",
    "51185008": "anterior torso", "818981001": "anterior torso", "113345001": "anterior torso", "77568009": "posterior torso",
}  # fmt: skip


def columns_with(labels: Iterable[str]) -> tuple[str, ...]:
    """ISIC's columns, then label columns that are none of them."""
    return (*COLUMNS, *(name for name in labels if name.casefold() not in COLUMNS))


def age_approx(row: Row) -> str:
    """The age to the nearest 5 years, 85 for all above; empty if it is not known."""
    years = row.subject.age_years
    return "" if years is None else str(min(OLDEST, (years + 2) // 5 * 5))


def site_of(header: Header) -> str:
    """The anatomical site as ISIC names it; empty for a code that it has no name for."""
    codes = [region.text("CodeValue") for region in header.items("AnatomicRegionSequence")]
    return next((SITES[code] for code in codes if code in SITES), "")


def cells(taken: Taken, site: str, isic_id: str, patient_id: str, columns: Iterable[str]) -> list[object]:
    """The line of a picture: what DICOM says, else what the label column of the same name does."""
    row = taken.shot.row
    labels = {name.casefold(): text for name, text in row.labels if name.casefold() in COLUMNS} | dict(row.labels)
    known = {
        "isic_id": isic_id, "age_approx": age_approx(row), "patient_id": patient_id, "sex": SEXES.get(row.subject.sex, ""),
        "pixels_x": taken.size[0], "pixels_y": taken.size[1],
    }  # fmt: skip
    said = {"anatom_site_general": site, "image_type": IMAGE_TYPES.get(row.sop_class_uid, "")}
    return [known[name] if name in OURS else labels.get(name) or said.get(name, "") for name in columns]
