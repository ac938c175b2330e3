"""Frames of a kilobyte or less that claim, or really are, more than a machine has."""

import struct
import zlib
from collections.abc import Sequence

from tests.pixels.streams import FAMILY, encapsulated

JPEG_2000, RLE, DEFLATED = f"{FAMILY}90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg_2000(
    rows: int,
    columns: int,
    *,
    samples: int = 1,
    tile: tuple[int, int] | None = None,
    levels: int = 5,
    block: int = 4,
    precinct: int | None = None,
    before: bytes = b"",
    in_tile: bytes = b"",
) -> bytes:
    """A codestream without pixels; `tile`: rows, columns; `block`, `precinct`: exponents of two (ISO 15444-1 A)."""
    tile_rows, tile_columns = tile or (rows, columns)
    size = struct.pack(">HIIIIIIIIH", 0, columns, rows, 0, 0, tile_columns, tile_rows, 0, 0, samples)
    main = b"\xff\x4f" + before + segment(0x51, size + bytes([7, 1, 1]) * samples)
    main += coding_style(levels, block, precinct) + segment(0x5C, bytes([0x40] + [8 << 3] * (3 * levels + 1)))
    body = in_tile + b"\xff\x93" + bytes(levels + 1)
    return main + segment(0x90, struct.pack(">HIBB", 0, 12 + len(body), 0, 1)) + body + b"\xff\xd9"


def coding_style(levels: int, block: int, precinct: int | None) -> bytes:
    sizes = b"" if precinct is None else bytes([precinct * 0x11]) * (levels + 1)
    return segment(0x52, bytes([precinct is not None, 0, 0, 1, 0, levels, block - 2, block - 2, 0, 1]) + sizes)


def jp2(*boxes: tuple[bytes, bytes]) -> bytes:
    """A file of boxes."""
    found = ((b"jP  ", b"\r\n\x87\n"), (b"ftyp", b"jp2 \0\0\0\0jp2 "), *boxes)
    return b"".join(struct.pack(">I4s", len(content) + 8, kind) + content for kind, content in found)


def palette_of_255_channels(rows: int, columns: int) -> bytes:
    """A JP2 file whose palette makes 255 channels of one."""
    header = struct.pack(">I4sIIHBBBB", 22, b"ihdr", rows, columns, 1, 7, 7, 0, 0)
    colour = struct.pack(">I4s3BI", 15, b"colr", 1, 0, 0, 17)
    entries = struct.pack(">HB", 1, 255) + bytes([7]) * 255 + bytes(255)
    palette = struct.pack(">I4s", len(entries) + 8, b"pclr") + entries
    mapped = b"".join(struct.pack(">HBB", 0, 1, channel) for channel in range(255))
    mapping = struct.pack(">I4s", len(mapped) + 8, b"cmap") + mapped
    return jp2((b"jp2h", header + colour + palette + mapping), (b"jp2c", jpeg_2000(rows, columns)))


def jpeg(rows: int, columns: int, *, marker: int = 0xC0, before: bytes = b"", scans: int = 1) -> bytes:
    """A JPEG without pixels (ISO 10918-1 B)."""
    tables = segment(0xDB, bytes([0]) + bytes([1]) * 64) + segment(0xC4, bytes([0, 1]) + bytes(15) + b"\0")
    tables += segment(0xC4, bytes([0x10, 1]) + bytes(15) + b"\0")
    frame = segment(marker, struct.pack(">BHHB3B", 8, rows, columns, 1, 1, 0x11, 0))
    scan = segment(0xDA, bytes([1, 1, 0, 0, 0 if marker == 0xC2 else 63, 0]))
    return b"\xff\xd8" + tables + before + frame + scan * scans + b"\xff\xd9"


def jpeg_ls(rows: int, columns: int, before: bytes = b"") -> bytes:
    """A JPEG-LS without pixels (ISO 14495-1 C)."""
    frame = segment(0xF7, struct.pack(">BHHB3B", 8, rows, columns, 1, 1, 0x11, 0))
    return b"\xff\xd8" + before + frame + segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + b"\0\0\xff\xd9"


def jpeg_xl(rows: int, columns: int) -> bytes:
    """The header of a JPEG XL, then zeros (ISO 18181-1 D)."""
    bits = 0
    for at, value in ((0, 0), (1, 3), (3, rows - 1), (33, 0), (36, 3), (38, columns - 1), (68, 1)):
        bits |= value << at
    return b"\xff\x0a" + bits.to_bytes(9, "little") + bytes(40)


def endless_runs(length: int, segments: int = 1) -> bytes:
    """An RLE frame of the longest runs there are."""
    return struct.pack("<16I", segments, *(64 + number * length for number in range(15))) + b"\x81\0" * (
        length * segments // 2
    )


def zlib_bomb(length: int) -> bytes:
    """A deflate stream of zeros, a thousandth of `length`."""
    deflater = zlib.compressobj(9, wbits=-15)
    return deflater.compress(bytes(length)) + deflater.flush()


