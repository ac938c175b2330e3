"""Names of pictures as annotation files spell them: paths of other machines, addresses, uploads."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from dicomconv.annotations.checked import Unreadable

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
_UPLOADED = re.compile(r"(^|/)data/upload/|^upload/")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def picture_name(said: object) -> str:
    """The file that a name, path or address means; of an absolute path or an address the last part only.

    Folders of users, hosts and buckets are thereby left behind; folders of relative paths stay, with / between them.
    """
    if not isinstance(said, str) or not said.strip() or len(said) > 4096 or said.startswith("data:"):
        raise Unreadable("there is no name of a picture")
    name = said.strip().replace("\\", "/")
    if _SCHEME.match(name) or _UPLOADED.search(name) or "/local-files/?" in name:
        name = _of_address(name)
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts:
        raise Unreadable("there is no name of a picture")
    return parts[-1] if _ABSOLUTE.match(name) else "/".join(parts)


def without_upload_prefix(name: str) -> str:
    """The name without the eight digits that Label Studio puts in front of uploaded files, if it has them."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + _UPLOAD.sub("", file, count=1)


def _of_address(address: str) -> str:
    """The path of an address, or the file that its query `d` means, as Label Studio's local files do."""
    try:
        parts = urlsplit(address)
        local = parse_qs(parts.query).get("d", [""])[0]
    except ValueError:
        raise Unreadable("the address of a picture cannot be read") from None
    path = "/" + (local or unquote(parts.path)).replace("\\", "/")
    return without_upload_prefix(path) if _UPLOADED.search(parts.path) else path
