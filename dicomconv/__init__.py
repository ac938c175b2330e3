"""De-identify DICOM series, render PNG slices, pack HDF5 containers, and get the DICOM back byte for byte.

`convert`, `deidentify`, `recover` and `verify` are whole runs; `open_container` reads what a run made.
`SliceDataset` and `to_dataframe` give the frames of many containers, with what is drawn on them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicomconv.container.reader import Container, open_container
    from dicomconv.pipeline.containers import recover
    from dicomconv.pipeline.containers import verify_all as verify
    from dicomconv.pipeline.frame_table import to_dataframe
    from dicomconv.pipeline.library import convert, deidentify
    from dicomconv.pipeline.slice_dataset import SliceDataset
    from dicomconv.pipeline.working import Working

__all__ = [
    "Container",
    "SliceDataset",
    "Working",
    "convert",
    "deidentify",
    "open_container",
    "recover",
    "to_dataframe",
    "verify",
]

_HOMES = {
    "Container": ("dicomconv.container.reader", "Container"),
    "SliceDataset": ("dicomconv.pipeline.slice_dataset", "SliceDataset"),
    "to_dataframe": ("dicomconv.pipeline.frame_table", "to_dataframe"),
    "open_container": ("dicomconv.container.reader", "open_container"),
    "recover": ("dicomconv.pipeline.containers", "recover"),
    "verify": ("dicomconv.pipeline.containers", "verify_all"),
    "Working": ("dicomconv.pipeline.working", "Working"),
    "convert": ("dicomconv.pipeline.library", "convert"),
    "deidentify": ("dicomconv.pipeline.library", "deidentify"),
}


def __getattr__(name: str) -> Any:
    """The public names, loaded when they are first used: `dicomconv --help` has to be quick."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
