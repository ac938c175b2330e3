"""The loop people write with pydicom, Pillow and h5py: blank some names, window, save PNG, stack into HDF5."""

import sys
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import generate_uid

BLANKED = ("PatientID", "PatientBirthDate", "AccessionNumber", "InstitutionName", "StationName", "StudyID")


def deidentified(dataset: Dataset) -> Dataset:
    """The data set without private elements, names and the plainest identifiers: far from a profile."""
    dataset.remove_private_tags()
    dataset.walk(lambda parent, element: setattr(element, "value", "") if element.VR == "PN" else None)
    for keyword in BLANKED:
        if keyword in dataset:
            setattr(dataset, keyword, "")
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, keyword, generate_uid(entropy_srcs=[str(dataset[keyword].value)]))
    return dataset


def main(source: Path, out: Path) -> None:
    """Convert every series folder of `source` to PNGs and one HDF5 file."""
    for folder in sorted(source.iterdir()):
        (out / folder.name).mkdir(parents=True)
        frames, headers = [], []
        for number, dataset in enumerate(sorted(map(dcmread, folder.iterdir()), key=lambda one: one.InstanceNumber), 1):
            cleaned = deidentified(dataset)
            shown = apply_voi_lut(apply_modality_lut(cleaned.pixel_array, cleaned), cleaned)
            low, high = shown.min(), shown.max()
            grey = ((shown - low) / (high - low) * 255).astype(np.uint8)
            Image.fromarray(grey).save(out / folder.name / f"{number:05}.png")
            frames.append(cleaned.pixel_array)
            del cleaned.PixelData
            headers.append(cleaned.to_json())
        with h5py.File(out / f"{folder.name}.h5", "w") as container:
            container.create_dataset("frames", data=np.stack(frames), chunks=(1, *frames[0].shape), compression="gzip")
            container.create_dataset("headers", data=headers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
