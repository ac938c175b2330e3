"""What the objects that are made have in common: patient, study, series, equipment, dates; and their bytes."""

import copy
import io
import re
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import DataElement, Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from dicomconv.annotation import AnnotationSet, Code
from dicomconv.errors import UsageError
from dicomconv.standard import patient_and_study

MISSING = "DICOM segmentations and reports are written by highdicom; install dicomconv[seg]"
UTF_8 = "ISO_IR 192"
MAKER, MODEL, SERIAL = "dicomconv", "dicomconv", "0"
NO_DATE, NO_TIME = "19000101", "000000"  # where a source has none: Content Date has to have a value
IMPLEMENTATION_CLASS_UID = "2.25.277302655498470434571263912347623957217"
IMPLEMENTATION_VERSION_NAME = "DICOMCONV_1"
REQUIRED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
CHECKED = ("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime")
_DATES = (("ContentDate", "ContentTime"), ("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"))
_STUDY_DATE = ("StudyDate", "StudyTime")


def software_version() -> str:
    """The version of this release."""
    return version("dicomconv")


def patient_and_study_of(header: Dataset) -> Dataset:
    """The attributes of a source's patient and study; those that have to be there are, if only empty."""
    found = Dataset()
    found.SpecificCharacterSet = UTF_8
    for keyword in patient_and_study():
        if keyword in header:
            found.add(copy.deepcopy(header[keyword]))
        elif keyword in REQUIRED:
            setattr(found, keyword, "")
    return found


def date_and_time_of(header: Dataset) -> tuple[str, str]:
    """When the content of a source was made, from its own dates, so that what is made of it never tells the clock."""
    for date, time in (*_DATES, _STUDY_DATE):
        if header.get(date):
            return str(header.get(date)), str(header.get(time) or NO_TIME)
    return NO_DATE, NO_TIME


def series_and_equipment(dataset: Dataset, one: AnnotationSet, *, modality: str, series_uid: str, number: int) -> None:
    """Put in the series, and what made it (PS3.3 C.7.3.1, C.7.5.1)."""
    dataset.Modality = modality
    dataset.SeriesInstanceUID = series_uid
    dataset.SeriesNumber = number
    dataset.SeriesDescription = words(one.name)
    dataset.Manufacturer, dataset.ManufacturerModelName = MAKER, MODEL
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = SERIAL, software_version()


def person(name: str) -> str:
    """A pseudonym as a person's name, without what parts the components of one."""
    return words(name.replace("^", " ").replace("=", " "))


def words(text: str) -> str:
    """A text as one value of at most 64 characters: without backslashes, which part values, and control characters."""
    return "".join(letter if letter.isprintable() and letter != "\\" else " " for letter in text)[:64].strip()


def stand_in_of(header: Dataset) -> Dataset:
    """As `patient_and_study_of`, without values that highdicom raises at where they are odd; `as_its_source` puts them in."""
    found = patient_and_study_of(header)
    for keyword in CHECKED:
        setattr(found, keyword, "")
    return found


def as_its_source(dataset: Dataset, header: Dataset) -> None:
    """Take out when and by what software an object was made; patient, study and date of content are its source's."""
    dataset.update(patient_and_study_of(header))
    for keyword in ("InstanceCreationDate", "InstanceCreationTime", "ContributingEquipmentSequence"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.ContentDate, dataset.ContentTime = date_and_time_of(header)


def highdicom() -> Any:
    """The library that writes segmentations and reports; UsageError if it is missing."""
    try:
        import highdicom
    except ImportError:
        raise UsageError(MISSING) from None
    return highdicom


def coded(code: Code) -> Dataset:
    """An item of a code sequence (PS3.3 Table 8.8-1)."""
    item = Dataset()
    name = "CodeValue" if len(code.value) <= 16 else "URNCodeValue" if ":" in code.value else "LongCodeValue"
    setattr(item, name, code.value)
    if name != "URNCodeValue":
        item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = words(code.meaning)
    return item


def concept(library: Any, code: Code) -> Any:
    """A code as highdicom takes it."""
    return library.sr.CodedConcept(code.value, code.scheme, words(code.meaning))


def ds(value: float) -> str:
    """A number as a decimal string of at most 16 characters (PS3.5 6.2)."""
    return str(format_number_as_ds(float(value)))


def decimals(tag: int, values: NDArray[np.float64]) -> DataElement:
    """An element of decimal strings, each of ten digits and at most 16 characters, for data sets of implicit VR.

    Encoded at once, and called OB, which implicit VR does not write: pydicom would look at each for a while, and a
    contour has thousands.
    """
    value = "\\".join(f"{number:.10g}" for number in values.tolist()).encode()
    value += b" " * (len(value) % 2)
    return DataElement(tag, "OB", value)


def encoded(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The file of a data set, with File Meta of our own."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def content_label(name: str) -> str:
    """A name as a code string of at most 16 characters (PS3.3 Table 10-12)."""
    return re.sub(r"[^A-Z0-9_]+", "_", name.upper())[:16].strip("_") or "ANNOTATION"
