"""DICOM Segmentations (PS3.3 A.51) from a set of annotations, by highdicom."""

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet, Code, Label
from dicomconv.container.reader import Container
from dicomconv.geometry import UNIFORM_MM
from dicomconv.pipeline.derived import modules
from dicomconv.pipeline.derived.minted import Minted
from dicomconv.pipeline.derived.planes import Planes, planes_of
from dicomconv.pipeline.derived.sources import SourceFrame, source_frames

CT_IMAGE, SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"
SERIES_NUMBER = 9001
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")  # CID 7162


def segmentations(container: Container, one: AnnotationSet) -> Iterator[bytes]:
    """The files of the masks of a set, each a BINARY segmentation; several only where one cannot hold all frames.

    That is so for frames in several orientations, at the same place, or without a place (PS3.3 C.8.20.2, A.51.5).
    UsageError if highdicom is missing.
    """
    minted = Minted(container, one)
    frames = source_frames(container, (region.key for region in one.regions))
    for number, planes in enumerate(planes_of(frames, one.regions), 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that pseudonyms are unlikely names
            made = _segmentation(planes, one, minted, number)
        yield made


def _segmentation(planes: Planes, one: AnnotationSet, minted: Minted, number: int) -> bytes:
    seg = modules.highdicom()
    used = {region.label for regions in planes.regions for region in regions}
    labels = [label for label in sorted(one.labels, key=lambda label: label.value) if label.value in used]
    header = planes.first.header
    made = seg.seg.Segmentation(
        source_images=[_stand_in(planes, index) for index in range(len(planes.frames))],
        pixel_array=_pixels(planes, labels),
        segmentation_type="BINARY",
        segment_descriptions=[_described(seg, one, label, minted, order) for order, label in enumerate(labels, 1)],
        series_instance_uid=minted.uid("SEG series", planes.first.frame_of_reference_uid),
        series_number=SERIES_NUMBER,
        sop_instance_uid=minted.uid("SEG", number),
        instance_number=number,
        manufacturer=modules.MAKER,
        manufacturer_model_name=modules.MODEL,
        software_versions=modules.software_version(),
        device_serial_number=modules.SERIAL,
        content_label=modules.content_label(one.name),
        content_description=modules.words(one.name),
        content_creator_name=modules.person(one.annotator) or None,
        series_description=modules.words(one.name),
        specific_character_set=modules.UTF_8,
    )
    return _settled(made, planes, header, minted.uid("dimensions", number))


def _stand_in(planes: Planes, index: int) -> Dataset:
    """A frame as a single-frame image, which is what highdicom can be given several of.

    Its UID is the number of the frame: what refers to it is made to refer to the source afterwards.
    """
    frame, first = planes.frames[index], planes.first
    image = modules.stand_in_of(first.header)
    has_place = bool(frame.frame_of_reference_uid)
    image.SOPClassUID = CT_IMAGE if has_place else SECONDARY_CAPTURE
    image.SOPInstanceUID = _number_as_uid(index)
    image.SeriesInstanceUID = first.series_instance_uid
    image.Modality = str(first.header.get("Modality", "") or "OT")
    image.Rows, image.Columns = frame.rows, frame.columns
    for keyword in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        if first.header.get(keyword) not in (None, ""):
            setattr(image, keyword, first.header[keyword].value)
    if has_place:
        image.FrameOfReferenceUID = frame.frame_of_reference_uid
        image.PositionReferenceIndicator = first.header.get("PositionReferenceIndicator", "")
        image.ImagePositionPatient = [modules.ds(value) for value in frame.position]
        image.ImageOrientationPatient = [modules.ds(value) for value in first.orientation]
        image.PixelSpacing = [modules.ds(value) for value in first.pixel_spacing]
        thickness = first.slice_thickness or first.step_mm
        image.SliceThickness = modules.ds(thickness) if thickness else None
    return image


def _number_as_uid(index: int) -> str:
    return f"2.25.{index + 1}"


def _pixels(planes: Planes, labels: Sequence[Label]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """(frames, rows, columns) of segment numbers; (frames, rows, columns, segments) of 0 and 1 where some overlap."""
    numbers = {label.value: number for number, label in enumerate(labels, 1)}
    size = len(planes.frames), planes.first.rows, planes.first.columns
    values = np.zeros(size, np.uint8 if len(labels) < 256 else np.uint16)
    for plane, regions in zip(values, planes.regions, strict=True):
        for region in regions:
            if plane[region.mask].any():
                return _layers(planes, numbers)
            plane[region.mask] = numbers[region.label]
    return values


def _layers(planes: Planes, numbers: dict[int, int]) -> NDArray[np.uint8]:
    layers = np.zeros((len(planes.frames), planes.first.rows, planes.first.columns, len(numbers)), np.uint8)
    for plane, regions in zip(layers, planes.regions, strict=True):
        for region in regions:
            plane[region.mask, numbers[region.label] - 1] = 1
    return layers


def _described(highdicom: Any, one: AnnotationSet, label: Label, minted: Minted, number: int) -> Dataset:
    """A segment (PS3.3 C.8.20.4): its codes, what drew it, its colour, and an identifier to be tracked by."""
    identification = None
    if one.algorithm != "MANUAL":
        family = modules.concept(highdicom, ARTIFICIAL_INTELLIGENCE)
        name, release = one.annotator or one.origin or "unknown", "unknown"
        identification = highdicom.AlgorithmIdentificationSequence(modules.words(name), family, release)
    found: Dataset = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=modules.words(label.name),
        segmented_property_category=modules.concept(highdicom, label.category),
        segmented_property_type=modules.concept(highdicom, label.type),
        algorithm_type=one.algorithm,
        algorithm_identification=identification,
        tracking_uid=minted.uid("tracking", label.value),
        tracking_id=modules.words(f"{one.name} {label.name}"),
        display_color=highdicom.color.CIELabColor.from_rgb(*label.color),
    )
    if label.modifier:
        modifier = [modules.coded(label.modifier)]
        found.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = modifier
    return found


def _settled(made: Dataset, planes: Planes, header: Dataset, dimensions_uid: str) -> bytes:
    """The bytes of a segmentation that refers to its sources, with nothing of the clock and of chance left in it."""
    buffer = io.BytesIO()
    made.save_as(buffer)
    dataset = dcmread(io.BytesIO(buffer.getvalue()))  # highdicom's sequences share items; read again they do not
    _refer(dataset, planes)
    for item in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
        item.DimensionOrganizationUID = dimensions_uid
    modules.as_its_source(dataset, header)
    if planes.first.frame_of_reference_uid:
        _space(dataset, planes.first.step_mm)
    if not planes.first.frame_of_reference_uid:
        dataset.PatientOrientation = header.get("PatientOrientation") or ""
    if not planes.first.frame_of_reference_uid and "PixelMeasuresSequence" in dataset.SharedFunctionalGroupsSequence[0]:
        del dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    return modules.encoded(dataset)


def _space(dataset: Dataset, step_mm: float | None) -> None:
    """Say how far slices are apart: those of the source, and not those that happen to have something on them."""
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    found = float(measures.get("SpacingBetweenSlices") or 0)
    if step_mm is None or abs(found - step_mm) > UNIFORM_MM:
        for holder, keyword in ((measures, "SpacingBetweenSlices"), (dataset, "DimensionOrganizationType")):
            if keyword in holder:
                delattr(holder, keyword)
    if step_mm is not None:
        measures.SpacingBetweenSlices = modules.ds(step_mm)


def _refer(dataset: Dataset, planes: Planes) -> None:
    """Put the references to sources in the place of those to their stand-ins."""
    frames = {_number_as_uid(index): frame for index, frame in enumerate(planes.frames)}
    instances = list({frame.sop_instance_uid: frame for frame in planes.frames}.values())
    dataset.SourceImageSequence = [_instance(frame) for frame in instances]
    dataset.ReferencedSeriesSequence = [_series(instances)]
    for groups in (*dataset.SharedFunctionalGroupsSequence, *dataset.PerFrameFunctionalGroupsSequence):
        for derivation in groups.get("DerivationImageSequence", ()):
            for item in derivation.SourceImageSequence:
                frame = frames[item.ReferencedSOPInstanceUID]
                item.update(frame.reference())


def _instance(frame: SourceFrame) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = frame.sop_class_uid, frame.sop_instance_uid
    return item


def _series(instances: Sequence[SourceFrame]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = instances[0].series_instance_uid
    series.ReferencedInstanceSequence = [_instance(frame) for frame in instances]
    return series
