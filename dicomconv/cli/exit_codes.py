"""Exit codes, all of them, in this one place (docs/cli.md says the same)."""

from collections.abc import Mapping, Sequence

from dicomconv.errors import CheckFailed, DicomconvError, KeyFileError, NotAContainer, UsageError, VerificationFailed

MEANINGS = {
    0: "all well; things that are not DICOM were skipped",
    1: "everything failed, or an error of ours",
    2: "usage, configuration or environment: nothing was begun",
    3: "some files failed or were refused, the rest is done",
    4: "no DICOM found",
    5: "verification failed",
    6: "everything was refused by a privacy rule, or anything with --strict",
    7: "key missing, wrong or unreadable",
    130: "interrupted",
}


def exit_code_of_error(error: DicomconvError) -> int:
    """The exit code of what ended a command."""
    kinds = ((KeyFileError, 7), (UsageError, 2), (NotAContainer, 5), (VerificationFailed, 5), (CheckFailed, 5))
    return next((code for kind, code in kinds if isinstance(error, kind)), 1)


def exit_code_of_run(counts: Mapping[str, int], reasons: Sequence[str], *, interrupted: bool, strict: bool) -> int:
    """The exit code of a run from how many rows came out how; `reasons`: those of skipped rows."""
    converted, refused, failed = counts["converted"], counts["refused"], counts["failed"]
    if interrupted:
        return 130
    if strict and refused:
        return 6
    if converted:
        return 3 if refused or failed else 0
    if failed:
        return 1
    if refused:
        return 6
    return 0 if any(reason.startswith("left out") for reason in reasons) else 4
