"""pydicom's tables of attributes and UIDs, loaded as files: importing pydicom itself takes longer than a short command."""

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

Entry = tuple[str, str, str, str, str]  # VR, VM, name, "Retired" or nothing, keyword


def _table(module: str, name: str) -> dict[Any, Any]:
    """A table of a module of pydicom that holds nothing but tables. ImportError if there is none."""
    package = find_spec("pydicom")
    folders = package.submodule_search_locations if package else None
    spec = spec_from_file_location(f"dicomconv.standard.{module}", Path(folders[0]) / f"{module}.py") if folders else None
    if spec is None or spec.loader is None:
        raise ImportError("pydicom is not installed")
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    table: dict[Any, Any] = getattr(loaded, name)
    return table


@cache
def attributes() -> dict[int, Entry]:
    """The attributes of PS3.6 by tag number."""
    return _table("_dicom_dict", "DicomDictionary")


@cache
def tags() -> dict[str, int]:
    """The tag number of each keyword of PS3.6."""
    return {entry[4]: tag for tag, entry in attributes().items()}


@cache
def uids() -> dict[str, Entry]:
    """The registered UIDs of PS3.6."""
    return _table("_uid_dict", "UID_dictionary")
