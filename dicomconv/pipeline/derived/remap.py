"""A DICOM object made on de-identified files, as it would have been made on their originals."""

import copy
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydicom import DataElement, Dataset, dcmread
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID, ImplicitVRLittleEndian

from dicomconv.pipeline.derived import modules
from dicomconv.pipeline.derived.errors import OwnFile, UnknownReference
from dicomconv.pipeline.derived.space import Space
from dicomconv.standard import patient_and_study, tag_of, uid_roles

MADE_WITH_IT = frozenset({
    "SOPInstanceUID", "TrackingUID", "DimensionOrganizationUID", "UID", "ConcatenationUID", "ObservationUID",
    "AnnotationGroupUID", "ModelGroupUID", "FiducialUID", "ReferencedFiducialUID", "ReferencedFiducialsUID",
    "ConceptualVolumeUID", "ReferencedConceptualVolumeUID", "ConstituentConceptualVolumeUID", "SourceConceptualVolumeUID",
    "PaletteColorLookupTableUID", "LargePaletteColorLookupTableUID", "PyramidUID", "MultiplexGroupUID",
})  # fmt: skip
OF_SOFTWARE = frozenset({"InstanceCreatorUID", "DeviceUID"})
OF_THE_WAY_HERE = ("DeidentificationMethod", "DeidentificationMethodCodeSequence", "PatientIdentityRemoved",
                   "LongitudinalTemporalInformationModified", "EncryptedAttributesSequence")  # fmt: skip


def in_original_space(content: bytes, space: Space, batch: Mapping[str, str]) -> bytes:
    """The file with every UID, date, patient and study put back; pixels and all else as they are.

    `batch`: UIDs of objects that are mapped together, by those that they have. UnknownReference names what is not known.
    """
    dataset = dcmread(io.BytesIO(content), force=True)
    dataset.walk(lambda item, element: None)  # all of it decoded, so that each element is met once
    dataset.decode()
    study, series = str(dataset.get("StudyInstanceUID", "")), str(dataset.get("SeriesInstanceUID", ""))
    if str(dataset.get("SOPInstanceUID", "")) in space.made:
        raise OwnFile
    if study not in space.patients:
        raise UnknownReference(study)
    for keyword in (*patient_and_study(), *OF_THE_WAY_HERE):
        if keyword in dataset:
            delattr(dataset, keyword)
    _Mapping(space, batch, {series} - space.uids.keys()).apply(dataset)
    _undate(dataset, space.without_dates[study])
    dataset.update(copy.deepcopy(space.patients[study]))
    return modules.encoded(dataset, UID(dataset.file_meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian))


def _undate(dataset: Dataset, known: tuple[str, str]) -> None:
    """Where the content has the date that stands for none: when it was, as far as the original says."""
    for date, time in (("ContentDate", "ContentTime"), ("StructureSetDate", "StructureSetTime")):
        if str(dataset.get(date, "")) == modules.NO_DATE:
            setattr(dataset, date, known[0])
            setattr(dataset, time, known[1])


class _Mapping:
    """Maps the UIDs and dates of a data set, items of sequences included."""

    def __init__(self, space: Space, batch: Mapping[str, str], minted: set[str]):
        self._space, self._batch, self._minted = space, batch, minted
        roles = uid_roles()
        self._instances = {tag for tag, role in roles.items() if role == "instance"}
        self._made = set(map(tag_of, MADE_WITH_IT))
        self._kept = set(map(tag_of, OF_SOFTWARE))

    def apply(self, dataset: Dataset) -> None:
        """Change the data set; each element of it is met once."""
        for element in dataset:
            if element.VR == "SQ" and isinstance(element.value, Sequence):
                for item in element.value:
                    self.apply(item)
            elif element.VR == "UI":
                _change(element, partial(self._uid, int(element.tag)))
            elif element.VR in ("DA", "DT"):
                _change(element, self._date)

    def _date(self, date: str) -> str:
        return self._space.dates.get(date, date)

    def _uid(self, tag: int, uid: str) -> str:
        known = self._space.uids.get(uid) or self._batch.get(uid)
        if known or not uid:
            return known or uid
        if tag in self._made or uid in self._minted:
            return self._space.minted(uid)
        if tag in self._kept or tag not in self._instances:
            return uid
        raise UnknownReference(uid)


def _change(element: DataElement, change: Callable[[str], str]) -> None:
    value: Any = element.value
    if isinstance(value, MultiValue | list):
        element.value = [change(str(one)) for one in value]
    elif value:
        element.value = change(str(value))
