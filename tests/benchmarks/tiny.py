"""Very many very small DICOM files, written byte by byte: nothing of the package takes part, nor any other writer."""

import struct
from pathlib import Path

ROOT = "1.2.826.0.1.3680043.10.54321"
SLICES, SERIES = 100, 10  # of a series, of a patient
EXPLICIT, CT = "1.2.840.10008.1.2.1", "1.2.840.10008.5.1.4.1.1.2"


def element(group: int, number: int, vr: str, value: str | int | bytes) -> bytes:
    """A data element in explicit VR, little endian."""
    if isinstance(value, int):
        content = struct.pack("<H", value)
    else:
        content = value if isinstance(value, bytes) else value.encode("ascii")
        content += (b"\0" if vr in ("UI", "OW") else b" ") * (len(content) % 2)
    if vr == "OW":
        return struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(content)) + content
    return struct.pack("<HH2sH", group, number, vr.encode(), len(content)) + content


def slice_bytes(number: int) -> bytes:
    """The file of a number: a slice of 4 by 5 pixels, some 900 bytes in all."""
    series, patient = number // SLICES, number // (SLICES * SERIES)
    uid = f"{ROOT}.{patient}.{series}.{number}"
    meta = (
        element(2, 0x2, "UI", CT) + element(2, 0x3, "UI", uid) + element(2, 0x10, "UI", EXPLICIT)
        + element(2, 0x12, "UI", ROOT)
    )  # fmt: skip
    return (
        bytes(128) + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(meta))) + meta + b"".join(_elements(number, uid))
    )


def _elements(number: int, uid: str) -> list[bytes]:
    series, patient = number // SLICES, number // (SLICES * SERIES)
    return [
        element(0x8, 0x8, "CS", "ORIGINAL\\PRIMARY\\AXIAL"), element(0x8, 0x16, "UI", CT), element(0x8, 0x18, "UI", uid),
        element(0x8, 0x20, "DA", "20200102"), element(0x8, 0x30, "TM", "101112"), element(0x8, 0x50, "SH", f"A{patient}"),
        element(0x8, 0x60, "CS", "CT"), element(0x8, 0x70, "LO", "Maker"), element(0x8, 0x90, "PN", "Doctor^A"),
        element(0x8, 0x1030, "LO", "Chest"), element(0x8, 0x103E, "LO", "Axial 1 mm"),
        element(0x10, 0x10, "PN", f"Phantom^P{patient}"), element(0x10, 0x20, "LO", f"ID{patient:07}"),
        element(0x10, 0x30, "DA", "19600504"), element(0x10, 0x40, "CS", "O"),
        element(0x18, 0x15, "CS", "CHEST"), element(0x18, 0x50, "DS", "1"), element(0x18, 0x60, "DS", "120"),
        element(0x20, 0xD, "UI", f"{ROOT}.{patient}.0"), element(0x20, 0xE, "UI", f"{ROOT}.{patient}.{series}"),
        element(0x20, 0x10, "SH", "1"), element(0x20, 0x11, "IS", str(series % SERIES)),
        element(0x20, 0x13, "IS", str(number % SLICES)),
        element(0x20, 0x32, "DS", f"-10.5\\-20.25\\{number % SLICES}"),
        element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0"), element(0x20, 0x52, "UI", f"{ROOT}.{patient}.{series}.9"),
        element(0x28, 0x2, "US", 1), element(0x28, 0x4, "CS", "MONOCHROME2"), element(0x28, 0x10, "US", 4),
        element(0x28, 0x11, "US", 5), element(0x28, 0x30, "DS", "0.5\\0.5"), element(0x28, 0x100, "US", 16),
        element(0x28, 0x101, "US", 12), element(0x28, 0x102, "US", 11), element(0x28, 0x103, "US", 0),
        element(0x28, 0x1050, "DS", "40"), element(0x28, 0x1051, "DS", "400"), element(0x28, 0x1052, "DS", "-1024"),
        element(0x28, 0x1053, "DS", "1"),
        element(0x7FE0, 0x10, "OW", struct.pack("<20H", *((number * 7 + one) % 4096 for one in range(20)))),
    ]  # fmt: skip


def write(folder: Path, start: int, stop: int) -> None:
    """The files from one number to another, in folders as scanners make them."""
    for number in range(start, stop):
        below = folder / f"P{number // (SLICES * SERIES):05}" / f"S{number // SLICES:06}"
        if number % SLICES == 0 or number == start:
            below.mkdir(parents=True, exist_ok=True)
        (below / f"IM{number:07}.dcm").write_bytes(slice_bytes(number))
