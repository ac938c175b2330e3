"""Why an object cannot be made, or brought back."""

from dicomconv.errors import DicomconvError, KeyFileError


class Unwritable(DicomconvError):
    """A set that cannot be written in the form that was asked for."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class WrongKey(KeyFileError):
    """A seal that a key does not open; `path`: of its container."""

    def __str__(self) -> str:
        return f"the seal of {self.path} {self.fault}; `dicomconv info` says for which it is"


class UnknownReference(DicomconvError):
    """A UID that none of the containers knows. It is a de-identified one, or somebody else's: it may be named."""

    def __init__(self, uid: str):
        super().__init__(uid)
        self.uid = uid

    def __str__(self) -> str:
        return f"it refers to {self.uid}, which is in none of the containers; name that one's container with --from too"


class OwnFile(DicomconvError):
    """One of the de-identified files themselves."""

    def __str__(self) -> str:
        return "it is one of the container's own files; `dicomconv recover --original` gives its original"
