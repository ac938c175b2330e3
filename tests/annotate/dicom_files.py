"""DICOM objects that somebody makes on de-identified files: by highdicom, and by hand over pydicom."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from tests.annotate.files import NAMES, outlines
from tests.trip import Desk, truth


def sources(one: Desk, folder: Path) -> list[tuple[int, Dataset]]:
    """Frame of the stack, and the recovered instance, in the order of their files' names."""
    files = [dcmread(path) for path in one.container.recover_to(folder / "back")]
    [stack] = one.container.stacks
    uids = [one.container.instances[index].sop_instance_uid for index in stack.frames["instance"].tolist()]
    return [(uids.index(str(file.SOPInstanceUID)), file) for file in files]


def segmentation(one: Desk, folder: Path) -> Path:
    """A SEG of both labels, by highdicom."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    files = sources(one, folder)
    masks = np.stack([np.stack([truth()[label][frame] for label in NAMES], axis=-1) for frame, _ in files])
    algorithm = hd.AlgorithmIdentificationSequence("somebody's", codes.DCM.ArtificialIntelligence, "1")
    segments = [
        hd.seg.SegmentDescription(value, name, codes.SCT.Organ, codes.SCT.Liver if value == 1 else codes.SCT.Kidney,
                                  "AUTOMATIC", algorithm, f"uid {value}", generate_uid())
        for value, name in NAMES.items()
    ]  # fmt: skip
    made = hd.seg.Segmentation(
        [file for _, file in files], masks.astype(np.uint8), "BINARY", segments, generate_uid(), 1, generate_uid(), 1,
        "Somebody", "A model", "1", "7",
    )  # fmt: skip
    made.save_as(folder / "seg.dcm")
    return folder / "seg.dcm"


def structure_set(one: Desk, folder: Path) -> Path:
    """An RTSTRUCT with a contour for each loop of pixels' edges, holes as contours of their own."""
    files = sources(one, folder)
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = "1.2.840.10008.5.1.4.1.1.481.3", generate_uid(), "RTSTRUCT"
    made.OperatorsName = "Roe^Jane"
    made.StructureSetROISequence = [_with(ROINumber=value, ROIName=name) for value, name in NAMES.items()]
    made.ROIContourSequence = [
        _with(ReferencedROINumber=value, ContourSequence=[
            _contour(loop, file) for frame, file in files for loop in outlines(truth()[value][frame])
        ])
        for value in NAMES
    ]  # fmt: skip
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    made.save_as(folder / "rt.dcm", enforce_file_format=True)
    return folder / "rt.dcm"


def _contour(loop: list[tuple[int, int]], file: Dataset) -> Dataset:
    orientation, (down, across) = np.array(file.ImageOrientationPatient, float), map(float, file.PixelSpacing)
    points = np.array(loop, float) - 0.5  # whole numbers at the centres of pixels
    mm = np.array(file.ImagePositionPatient, float) + np.outer(points[:, 0], orientation[:3] * across)
    mm += np.outer(points[:, 1], orientation[3:] * down)
    image = _with(ReferencedSOPClassUID=file.SOPClassUID, ReferencedSOPInstanceUID=file.SOPInstanceUID)
    return _with(ContourImageSequence=[image], ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(mm),
                 ContourData=[f"{value:.5f}" for value in mm.ravel()])  # fmt: skip


def _with(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made
