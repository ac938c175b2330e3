"""The dictionaries of PS3.6 and PS3.5, as pydicom has them, loaded without the rest of pydicom: a third of a start-up."""

import importlib.util
from pathlib import Path
from types import ModuleType


def _of_pydicom(name: str) -> ModuleType:
    """A module of pydicom that holds a table and needs no other."""
    package = importlib.util.find_spec("pydicom")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"dicomconv.standard.pydicom{name}", path)
        if path.is_file() and spec and spec.loader:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return importlib.import_module(f"pydicom.{name}")


# tag: (VR, VM, name, "" or "Retired", keyword)
DICTIONARY: dict[int, tuple[str, str, str, str, str]] = _of_pydicom("_dicom_dict").DicomDictionary
# UID: (name, type, info, "" or "Retired", keyword)
UIDS: dict[str, tuple[str, str, str, str, str]] = _of_pydicom("_uid_dict").UID_dictionary
TAGS = {entry[4]: tag for tag, entry in DICTIONARY.items()}
