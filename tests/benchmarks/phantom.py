"""Series of CT slices to be timed on: a chest of ellipses with noise as filtered back projection leaves it.

The noise decides how well anything compresses, and so how long it takes: 18 HU, little of the highest frequencies.
"""

import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from tests.make import EXPLICIT, dataset, encoded

SIZE, SPACING_MM, PADDING, INTERCEPT = 512, 0.75, -2000, -1024
TEXTS = {
    "LO": "PatientID OtherPatientIDs InstitutionalDepartmentName StudyDescription SeriesDescription "
          "ManufacturerModelName AdmittingDiagnosesDescription MedicalAlerts Allergies ProtocolName "
          "SoftwareVersions DeviceSerialNumber ContrastBolusAgent ContrastBolusRoute RequestingService "
          "RequestedProcedureDescription AdmissionID CurrentPatientLocation PatientInstitutionResidence "
          "PerformedProcedureStepDescription Manufacturer InstitutionName IssuerOfPatientID PatientAddress "
          "CountryOfResidence RegionOfResidence ScheduledProcedureStepDescription PositionReferenceIndicator",
    "PN": "PatientName ReferringPhysicianName PhysiciansOfRecord PerformingPhysicianName "
          "NameOfPhysiciansReadingStudy OperatorsName OtherPatientNames PatientBirthName PatientMotherBirthName "
          "RequestingPhysician ScheduledPerformingPhysicianName",
    "DA": "StudyDate SeriesDate AcquisitionDate ContentDate PatientBirthDate DateOfLastCalibration "
          "AdmittingDate PerformedProcedureStepStartDate InstanceCreationDate LastMenstrualDate",
    "TM": "StudyTime SeriesTime AcquisitionTime ContentTime PatientBirthTime TimeOfLastCalibration "
          "AdmittingTime PerformedProcedureStepStartTime InstanceCreationTime ContrastBolusStartTime",
    "SH": "AccessionNumber StationName StudyID EthnicGroup Occupation PatientTelephoneNumbers "
          "PerformedProcedureStepID ReferringPhysicianTelephoneNumbers ConvolutionKernel FilterType "
          "ScheduledProcedureStepID RequestedProcedureID",
    "DS": "KVP DataCollectionDiameter ReconstructionDiameter DistanceSourceToDetector DistanceSourceToPatient "
          "GantryDetectorTilt TableHeight PatientSize PatientWeight FocalSpots ContrastBolusVolume "
          "ContrastBolusTotalDose SpacingBetweenSlices",
    "IS": "SeriesNumber AcquisitionNumber ExposureTime XRayTubeCurrent Exposure GeneratorPower "
          "ImagesInAcquisition",
    "CS": "BodyPartExamined ScanOptions",
    "FD": "SingleCollimationWidth TotalCollimationWidth TableSpeed SpiralPitchFactor CTDIvol "
          "TableFeedPerRotation",
    "LT": "PatientComments ImageComments AdditionalPatientHistory CommentsOnThePerformedProcedureStep",
    "AE": "PerformedStationAETitle RetrieveAETitle ScheduledStationAETitle",
}  # fmt: skip
SAMPLES: dict[str, Any] = {
    "DA": "20210304", "TM": "112233.120", "DS": "12.5", "IS": 3, "CS": "CHEST", "FD": 0.625, "AE": "CT_ROOM_1",
    "SH": "{}", "LO": "{} of the benchmark", "PN": "BENCH^{}", "LT": "{}: a sentence that names Mrs Bench.",
}  # fmt: skip


def uid(name: str) -> str:
    """A UID derived from a name: always the same one."""
    return f"2.25.{uuid5(NAMESPACE_OID, 'dicomconv benchmark ' + name).int}"


