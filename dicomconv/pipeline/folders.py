"""Whether sources are there, and whether OUT is a folder that can be written to and lies in none of them."""

from collections.abc import Sequence
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.remote import Source, Url
from dicomconv.temporary import mark


def check_folders(sources: Sequence[Source], out: Path, *, has_key: bool, write: bool = True) -> None:
    """UsageError if a source is missing, if OUT lies in a source, cannot be written, or is not empty without a key."""
    if not sources:
        raise UsageError("there is nothing to do: name files or folders")
    paths = [one for one in sources if isinstance(one, Path)]
    missing = [path for path in paths if not path.exists() and not path.is_symlink()]
    if missing:
        raise UsageError(f"{missing[0]} does not exist" + (f", and {len(missing) - 1} more" if missing[1:] else ""))
    for url in sources:
        if isinstance(url, Url):
            url.check()
    inside = next((path for path in paths if _is_within(out, path)), None)
    if inside is not None:
        raise UsageError(f"OUT ({out}) lies in the source {inside}: it would be walked too; name a folder beside it")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; OUT has to be a folder")
    if not has_key and out.is_dir() and any(out.iterdir()):
        raise UsageError(
            f"{out} is not empty, and without --key every patient would be there twice under two pseudonyms; "
            "use --key with the key of the earlier run, or an empty folder"
        )
    if write:
        _check_writable(out)


def _is_within(out: Path, source: Path) -> bool:
    resolved = source.resolve()
    return resolved.is_dir() and (out.resolve() == resolved or resolved in out.resolve().parents)


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".write-test{mark()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{out} cannot be written to ({(error.strerror or 'error').lower()})") from None