def values() -> dict[str, tuple[str, tuple[int, int, int, int], bytes]]:
    """Hostile pixel values by name: transfer syntax; rows, columns, samples, frames as the header has them; value."""
    largest, honest = 65535, (8000, 8000, 1, 1)
    all_syntaxes = {
        "JPEG": (f"{FAMILY}50", jpeg(largest, largest)),
        "progressive JPEG": (f"{FAMILY}55", jpeg(largest, largest, marker=0xC2)),
        "lossless JPEG": (f"{FAMILY}70", jpeg(largest, largest, marker=0xC3)),
        "JPEG-LS": (f"{FAMILY}80", jpeg_ls(largest, largest)),
        "JPEG 2000": (JPEG_2000, jpeg_2000(largest, largest)),
        "HTJ2K": (f"{FAMILY}201", jpeg_2000(largest, largest)),
        "JPEG XL": (f"{FAMILY}110", jpeg_xl(largest, largest)),
        "RLE": (RLE, endless_runs(900)),
        "deflate": (DEFLATED, zlib_bomb(900_000)),
        "uncompressed": ("1.2.840.10008.1.2.1.98", bytes(900)),
    }
    found: dict[str, tuple[str, tuple[int, int, int, int], bytes]] = {}
    for name, (syntax, frame) in all_syntaxes.items():
        shapes = ((largest, largest, 1, 1), (largest, largest, 3, 1000), (30000, 30000, 1, 1), (19, 27, 1, 2**31 - 1))
        for shape in shapes:
            found[f"{name}, {shape} in the header, most in the frame"] = (syntax, shape, encapsulated([frame]))
        found[f"{name}, most in the frame alone"] = (syntax, (19, 27, 1, 1), encapsulated([frame]))
        found[f"{name}, much in the header alone"] = (syntax, (8000, 8000, 1, 12), encapsulated([bytes(64)] * 12))
    found |= {name: (syntax, honest, encapsulated([frame])) for name, syntax, frame in _of_one_frame()}
    small = encapsulated([jpeg_2000(4000, 4000)] * 100)
    found["a hundred blank frames"] = (JPEG_2000, (4000, 4000, 1, 100), small)
    found["a frame of tiles of one pixel"] = (JPEG_2000, (255, 256, 1, 1), encapsulated([jpeg_2000(255, 256, tile=(1, 1))]))
    found["runs beyond the pixels"] = (RLE, (19, 27, 1, 1), encapsulated([endless_runs(1 << 20)]))
    found["zeros beyond the pixels"] = (DEFLATED, (19, 27, 1, 1), encapsulated([zlib_bomb(1 << 28)]))
    found["native"] = ("1.2.840.10008.1.2.1", (largest, largest, 3, 1000), bytes(900))
    return found


def _of_one_frame() -> Sequence[tuple[str, str, bytes]]:
    """Frames that say the size that their header says, and hide what makes a decoder take more."""
    huge_before = segment(0xE5, b"")[:2] + struct.pack(">H", 2)
    return [
        ("precincts of one pixel", JPEG_2000, jpeg_2000(8000, 8000, precinct=0)),
        ("precincts of two pixels", JPEG_2000, jpeg_2000(8000, 8000, precinct=1)),
        ("precincts of one pixel in a tile", JPEG_2000, jpeg_2000(8000, 8000, in_tile=coding_style(5, 4, 0))),
        ("tiles of one row", JPEG_2000, jpeg_2000(8000, 8000, tile=(1, 8000))),
        ("code-blocks of four by four", JPEG_2000, jpeg_2000(8000, 8000, block=2)),
        ("a marker before the size", JPEG_2000, jpeg_2000(60000, 60000, before=segment(0x30, b"ab"))),
        ("a decoy before JP2's codestream", JPEG_2000, jp2((b"uuid", jpeg_2000(8000, 8000)), (b"jp2c", jpeg_2000(60000, 60000)))),
        ("a palette of 255 channels", JPEG_2000, palette_of_255_channels(8000, 8000)),
        ("a second frame header", f"{FAMILY}50", jpeg(60000, 60000, before=_decoy(8000)[4:])),
        ("a frame header behind a marker alone", f"{FAMILY}50", jpeg(60000, 60000, before=b"\xff\xd0" + _decoy(8000))),
        ("a frame header behind a stuffed byte", f"{FAMILY}50", jpeg(60000, 60000, before=b"\xff\0" + _decoy(8000))),
        ("fill bytes before the frame header", f"{FAMILY}50", jpeg(60000, 60000, before=huge_before + b"\xff" * 9)),
        ("a thousand scans", f"{FAMILY}55", jpeg(8000, 8000, marker=0xC2, scans=1000)),
        ("JPEG-LS with its size elsewhere", f"{FAMILY}80", jpeg_ls(0, 0, segment(0xF8, b"\4\4\0\0\xea\x60\0\0\xea\x60"))),
    ]  # fmt: skip


def _decoy(size: int) -> bytes:
    """Bytes that look like a frame header to whoever takes what stands before them for the length of a segment."""
    return struct.pack(">H", 4) + b"ab" + segment(0xC0, struct.pack(">BHHB3B", 8, size, size, 1, 1, 0x11, 0))