def header(series: int) -> Dataset:
    """What all slices of a series share: about 130 elements, a private block and nested sequences among them."""
    values: dict[str, Any] = {}
    for vr, keywords in TEXTS.items():
        for keyword in keywords.split():
            sample = SAMPLES[vr]
            values[keyword] = sample.format(keyword[:10]) if isinstance(sample, str) else sample
    code = [{"CodeValue": "1", "CodingSchemeDesignator": "99BENCH", "CodeMeaning": "Bench"}]
    values |= {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "Modality": "CT",
        "PatientSex": "O",
        "PatientPosition": "HFS",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid(f"series {series}"),
        "FrameOfReferenceUID": uid("frame of reference"),
        "PatientInsurancePlanCodeSequence": code,
        "ProcedureCodeSequence": code,
        "RequestAttributesSequence": [{"RequestedProcedureID": "R1", "ScheduledProtocolCodeSequence": code}],
        "ReferencedImageSequence": [
            {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "ReferencedSOPInstanceUID": uid("localizer")}
        ],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "PixelSpacing": [str(SPACING_MM)] * 2,
        "SliceThickness": "1.25",
        "WindowCenter": ["40", "-600"],
        "WindowWidth": ["400", "1500"],
        "RescaleSlope": "1",
        "RescaleIntercept": str(INTERCEPT),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": SIZE,
        "Columns": SIZE,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "PixelPaddingValue": PADDING,
    }
    result = dataset(values)
    block = result.private_block(0x0029, "BENCH HEADER", create=True)
    for number, (vr, value) in enumerate(
        (("LO", "BENCH^PATIENT"), ("DS", "7.5"), ("OB", bytes(64)), ("UI", uid("private")))
    ):
        block.add_new(number, vr, value)
    return result


def slice_stored(position: float, random: np.random.Generator) -> NDArray[np.int16]:
    """The stored values of a slice; `position` from 0 to 1 through the chest."""
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE / 2) - 1
    swell = np.sin(np.pi * position)
    image = np.full((SIZE, SIZE), -1000.0)
    for center, radii, value in (
        ((0.0, 0.05), (0.86, 0.62), -100), ((0.0, 0.05), (0.80, 0.56), 55),
        ((-0.38, 0.0), (0.20 + 0.12 * swell, 0.42), -860),
        ((0.38, 0.0), (0.18 + 0.12 * swell, 0.42), -860), ((0.10, -0.12), (0.10 + 0.2 * swell, 0.22), 120),
        ((0.0, 0.44), (0.10, 0.09), 420), ((0.0, -0.46), (0.08, 0.03), 500), ((0.08, 0.26), (0.06, 0.06), 160),
    ):  # fmt: skip
        image[((x - center[0]) / radii[0]) ** 2 + ((y - center[1]) / radii[1]) ** 2 < 1] = value
    ribs = (np.abs(np.hypot(x / 0.76, (y - 0.05) / 0.53) - 1) < 0.035) & (
        np.sin(9 * np.arctan2(y, x) + 40 * position) > 0.4
    )
    image[ribs] = 700
    vessels = np.sin(23 * x + 5 * y + 30 * position) * np.sin(7 * x - 29 * y + 17 * position) > 0.93
    image[vessels & (image < -800) & (np.hypot(x, y) < 0.62)] = 40
    stored = np.rint(image + _noise(random) - INTERCEPT)
    stored[np.hypot(x, y) > 1] = PADDING
    return stored.astype("<i2")


def _noise(random: np.random.Generator) -> NDArray[np.float64]:
    """18 HU of noise with the spectrum of filtered back projection: rising with frequency, then cut by the kernel."""
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])
    white = np.fft.rfft2(random.standard_normal((SIZE, SIZE)))
    noise = np.fft.irfft2(white * (frequency + 0.01) * np.exp(-((frequency / 0.24) ** 2)), (SIZE, SIZE))
    return noise * (18 / noise.std())


def main(folder: Path, slices: int, series: int) -> None:
    """Write the series, each in its folder, file names in another order than the slices."""
    random = np.random.default_rng(300)
    for number in range(1, series + 1):
        target = folder / f"series{number}"
        target.mkdir(parents=True)
        shared = header(number)
        for index, name in enumerate(random.permutation(slices)):
            shared.SOPInstanceUID = uid(f"instance {number} {index}")
            shared.InstanceNumber = index + 1
            shared.SliceLocation = f"{1.25 * index:g}"
            shared.ImagePositionPatient = ["-191.625", "-191.625", f"{1.25 * index:g}"]
            shared.PixelData = slice_stored(index / max(slices - 1, 1), random).tobytes()
            shared["PixelData"].VR = "OW"
            (target / f"IM{name:05}").write_bytes(encoded(shared, EXPLICIT))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
