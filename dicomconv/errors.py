"""Everything dicomconv raises on purpose. Facts are the arguments, the sentence is `__str__`: what, where, what to do.

No message quotes an element's value or the path of an original (PS3.15 E): a source is its row number.
"""


class DicomconvError(Exception):
    """The root of all errors that dicomconv words itself."""


class NotDicom(DicomconvError):
    """The content is not DICOM."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Malformed(DicomconvError):
    """A data set that cannot be read to its end: `place` is a tag or an offset, never a value."""

    def __init__(self, fault: str, place: str):
        super().__init__(fault, place)
        self.fault, self.place = fault, place

    def __str__(self) -> str:
        return f"{self.fault} at {self.place}"


class Truncated(Malformed):
    """A value that runs past the end of its file, item or buffer."""

    def __str__(self) -> str:
        return f"{super().__str__()}: the file is cut short; copy it again from its source"


class Undecodable(DicomconvError):
    """Pixel data that no decoder here turns into frames; its bytes are kept in the container all the same."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Refused(DicomconvError):
    """An instance that a privacy rule keeps back."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class WorkerEnded(DicomconvError):
    """A job whose worker process ended, was ended, or never came up."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class UsageError(DicomconvError):
    """What was asked for cannot be done as asked: configuration, output folder, options."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class KeyFileError(DicomconvError):
    """A key file that is missing, unreadable or not one that `keygen` made."""

    def __init__(self, path: str, fault: str):
        super().__init__(path, fault)
        self.path, self.fault = path, fault

    def __str__(self) -> str:
        return f"key file {self.path}: {self.fault}"


class NotAContainer(DicomconvError):
    """A file that is not a complete dicomconv container of a version this release reads."""

    def __init__(self, path: str, fault: str):
        super().__init__(path, fault)
        self.path, self.fault = path, fault

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


class CheckFailed(DicomconvError):
    """An export that the loader of its layout does not read as it should."""

    def __init__(self, layout: str, reason: str):
        super().__init__(layout, reason)
        self.layout, self.reason = layout, reason

    def __str__(self) -> str:
        return f"{self.layout}: {self.reason}"


class VerificationFailed(DicomconvError):
    """A container whose content is not what was packed: `faults` name the parts."""

    def __init__(self, path: str, faults: tuple[str, ...]):
        super().__init__(path, faults)
        self.path, self.faults = path, faults

    def __str__(self) -> str:
        return f"{self.path}: {self.without_path}"

    @property
    def without_path(self) -> str:
        """The sentence for a row of the manifest, which says by itself which container it is about."""
        return f"{'; '.join(self.faults)}; convert the series again from its source"
