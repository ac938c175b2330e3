"""Why an object cannot be made."""

from dicomconv.errors import DicomconvError


class Unwritable(DicomconvError):
    """A set that cannot be written in the form that was asked for."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason
