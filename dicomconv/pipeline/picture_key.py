"""What a PNG says of itself in a text chunk: of which frame it is, and where its pixels lie in the stored ones.

De-identified values only, as in slices.csv, under the same names: docs/annotations.md.
"""

import json
from dataclasses import dataclass, field

from dicomconv.pipeline.shown import Shown, windows_cells
from dicomconv.pixels import png
from dicomconv.pixels.attributes import PixelFormat

KEYWORD = "dicomconv"


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Of which instance a picture is. `digests`: where that of its pixels is noted, by name of its view and of its file."""

    container_uuid: str
    sop_instance_uid: str
    digests: dict[tuple[str, str], str] = field(repr=False)


def key_chunk(file: str, origin: Origin, frame_number: int, format: PixelFormat, look: Shown) -> bytes:
    """The chunk of a picture whose digest is noted: compact JSON, the same bytes every time."""
    center, width, function = windows_cells(look.vois)
    key = {
        "file": file,
        "container_uuid": origin.container_uuid,
        "sop_instance_uid": origin.sop_instance_uid,
        "frame_number": frame_number,
        "rows": format.rows,
        "columns": format.columns,
        "png_to_stored": look.png_to_stored,
        "window": look.view.name,
        "window_center": center,
        "window_width": width,
        "window_function": function,
        **({} if look.offset is None else {"offset": look.offset}),
        "photometric_interpretation": format.photometric_interpretation,
        "pixel_sha256": origin.digests[look.view.name, file],
    }
    return png.text_chunk(KEYWORD, json.dumps(key, separators=(",", ":")))
