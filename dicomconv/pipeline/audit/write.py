"""Writes the report of an audit beside the folder, never into it (decisions 16, 18)."""

import json
import os
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.pipeline.audit.as_json import as_json
from dicomconv.pipeline.audit.html_page import html_page
from dicomconv.pipeline.audit.report import AuditReport
from dicomconv.temporary import mark

OWNER_ONLY, FOR_ALL = 0o600, 0o644


def targets(out: Path, json_file: Path | None, html_file: Path | None) -> tuple[Path, Path]:
    """Where the two files go: as asked for, else beside OUT. UsageError if that is inside OUT, which is shared."""
    whole = out.resolve()
    found = json_file or Path(f"{whole}.audit.json"), html_file or Path(f"{whole}.audit.html")
    for path in found:
        if whole in (path.resolve(), *path.resolve().parents):
            raise UsageError(f"{path} lies in OUT, which is to be shared: name a file outside")
    return found


def write_report(report: AuditReport, json_file: Path, html_file: Path) -> None:
    """Write both files, each whole or not at all; readable by you alone if they show values of originals."""
    mode = OWNER_ONLY if report.shows_before else FOR_ALL
    _write(json_file, json.dumps(as_json(report), indent=1, ensure_ascii=False) + "\n", mode)
    _write(html_file, html_page(report), mode)


def _write(path: Path, text: str, mode: int) -> None:
    temporary = path.with_name(f".{path.name}{mark()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({(error.strerror or 'error').lower()})") from None
    finally:
        temporary.unlink(missing_ok=True)
