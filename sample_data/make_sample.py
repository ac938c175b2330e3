"""Write the sample anew, the same bytes each time: `python sample_data/make_sample.py` (pydicom, numpy, Pillow)."""

import io
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from headers import CT, MR, NAME, PATIENT, SOP_CLASS, STUDY, US, code, uid
from numpy.typing import NDArray
from phantoms import ct, mr, ultrasound
from PIL import Image
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

HERE = Path(__file__).parent
STUDY_FOLDER = HERE / "study" / "MUSTERMANN^ERIKA"
BURNED_IN = ["MUSTERMANN, ERIKA DR.  *12.08.1964  F", "ID MU-640812-7", "KLINIKUM MUSTERSTADT  14.03.2024 10:41:07"]
README = """Bilder Mustermann, Erika (12.08.1964), Staging vom 14.03.2024.
This file is no DICOM: a run skips it and says so in its manifest.
"""


def dataset(attributes: Mapping[str, Any]) -> Dataset:
    """A data set of attributes by keyword; a list of mappings becomes a sequence."""
    result = Dataset()
    for keyword, value in attributes.items():
        is_sequence = isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
        setattr(result, keyword, [dataset(item) for item in value] if is_sequence else value)
    return result


def common(modality: str) -> Dataset:
    """The patient, the study, and what they carry in every instance of the sample."""
    result = dataset({**PATIENT, **STUDY, "SOPClassUID": SOP_CLASS[modality]})
    result.file_meta = FileMetaDataset()
    result.file_meta.ImplementationClassUID = uid("implementation")
    result.file_meta.ImplementationVersionName = "SAMPLE_1"
    result.file_meta.SourceApplicationEntityTitle = "MUSTERPACS"
    return result


def with_private_block(instance: Dataset, creator: str, values: Iterable[tuple[str, object]]) -> None:
    """Add a block of group 0029 with these values, in the vendor's own numbering."""
    block = instance.private_block(0x0029, creator, create=True)
    for number, (vr, value) in enumerate(values, 0x10):
        block.add_new(number, vr, value)


def ct_instance(number: int, z: float) -> Dataset:
    """The CT slice with this number at this height (mm)."""
    stored = np.clip(np.rint(ct.slice_hounsfield(z, 100 + number)) + 1024, 0, 4095).astype("<u2")
    instance = common("CT")
    instance.update(dataset(CT))
    instance.update(dataset(_place(number, z, ((1 - ct.SHAPE[1]) * 0.8, (1 - ct.SHAPE[0]) * 0.8), "ct")))
    instance.update(dataset({
        "AcquisitionTime": f"1021{number + 4:02}.250",
        "ContentTime": f"1021{number + 9:02}",
        "ReferencedImageSequence": [{
            "ReferencedSOPClassUID": SOP_CLASS["CT"],
            "ReferencedSOPInstanceUID": uid("ct localizer"),
            "PurposeOfReferenceCodeSequence": [code("121311", "Localizer", "DCM")],
        }],
    }))  # fmt: skip
    with_private_block(instance, "MUSTERWERK CT HEADER", [
        ("PN", NAME),
        ("LO", "Mustermann Erika 12.08.1964"),
        ("DS", "7.1"),
        ("OB", b"PAT=MUSTERMANN^ERIKA;ID=MU-640812-7;"),
        ("SQ", [dataset({"PatientName": NAME, "StationName": "CT1MUSTER"})]),
    ])  # fmt: skip
    instance.PixelData = stored.tobytes()
    return instance


def mr_instance(number: int, z: float) -> Dataset:
    """The MR slice with this number at this height (mm). It has no window: that is usual, and a run has to find one."""
    stored = np.clip(np.rint(mr.slice_signal(z, 200 + number)), 0, 4095).astype("<u2")
    instance = common("MR")
    instance.update(dataset(MR))
    instance.update(dataset(_place(number, z, ((1 - mr.SHAPE[1]) * 0.675, (1 - mr.SHAPE[0]) * 0.675), "mr")))
    instance.AcquisitionTime = instance.ContentTime = f"1118{number + 30:02}"
    with_private_block(instance, "BEISPIEL MR 1.5", [("LT", "Kopf von Frau Mustermann\r\nTisch 4"), ("FD", 63.86)])
    instance.PixelData = stored.tobytes()
    return instance


def _place(number: int, z: float, corner: tuple[float, float], series: str) -> dict[str, object]:
    return {
        "SOPInstanceUID": uid(f"{series} {number}"),
        "InstanceNumber": number,
        "ContentDate": "20240314",
        "ImagePositionPatient": [f"{corner[0]:.3f}", f"{corner[1]:.3f}", f"{z:g}"],
        "SliceLocation": f"{z:g}",
    }


def us_instance() -> Dataset:
    """The ultrasound clip, the patient's name in its pixels."""
    frames = ultrasound.clip(BURNED_IN)
    encoded = [_jpeg(frame) for frame in frames]
    instance = common("US")
    instance.update(dataset(US))
    instance.StudyDescription, instance.StudyTime = "Sonographie Oberbauch Mustermann", "103000"
    instance.LossyImageCompressionRatio = f"{frames.nbytes / sum(map(len, encoded)):.1f}"
    instance.PixelData = encapsulate(encoded)
    instance["PixelData"].is_undefined_length = True
    return instance


def _jpeg(frame: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=82, subsampling="4:2:2")
    return buffer.getvalue()


def save(path: Path, instance: Dataset, syntax: str) -> None:
    """Write a complete file, creating its folder."""
    instance.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    if syntax == RLELossless:
        instance.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, instance, enforce_file_format=True)


def main() -> None:
    """Write study/ and ultrasound/ beside this file."""
    shuffled = random.Random(2).sample(range(1, 13), 12)
    for name, number in enumerate(shuffled, 1):
        save(STUDY_FOLDER / "CT" / f"IM{name:04}", ct_instance(number, 76.0 - 10 * number), ExplicitVRLittleEndian)
    for name, number in enumerate(random.Random(3).sample(range(1, 9), 8), 1):
        save(STUDY_FOLDER / "MR" / f"Mustermann_Kopf_{name}.dcm", mr_instance(number, 13.0 * number - 57), RLELossless)
    (STUDY_FOLDER / "readme.txt").write_bytes(README.encode())
    save(HERE / "ultrasound" / "US_MUSTERMANN_20240314.dcm", us_instance(), JPEGBaseline8Bit)


if __name__ == "__main__":
    main()
