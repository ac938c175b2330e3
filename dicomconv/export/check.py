"""An export read by its community's own loader."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dicomconv.errors import CheckFailed, DicomconvError, UsageError
from dicomconv.export.layouts import layout_of


def check_ready(layout: str) -> None:
    """UsageError if there is nothing to check an export with: no loader for such a thing, or none that is installed."""
    found = layout_of(layout)
    if found.check is None:
        raise UsageError(f"{layout} has no loader of its own to check with; leave --check out")
    for name in found.needs:
        try:
            version(name)
        except PackageNotFoundError:
            raise UsageError(f"--check of {layout} needs: pip install {' '.join(found.needs)}") from None


def check(layout: str, folder: Path) -> str:
    """What the community's own loader reads of an export. UsageError if it is not installed, CheckFailed if it fails."""
    found = layout_of(layout)
    if found.check is None:
        raise UsageError(f"{layout} has no loader of its own to check with; leave --check out")
    try:
        return found.check(folder)
    except ImportError:
        raise UsageError(f"--check of {layout} needs: pip install {' '.join(found.needs)}") from None
    except AssertionError as error:
        raise CheckFailed(layout, str(error) or "its loader does not accept it") from None
    except DicomconvError:
        raise
    except Exception as error:
        raise CheckFailed(layout, f"its loader does not accept it ({type(error).__name__})") from error
