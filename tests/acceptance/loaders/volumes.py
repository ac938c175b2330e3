"""Volumes as MONAI, nnU-Net, SimpleITK, nibabel, dcm2niix and slicerio read them. Values come as (x, y, z), affines are RAS."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Loaded:
    """A volume's values (x, y, z[, channel]) and the matrix from its indices to RAS in mm."""

    values: NDArray[Any]
    affine_ras: NDArray[np.float64]


def load_with_decathlon_dataset(root: Path, task: str, section: str, val_frac: float = 0.0) -> list[dict[str, Loaded]]:
    """Image and label of every case as MONAI's DecathlonDataset gives them; `section`: training, validation or test."""
    from monai.apps.datasets import DecathlonDataset
    from monai.transforms import LoadImaged

    keys = ["image"] if section == "test" else ["image", "label"]
    cases = DecathlonDataset(
        str(root), task, section, transform=LoadImaged(keys), download=False, val_frac=val_frac, num_workers=0, progress=False
    )
    cases.get_properties()
    return [{key: Loaded(np.asarray(case[key]), np.asarray(case[key].affine)) for key in keys} for case in cases]


def check_with_nnunet(folder: Path) -> None:
    """nnU-Net's verify_dataset_integrity on DatasetNNN_Name; AssertionError or RuntimeError is its refusal."""
    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity

    verify_dataset_integrity(str(folder), num_processes=1)


def convert_with_nnunets_amos(folder: Path, raw: Path) -> Path:
    """What nnU-Net's own converter makes of an AMOS tree: a folder under `raw`, for `check_with_nnunet`."""
    os.environ["nnUNet_raw"] = str(raw)  # noqa: SIM112 the name that nnU-Net reads
    from nnunetv2.dataset_conversion import Dataset218_Amos2022_task1 as converter

    converter.nnUNet_raw = str(raw)  # read from the environment once, when it was imported
    converter.convert_amos_task1(str(folder))
    return raw / "Dataset218_AMOS2022_postChallenge_task1"


def convert_with_nnunets_brats(segmentation: Path, out: Path) -> Loaded:
    """BraTS's labels until 2021 (0, 1, 2, 4) as nnU-Net's own converter numbers them (0, 2, 1, 3); others: RuntimeError."""
    from nnunetv2.dataset_conversion.Dataset137_BraTS21 import copy_BraTS_segmentation_and_convert_labels_to_nnUNet

    copy_BraTS_segmentation_and_convert_labels_to_nnUNet(str(segmentation), str(out))
    return load_with_simpleitk(out)


def load_with_simpleitk(path: Path) -> Loaded:
    """An image file (nii, nrrd, seg.nrrd, mha) as SimpleITK reads it."""
    import SimpleITK

    return _of_simpleitk(SimpleITK.ReadImage(str(path)))


def load_series_with_simpleitk(folder: Path) -> Loaded:
    """The one DICOM series of a folder as SimpleITK (GDCM) reads it: rescaled, ordered by position."""
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    [series] = reader.GetGDCMSeriesIDs(str(folder))
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), series))
    return _of_simpleitk(reader.Execute())


def load_with_nibabel(path: Path) -> Loaded:
    """A NIfTI file as nibabel reads it; sform and qform have to be there and agree."""
    import nibabel

    image = nibabel.load(path)
    (qform, qcode), (sform, scode) = image.get_qform(coded=True), image.get_sform(coded=True)
    assert min(qcode, scode) > 0, "a NIfTI needs sform and qform"
    assert np.allclose(qform, sform, atol=1e-4), "sform and qform differ"
    assert image.header.get_xyzt_units()[0] == "mm"
    return Loaded(np.asanyarray(image.dataobj), image.affine)


def convert_with_dcm2niix(folder: Path, out: Path) -> Loaded:
    """What dcm2niix makes of the one DICOM series of a folder, as nibabel reads it."""
    import dcm2niix

    out.mkdir(parents=True, exist_ok=True)
    options = ["-z", "n", "-b", "n", "-f", "made", "-o", str(out)]
    subprocess.run([dcm2niix.bin, *options, str(folder)], check=True, capture_output=True)
    [path] = out.glob("*.nii")
    return load_with_nibabel(path)


def load_with_slicerio(path: Path) -> tuple[Loaded, list[dict[str, Any]]]:
    """A .seg.nrrd as slicerio reads it: its voxels, and the segments (labelValue, name, color, terminology)."""
    import slicerio

    read = slicerio.read_segmentation(str(path))
    affine = np.asarray(read["ijkToLPS"], np.float64)
    return Loaded(np.asarray(read["voxels"]), LPS_TO_RAS @ affine), json.loads(json.dumps(read["segments"], default=str))


def _of_simpleitk(image: Any) -> Loaded:
    """An image of SimpleITK (LPS, arrays as z, y, x) as (x, y, z) and RAS."""
    import SimpleITK

    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    values = SimpleITK.GetArrayFromImage(image)
    return Loaded(values.transpose(2, 1, 0, *range(3, values.ndim)), LPS_TO_RAS @ affine)
