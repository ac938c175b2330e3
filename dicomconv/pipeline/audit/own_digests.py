"""Digests of pixels in what is searched: their letters make names by chance, so those that are true do not count."""

import re
from pathlib import Path

from dicomconv.pixels.picture_read import digests

_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


def without_digests(text: str, path: Path) -> str:
    """A text without those digests that are the ones of the picture at a path; the same if there is no such picture."""
    if not _SHA256.search(text):
        return text
    try:
        true = digests(path.read_bytes())
    except (OSError, ValueError):
        return text
    return _SHA256.sub(lambda found: "" if found[0] in true else found[0], text)


def picture_of_row(line: str, folder: Path) -> Path | None:
    """The picture beside a slices.csv that a line of it is about; None if it is about none."""
    name = line.partition(",")[0]
    return folder / name if name.endswith(".png") and Path(name).name == name else None
