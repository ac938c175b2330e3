"""The header around the pixels of each kind of file."""

from typing import Any

from tests import make
from tests.benchmarks.deid.persona import Persona
from tests.benchmarks.deid.pixels.cases import Case
from tests.benchmarks.deid.pixels.encoding import BIG, Syntax
from tests.benchmarks.deid.pixels.lettering import Box
from tests.benchmarks.deid.pixels.storing import Storage, palette

SOP_CLASS = {
    "US": "1.2.840.10008.5.1.4.1.1.6.1", "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1", "SC": "1.2.840.10008.5.1.4.1.1.7",
}  # fmt: skip
MULTI_FRAME_US = "1.2.840.10008.5.1.4.1.1.3.1"
MULTI_FRAME_SC = {1: "1.2.840.10008.5.1.4.1.1.7.2", 2: "1.2.840.10008.5.1.4.1.1.7.3", 3: "1.2.840.10008.5.1.4.1.1.7.4"}
OF_KIND: dict[str, dict[str, Any]] = {
    "US": {"ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"], "LossyImageCompression": "00"},
    "SC": {"ConversionType": "WSD", "ImageType": ["DERIVED", "SECONDARY"], "PatientOrientation": ""},
    "XA": {
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"], "PixelIntensityRelationship": "LIN", "KVP": "80",
        "RadiationSetting": "GR", "XRayTubeCurrent": "400", "ExposureTime": "10", "PatientOrientation": "",
    },
    "CT": make.CT_GEOMETRY | {"RescaleIntercept": "0", "WindowCenter": "0", "WindowWidth": "4096"},
    "MR": {key: value for key, value in make.CT_GEOMETRY.items() if key not in ("KVP", "RescaleSlope", "RescaleIntercept")} | {
        "ScanningSequence": "SE", "SequenceVariant": "NONE", "ScanOptions": "", "MRAcquisitionType": "2D", "EchoTime": "10",
        "RepetitionTime": "500", "EchoTrainLength": "1", "WindowCenter": "0", "WindowWidth": "4096",
    },
}  # fmt: skip


def header(case: Case, persona: Persona, name: str, part: int) -> dict[str, Any]:
    """All but the pixels of file number `part` of a case, the hint at burned-in text, and what counts instances."""
    several = case.frames > 1 and case.kind not in ("CT", "MR")
    values = {
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": _sop_class(case, several), "Modality": _modality(case),
        "SOPInstanceUID": make.uid(f"{name} {part}"), "SeriesInstanceUID": make.uid(f"series {name}"),
        "StudyInstanceUID": make.uid(f"study {name}"), "SeriesNumber": "1", "Manufacturer": "Maker", "Laterality": "",
        "PatientName": persona.person_name, "PatientID": persona.patient_id, "PatientSex": persona.sex,
        "PatientBirthDate": f"{persona.born:%Y%m%d}", "StudyDate": f"{persona.first_study:%Y%m%d}", "StudyTime": "101500",
        "StudyID": "1", "AccessionNumber": persona.accession, "InstitutionName": persona.institution,
        "StationName": persona.station, "ReferringPhysicianName": persona.physicians[0], **OF_KIND[case.kind],
    }  # fmt: skip
    if case.kind in ("CT", "MR"):
        values |= {
            "ImagePositionPatient": ["-10", "-20", str(5 * part)],
            "FrameOfReferenceUID": make.uid(f"frame {name}"),
        }
    if several:
        values |= {"NumberOfFrames": case.frames, "FrameTime": "40", "FrameIncrementPointer": 0x00181063}
    return values | pixel_module(case.storage, case.syntax)


def _modality(case: Case) -> str:
    return "OT" if case.kind == "SC" else case.kind


def _sop_class(case: Case, several: bool) -> str:
    if several and case.kind == "US":
        return MULTI_FRAME_US
    if several and case.kind == "SC":
        return MULTI_FRAME_SC[3 if case.storage.colour else case.storage.bits_allocated // 8]
    return SOP_CLASS[case.kind]


def pixel_module(storage: Storage, syntax: Syntax) -> dict[str, Any]:
    values: dict[str, Any] = {
        "SamplesPerPixel": storage.samples, "PhotometricInterpretation": storage.photometric,
        "BitsAllocated": storage.bits_allocated, "BitsStored": storage.bits_stored, "HighBit": storage.bits_stored - 1,
        "PixelRepresentation": int(storage.signed),
    }  # fmt: skip
    if storage.samples == 3:
        values["PlanarConfiguration"] = storage.planar
    if storage.bits_allocated == 16 and not storage.signed:
        values |= {"WindowCenter": "2048", "WindowWidth": "4096"}
    if storage.photometric == "PALETTE COLOR":
        for index, colour in enumerate(("Red", "Green", "Blue")):
            words = palette()[:, index].astype(">u2" if syntax == BIG else "<u2") * 257
            values[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
            values[f"{colour}PaletteColorLookupTableData"] = words.tobytes()
    return values


def regions(case: Case, sector: Box, shape: tuple[int, int]) -> dict[str, Any]:
    """Regions of an ultrasound image: where the sector is, or, of an image made smaller later on, beyond its edge."""
    factor = 1 if case.regions == "valid" else 2
    rows, columns = shape
    area = {
        "RegionSpatialFormat": 1, "RegionDataType": 1, "RegionFlags": 2,
        "RegionLocationMinX0": sector.left * factor, "RegionLocationMinY0": sector.top * factor,
        "RegionLocationMaxX1": min((sector.right - 1) * factor, factor * columns - 1),
        "RegionLocationMaxY1": min((sector.bottom - 1) * factor, factor * rows - 1),
        "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.02,
    }  # fmt: skip
    return {"SequenceOfUltrasoundRegions": [area]}
