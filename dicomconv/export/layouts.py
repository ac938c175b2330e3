"""The layouts by name; each is a module, loaded when it is asked for."""

import importlib

from dicomconv.errors import UsageError
from dicomconv.export.layout import Layout

MODULES = {
    "png": "plain_pictures",
    "jpeg": "plain_pictures",
    "tiff": "plain_pictures",
    "tiff-16": "plain_pictures",
    "nifti": "volume_layouts",
    "nrrd": "volume_layouts",
    "seg.nrrd": "volume_layouts",
    "mha": "volume_layouts",
    "msd": "msd_layout",
    "nnunet": "nnunet_layout",
    "amos": "amos_layout",
    "brats": "brats_layout",
    "nih-chestxray14": "nih_chestxray14",
    "mimic-cxr": "mimic_cxr",
    "mimic-cxr-jpg": "mimic_cxr_jpg",
    "chexpert": "chexpert",
    "medpix": "medpix",
    "coco": "coco_layout",
    "yolo": "yolo_layout",
    "voc": "voc_layout",
    "png-masks": "png_masks_layout",
    "medmnist": "medmnist_layout",
    "medmnist-3d": "medmnist_3d_layout",
    "medsegbench": "medsegbench_layout",
    "scapis": "scapis_layout",
    "stylegan": "stylegan_layout",
    "wsi": "wsi_layout",
    "isic": "isic_layout",
}


def layout_of(name: str) -> Layout:
    """The layout of a name. UsageError for what is none."""
    if name not in MODULES:
        raise UsageError(f"there is no layout {name}; there are {', '.join(MODULES)}")
    module = importlib.import_module(f"dicomconv.export.{MODULES[name]}")
    found: dict[str, Layout] = module.LAYOUTS
    return found[name]
