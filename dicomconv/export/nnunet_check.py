"""What nnU-Net says of an export in its own layout, or in that of AMOS by way of its converter."""

import os
import tempfile
from importlib import metadata
from pathlib import Path

from dicomconv.export.volume_checks import check_with_simpleitk, demand, refusals


def check(folder: Path) -> str:
    """nnU-Net's verify_dataset_integrity; AssertionError is its refusal."""
    [path] = folder.glob("Dataset*/dataset.json")
    check_with_simpleitk(folder)  # of labels that lie elsewhere nnU-Net only prints a warning
    verify(path.parent)
    return f"nnU-Net {metadata.version('nnunetv2')}: verify_dataset_integrity accepts {path.parent.name}"


def verify(folder: Path) -> None:
    """AssertionError if nnU-Net refuses a folder DatasetNNN_Name, whatever it raises."""
    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity

    with refusals("nnU-Net"):
        verify_dataset_integrity(str(folder), num_processes=1)


def check_amos(folder: Path) -> str:
    """nnU-Net's converter for task 1 of AMOS on the export, which takes the CT of it; then its check of the result."""
    check_with_simpleitk(folder)
    with tempfile.TemporaryDirectory() as raw:
        os.environ.setdefault("nnUNet_raw", raw)
        from nnunetv2.dataset_conversion import Dataset218_Amos2022_task1 as converter

        converter.nnUNet_raw = raw
        with refusals("nnU-Net's converter"):
            converter.convert_amos_task1(str(folder))
        [made] = Path(raw).iterdir()
        count = len(list((made / "imagesTr").iterdir()))
        demand(count, "there is no CT with labels in it, which is all that nnU-Net's converter takes")
        verify(made)
    return f"nnU-Net {metadata.version('nnunetv2')}: its converter for AMOS and its check accept {count} CT volumes"
