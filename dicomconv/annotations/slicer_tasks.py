"""For 3D Slicer: the labels as a colour table, with what to do with it. Volumes are exported as NIfTI or DICOM."""

import re
from collections.abc import Mapping, Sequence

from dicomconv.annotation import Label
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import Files, Picture

_README = """\
labels.ctbl has the labels of labels.toml as a colour table of 3D Slicer: value, name, red, green, blue, opacity.
1. Load the volume: the DICOM files that `dicomconv recover` gives, or a NIfTI file of `dicomconv export nifti`.
2. Load labels.ctbl by Add Data; it is then among the colour tables, for label maps and for their import as segmentations.
3. Save the segmentation as .seg.nrrd, or as NIfTI with the values of the table, and bring it in by `dicomconv annotate import`.
The pictures are no slices that Slicer knows the place of; that is why none of them is listed here.
"""


def write(pictures: Sequence[Picture], labels: Sequence[Label], drawn: Mapping[str, list[Drawn]]) -> Files:
    """Two files; pictures and what is drawn on them are no part of them."""
    lines = ["# Color table file", f"# {len(labels) + 1} values", "0 background 0 0 0 0"]
    for one in sorted(labels, key=lambda label: label.value):
        red, green, blue = one.color
        lines.append(f"{one.value} {re.sub(r'[^!-~]+', '_', one.name)} {red} {green} {blue} 255")
    yield "labels.ctbl", ("\n".join(lines) + "\n").encode()
    yield "README.txt", _README.encode()
