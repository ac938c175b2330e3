"""A measurement report (SR, TID 1500 of PS3.16) from a set of annotations: boxes, lengths, points, outlines, labels."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet, Code, FrameKey, Label, Shape, Tag
from dicomconv.container.reader import Container
from dicomconv.contours import keyholed
from dicomconv.pipeline.derived import modules
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.minted import Minted
from dicomconv.pipeline.derived.sources import SourceFrame, source_frames

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
SERIES_NUMBER = 9003
IMAGING = Code("363679005", "SCT", "Imaging procedure")
LENGTH, MM = Code("410668003", "SCT", "Length"), Code("mm", "UCUM", "mm")
PIXELS = Code("{pixels}", "UCUM", "pixels")
FINDING, LATERALITY = Code("121071", "DCM", "Finding"), Code("272741003", "SCT", "Laterality")
NOTHING = "there is nothing in this set that a report has to tell"
AT_THE_DETECTOR = "ImagerPixelSpacing"  # which is not a distance in the patient (PS3.3 10.7.1.3)


def report(container: Container, one: AnnotationSet, *, masks: bool) -> bytes:
    """The file of a report on a set; `masks`: with the outlines of its masks too, not only what has none.

    A Comprehensive 3D SR where the frames have a place in the patient, an Enhanced SR where they have not. UsageError if
    highdicom is missing.
    """
    found = list(_drawn(one, masks=masks))
    if not found and not one.tags:
        raise Unwritable(NOTHING)
    keys = {key for key, *_ in found} | {tag.key for tag in one.tags if tag.key}
    if any(tag.key is None for tag in one.tags) or not keys:
        keys |= one.seen or {FrameKey(0, 0)}
    writer = _Writer(modules.highdicom(), one, Minted(container, one), source_frames(container, keys))
    groups = [*(writer.group(*drawn) for drawn in found), *(writer.tag(tag) for tag in one.tags)]
    return writer.document(groups)


def _drawn(one: AnnotationSet, *, masks: bool) -> Iterator[tuple[FrameKey, int, str, NDArray[np.float64]]]:
    """Frame, label, graphic type and points (n, 2) of everything that is drawn; closed ones end where they begin."""
    for shape in one.shapes:
        if shape.kind != "polygon":
            yield from ((shape.key, shape.label, *graphic) for graphic in _graphics(shape))
    for region in one.regions if masks else ():
        for ring in keyholed(region.mask):
            yield region.key, region.label, "POLYLINE", np.vstack([ring, ring[:1]])


def _graphics(shape: Shape) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for ring in shape.rings:
        if shape.kind == "box":
            (left, top), (right, bottom) = ring[0], ring[-1]
            yield "POLYLINE", np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
        elif shape.kind == "point":
            yield from (("POINT", point[None]) for point in ring)
        else:
            yield "LENGTH", ring


@dataclass(slots=True)
class _Writer:
    """Content items of one report. `_count`: how many groups there are so far, which their identifiers tell apart."""

    highdicom: Any
    one: AnnotationSet
    minted: Minted
    frames: Mapping[FrameKey, SourceFrame] = field(repr=False)
    count: int = 0

    def group(self, key: FrameKey, label_value: int, graphic: str, points: NDArray[np.float64]) -> Any:
        """A measurement group for what is drawn: a region (TID 1410), or a length (TID 1501)."""
        sr, frame, label = self.highdicom.sr, self.frames[key], self.one.label(label_value)
        source = sr.SourceImageForRegion(*self._reference(frame))
        if graphic == "LENGTH":
            drawn = sr.CoordinatesForMeasurement("POLYLINE", points, source)
            length = sr.Measurement(
                name=self._code(LENGTH), referenced_coordinates=[drawn], **self._length(points, frame)
            )
            return sr.MeasurementsAndQualitativeEvaluations(
                measurements=[length], source_images=[self._image(frame)], **self._facts(label)
            )
        origin = "FRAME" if "TotalPixelMatrixColumns" in frame.header else None
        region = sr.ImageRegion(graphic, points, source, pixel_origin_interpretation=origin)
        return sr.PlanarROIMeasurementsAndQualitativeEvaluations(referenced_region=region, **self._facts(label))

    def tag(self, tag: Tag) -> Any:
        """A measurement group that says what is seen on a frame, or on all of them (TID 1501)."""
        images = [self._image(self.frames[tag.key])] if tag.key else self._instances()
        return self.highdicom.sr.MeasurementsAndQualitativeEvaluations(
            source_images=images, **self._facts(self.one.label(tag.label))
        )

    def _facts(self, label: Label) -> dict[str, Any]:
        """What all groups have: by what they are tracked, what was found, on which side, by which algorithm."""
        sr = self.highdicom.sr
        self.count += 1
        identifier = modules.words(f"{self.count} {self.one.name} {label.name}")
        evaluations = [sr.QualitativeEvaluation(self._code(FINDING), self._code(label.type))]
        if label.modifier:
            evaluations.append(sr.QualitativeEvaluation(self._code(LATERALITY), self._code(label.modifier)))
        facts = {
            "tracking_identifier": sr.TrackingIdentifier(self.minted.uid("SR tracking", self.count), identifier),
            "finding_type": self._code(label.type),
            "finding_category": self._code(label.category),
            "qualitative_evaluations": evaluations,
        }
        if self.one.algorithm != "MANUAL":
            facts["algorithm_id"] = sr.AlgorithmIdentification(self._author(), "unknown")
        return facts

    def _length(self, points: NDArray[np.float64], frame: SourceFrame) -> dict[str, Any]:
        """How long a line is, in mm by the spacing of pixels, else in pixels."""
        spacing = frame.pixel_spacing if frame.pixel_spacing_from != AT_THE_DETECTOR else ()
        steps = np.diff(points, axis=0) * (spacing[::-1] or (1.0, 1.0))
        value = float(np.hypot(*steps.T).sum())
        return {"value": value, "unit": self._code(MM if spacing else PIXELS)}

    def _code(self, code: Code) -> Any:
        return modules.concept(self.highdicom, code)

    def _author(self) -> str:
        return modules.person(self.one.annotator) or "unknown"

    def _reference(self, frame: SourceFrame) -> tuple[str, str, list[int] | None]:
        number = frame.frame_number
        return SECONDARY_CAPTURE, frame.sop_instance_uid, None if number is None else [number]

    def _image(self, frame: SourceFrame) -> Any:
        return self.highdicom.sr.SourceImageForMeasurementGroup(*self._reference(frame))

    def _instances(self) -> list[Any]:
        """Every instance, whole."""
        uids = dict.fromkeys(frame.sop_instance_uid for frame in self.frames.values())
        return [self.highdicom.sr.SourceImageForMeasurementGroup(SECONDARY_CAPTURE, uid) for uid in uids]

    def _observer(self) -> Any:
        """The person who drew, or the device (TID 1002)."""
        sr = self.highdicom.sr
        if self.one.algorithm != "AUTOMATIC":
            person = sr.PersonObserverIdentifyingAttributes(name=self._author())
            return sr.ObserverContext(self._code(Code("121006", "DCM", "Person")), person)
        device = sr.DeviceObserverIdentifyingAttributes(self.minted.uid("device"), name=self._author())
        return sr.ObserverContext(self._code(Code("121007", "DCM", "Device")), device)

    def document(self, groups: list[Any]) -> bytes:
        """The file of the report with these groups."""
        sr, first = self.highdicom.sr, self.frames[min(self.frames)]
        content = sr.MeasurementReport(
            observation_context=sr.ObservationContext(observer_person_context=self._observer())
            if self.one.algorithm != "AUTOMATIC"
            else sr.ObservationContext(observer_device_context=self._observer()),
            procedure_reported=self._code(IMAGING),
            imaging_measurements=groups,
        )
        kind = sr.Comprehensive3DSR if first.frame_of_reference_uid else sr.EnhancedSR
        made = kind(
            evidence=list(_evidence(self.frames.values())),
            content=content,
            series_instance_uid=self.minted.uid("SR series"),
            series_number=SERIES_NUMBER,
            sop_instance_uid=self.minted.uid("SR", len(groups)),  # one with the outlines of masks is another
            instance_number=1,
            manufacturer=modules.MAKER,
            manufacturer_model_name=modules.MODEL,
            software_versions=modules.software_version(),
            device_serial_number=modules.SERIAL,
            series_description=modules.words(self.one.name),
            is_complete=True,
            specific_character_set=modules.UTF_8,
        )
        return _settled(made, self.frames)


def _evidence(frames: Iterable[SourceFrame]) -> Iterator[Dataset]:
    """Each instance once, as an image of a kind that highdicom knows for certain; its own is put in afterwards."""
    for frame in {frame.sop_instance_uid: frame for frame in frames}.values():
        image = modules.stand_in_of(frame.header)
        image.SOPClassUID, image.SOPInstanceUID = SECONDARY_CAPTURE, frame.sop_instance_uid
        image.SeriesInstanceUID = frame.series_instance_uid
        yield image


def _settled(made: Dataset, frames: Mapping[FrameKey, SourceFrame]) -> bytes:
    """The bytes of a report that refers to its sources, with nothing of the clock left in it."""
    buffer = io.BytesIO()
    made.save_as(buffer)
    dataset = dcmread(io.BytesIO(buffer.getvalue()))  # highdicom's sequences share items; read again they do not
    classes = {frame.sop_instance_uid: frame.sop_class_uid for frame in frames.values()}

    def refer(item: Dataset, element: Any) -> None:
        if element.keyword == "ReferencedSOPInstanceUID" and element.value in classes:
            item.ReferencedSOPClassUID = classes[element.value]

    dataset.walk(refer)
    modules.as_its_source(dataset, frames[min(frames)].header)
    return modules.encoded(dataset)
