"""An RT Structure Set (PS3.3 A.19) from a set of annotations: contours along the edges of pixels, as the masks are."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from dicomconv.annotation import AnnotationSet, FrameKey, Label, Region
from dicomconv.container.reader import Container
from dicomconv.contours import Ring, keyholed
from dicomconv.geometry import to_patient_mm
from dicomconv.pipeline.derived import modules
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.minted import Minted
from dicomconv.pipeline.derived.sources import SourceFrame, source_frames
from dicomconv.standard import tag_of

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
STUDY = "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, retired; what stands there by custom
SERIES_NUMBER = 9002
CONTOUR_DATA = tag_of("ContourData")
ANATOMY = ("123037004", "91723000")  # Anatomical Structure, in CID 7150 of now and of before
NO_PLACE = (
    "some of what is drawn is on frames without a position in the patient, where a structure set has nothing to say; "
    "write it as seg or sr"
)
Part = tuple[Region, SourceFrame]


def structure_set(container: Container, one: AnnotationSet) -> bytes:
    """The file of the masks of a set, each label a region of interest. Unwritable for frames without a position.

    Implicit VR: under an explicit one, a value of contour data may have 64 KiB only (PS3.5 7.1.2).
    """
    minted = Minted(container, one)
    keys = {region.key for region in one.regions}
    frames = source_frames(container, keys | one.seen)
    if not all(frames[key].frame_of_reference_uid for key in keys):
        raise Unwritable(NO_PLACE)
    header = frames[min(keys)].header
    dataset = modules.patient_and_study_of(header)
    modules.series_and_equipment(
        dataset, one, modality="RTSTRUCT", series_uid=minted.uid("RTSTRUCT series"), number=SERIES_NUMBER
    )
    dataset.OperatorsName = ""
    dataset.SOPClassUID, dataset.SOPInstanceUID = STRUCTURE_SET, minted.uid("RTSTRUCT")
    dataset.InstanceNumber = 1
    dataset.StructureSetLabel = one.name[:16]
    dataset.StructureSetName = modules.words(one.name)
    dataset.StructureSetDate, dataset.StructureSetTime = modules.date_and_time_of(header)
    dataset.FrameOfReferenceUID = frames[min(keys)].frame_of_reference_uid
    dataset.PositionReferenceIndicator = header.get("PositionReferenceIndicator") or ""
    _add_rois(dataset, one, frames)
    return modules.encoded(dataset, ImplicitVRLittleEndian)


def _add_rois(dataset: Dataset, one: AnnotationSet, frames: Mapping[FrameKey, SourceFrame]) -> None:
    placed = [frame for frame in frames.values() if frame.frame_of_reference_uid]
    dataset.ReferencedFrameOfReferenceSequence = list(_frames_of_reference(placed))
    rois = list(_rois(one, frames))
    dataset.StructureSetROISequence = [_roi(number, *roi, one) for number, roi in enumerate(rois, 1)]
    dataset.ROIContourSequence = [_contours(number, *roi) for number, roi in enumerate(rois, 1)]
    dataset.RTROIObservationsSequence = [
        _observation(number, label, one.annotator) for number, (label, _) in enumerate(rois, 1)
    ]


def _rois(one: AnnotationSet, frames: Mapping[FrameKey, SourceFrame]) -> Iterator[tuple[Label, list[Part]]]:
    """Each label in each frame of reference, with its regions."""
    parts: dict[tuple[int, str], list[Part]] = {}
    for region in sorted(one.regions, key=lambda region: region.key):
        frame = frames[region.key]
        if region.mask.any():
            parts.setdefault((region.label, frame.frame_of_reference_uid), []).append((region, frame))
    for (value, _), found in sorted(parts.items(), key=lambda item: item[0]):
        yield one.label(value), found


def _frames_of_reference(frames: Sequence[SourceFrame]) -> Iterator[Dataset]:
    """Each frame of reference with the study, the series and the images that are measured in it."""
    for uid in dict.fromkeys(frame.frame_of_reference_uid for frame in frames):
        of_this = [frame for frame in frames if frame.frame_of_reference_uid == uid]
        series = Dataset()
        series.SeriesInstanceUID = of_this[0].series_instance_uid
        series.ContourImageSequence = [frame.reference() for frame in of_this]
        study = Dataset()
        study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = STUDY, of_this[0].header.StudyInstanceUID
        study.RTReferencedSeriesSequence = [series]
        item = Dataset()
        item.FrameOfReferenceUID = uid
        item.RTReferencedStudySequence = [study]
        yield item


def _roi(number: int, label: Label, parts: Sequence[Part], one: AnnotationSet) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = parts[0][1].frame_of_reference_uid
    item.ROIName = modules.words(label.name)
    item.ROIGenerationAlgorithm = one.algorithm
    return item


def _contours(number: int, label: Label, parts: Sequence[Part]) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(label.color)
    item.ReferencedROINumber = number
    item.ContourSequence = [contour for region, frame in parts for contour in _outlines(region, frame)]
    return item


def _outlines(region: Region, frame: SourceFrame) -> Iterator[Dataset]:
    """One contour for each connected piece, its holes joined to it, in the plane of the slice itself (C.8.8.6.3)."""
    for ring in keyholed(region.mask):
        points = to_patient_mm(_closed(ring), frame.position, frame.orientation, frame.pixel_spacing)
        item = Dataset()
        item.ContourImageSequence = [frame.reference()]
        item.ContourGeometricType = "CLOSED_PLANAR"
        item.NumberOfContourPoints = len(points)
        item[CONTOUR_DATA] = modules.decimals(CONTOUR_DATA, points.ravel())
        yield item


def _closed(ring: Ring) -> Ring:
    """A ring with one more point, on its last side: there are readers that leave the last point out (plastimatch 1.9.4)."""
    back = np.sign(ring[-1] - ring[0])  # along columns or rows
    return np.vstack([ring, ring[0] + back / 4])  # away from corners, and from the centres of pixels


def _observation(number: int, label: Label, annotator: str) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    code = modules.coded(label.type)
    if label.modifier:
        code.SegmentedPropertyTypeModifierCodeSequence = [modules.coded(label.modifier)]
    item.SegmentedPropertyCategoryCodeSequence = [modules.coded(label.category)]
    item.RTROIIdentificationCodeSequence = [code]
    item.RTROIInterpretedType = "ORGAN" if label.category.value in ANATOMY else ""
    item.ROIInterpreter = modules.person(annotator)
    return item
