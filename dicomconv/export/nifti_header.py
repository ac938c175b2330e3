"""Headers of NIfTI-1 for volumes and label maps: where they lie, how their values are scaled, what labels are called."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.container.uniform import Uniform
from dicomconv.errors import UsageError
from dicomconv.export.nifti_values import Storage

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SCANNER, LABELS = 1, 1002  # NIFTI_XFORM_SCANNER_ANAT, NIFTI_INTENT_LABEL
IGNORED = 0  # code of an extension that is nobody's: TotalSegmentator has its names of labels there
TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0"><LabelTable>{labels}</LabelTable>'
    "<VolumeType><![CDATA[Label]]></VolumeType></VolumeInformation></CaretExtension>"
)


def nibabel() -> Any:
    """The package; UsageError if it is missing."""
    try:
        import nibabel as package
    except ImportError:
        raise UsageError("NIfTI is read and written by nibabel; install dicomconv[nifti]") from None
    return package


def header_of(volume: Uniform, storage: Storage, labels: Sequence[Label] = (), channels: int = 1) -> Any:
    """A header of nibabel's for one file, without a word in it but the names of labels."""
    images = nibabel().nifti1
    header = images.Nifti1Header(endianness="<")
    header.set_data_shape((*volume.size, channels) if channels > 1 else volume.size)
    header.set_data_dtype(storage.dtype)
    affine: NDArray[np.float64] = LPS_TO_RAS @ volume.affine_lps
    header.set_qform(affine, SCANNER, strip_shears=True)
    header.set_sform(affine, SCANNER)
    header.set_xyzt_units("mm")
    header.set_slope_inter(storage.slope, storage.inter)
    if labels:
        header["intent_code"] = LABELS
        header.extensions.append(images.Nifti1Extension(IGNORED, _table(labels).encode()))
    header["vox_offset"] = header.single_vox_offset + header.extensions.get_sizeondisk()
    return header


def _table(labels: Sequence[Label]) -> str:
    """Names and colours by value, as Caret and TotalSegmentator write them."""
    return TABLE.format(labels="".join(map(_row, labels)))


def _row(label: Label) -> str:
    red, green, blue = (f"{part / 255:.3f}" for part in label.color)
    name = label.name.replace("]]>", "]]]]><![CDATA[>")
    key = f'Key="{label.value}" Red="{red}" Green="{green}" Blue="{blue}" Alpha="1.0"'
    return f"<Label {key}><![CDATA[{name}]]></Label>"
