"""De-identified instances made of bytes, and containers made of them."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.container.chunks import Compression, encode_frame
from dicomconv.container.frames import PackedFrame
from dicomconv.container.pack import Added, ContainerWriter
from dicomconv.container.schema import ProfileClaim
from dicomconv.errors import Undecodable
from dicomconv.geometry import Grid
from dicomconv.model import Deidentified, Span
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat, Rescale, Window
from tests import make

EXPLICIT, BIG_ENDIAN, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.90"
CT = "1.2.840.10008.5.1.4.1.1.2"
PROFILE = ProfileClaim("Basic Application Level Confidentiality Profile", ("113100", "113101"))
GRID = Grid(np.diag([0.5, 0.25, 3.0, 1.0]), (0.0, 0.0, 0.0), (0.5, 0.25, 3.0), np.eye(3), (5, 4, 3))
TAGS = {
    "ImageType": (8, 8, b"CS"),
    "SOPClassUID": (8, 0x16, b"UI"),
    "SOPInstanceUID": (8, 0x18, b"UI"),
    "PatientName": (0x10, 0x10, b"PN"),
    "PatientID": (0x10, 0x20, b"LO"),
    "SliceThickness": (0x18, 0x50, b"DS"),
    "InstanceNumber": (0x20, 0x13, b"IS"),
    "ImagePositionPatient": (0x20, 0x32, b"DS"),
}


@dataclass(frozen=True)
class Case:
    """An instance, its frames, and whether they are said to be its pixel value."""

    instance: Deidentified
    frames: list[NDArray[Any]] = field(default_factory=list)
    is_direct: bool = False
    undecodable: bool = False


def head(uid: str = "1.2.3", **texts: str) -> bytes:
    """A small explicit little endian data set after a preamble, up to the header of 7FE0,0010."""
    values = {"SOPClassUID": CT, "SOPInstanceUID": uid, "PatientID": "P1"} | texts
    elements = b""
    for keyword in sorted(values, key=lambda keyword: TAGS[keyword][:2]):
        group, number, vr = TAGS[keyword]
        value = values[keyword].encode()
        value += b" " * (len(value) % 2)
        elements += struct.pack("<HH2sH", group, number, vr, len(value)) + value
    return make.PREAMBLE + elements


def instance(uid: str, before: bytes, pixels: bytes, after: bytes = b"", **changes: Any) -> Deidentified:
    """An instance whose file is before | pixels | after."""
    syntax = changes.pop("transfer_syntax_uid", EXPLICIT)
    source = b"##" + pixels + b"##"
    fields = {"dataset_start": 132, "pixel_keyword": "PixelData", "encapsulated": False} | changes
    return Deidentified(CT, uid, syntax, head=before, pixels=Span(source, 2, len(pixels)), tail=after, **fields)


def ct_case(number: int = 1, rows: int = 4, columns: int = 5, *, after: bytes = b"", excess: bytes = b"") -> Case:
    """A native CT slice at z = 3 mm x number."""
    uid = f"1.2.3.{number}"
    values = (np.arange(rows * columns).reshape(rows, columns) * number - 7).astype("<i2")
    before = head(uid, InstanceNumber=str(number), ImagePositionPatient=f"0\\0\\{number * 3}", SliceThickness="3")
    return Case(instance(uid, before, values.tobytes() + excess, after), [values], is_direct=True)


def series(count: int = 3) -> list[Case]:
    """Native CT slices."""
    return [ct_case(number) for number in range(1, count + 1)]


def pixel_format(values: NDArray[Any], syntax: str = EXPLICIT) -> PixelFormat:
    """The format of one decoded frame."""
    bits = values.dtype.itemsize * 8
    samples = values.shape[2] if values.ndim == 3 else 1
    kind = {"f4": "f4", "f8": "f8"}.get(values.dtype.str[1:], "")
    return PixelFormat(
        *(values.shape[0], values.shape[1], samples, "MONOCHROME2" if samples == 1 else "RGB", 0),
        *(bits, bits, bits - 1, int(values.dtype.kind == "i"), 1, syntax, kind),
    )


def packed(case: Case, compression: Compression = "fast") -> Iterator[PackedFrame]:
    """What the pipeline hands to `add`, one by one."""
    for number, values in enumerate(case.frames):
        attributes = FrameAttributes(
            position=(0.0, 0.0, float(number)), rescale=Rescale(2.0, -1024.0, "HU"), windows=(Window(40, 400),)
        )
        yield encode_frame(values, compression), pixel_format(values), attributes, (-1024.0, 1000.0)
    if case.undecodable:
        raise Undecodable("frame 3 of this made-up instance is damaged")


def pack(path: Path, cases: Iterable[Case], *, grid: bool = False, **changes: Any) -> list[Added]:
    """A container of the cases."""
    compression: Compression = changes.pop("compression", "fast")
    arguments = {"container_uuid": "c0ffee", "planned_instances": 3, "profile": PROFILE} | changes
    with ContainerWriter(path, compression=compression, **arguments) as writer:
        added = [
            writer.add(case.instance, packed(case, compression), is_direct=case.is_direct, decoder="") for case in cases
        ]
        if grid:
            writer.set_grid(0, GRID)
        writer.finish()
    return added


def files(cases: Iterable[Case]) -> list[bytes]:
    """The files of the cases."""
    return [b"".join(case.instance.chunks()) for case in cases]


SHAPES = st.sampled_from([(4, 5), (3, 2), (4, 5, 3), (3, 4, 5), (1, 7)])
DTYPES = st.sampled_from(["|u1", "|i1", "<u2", "<i2", ">u2", ">i2", "<u4", "<f4", "<f8", ">f4"])
PIXELS = st.sampled_from(["native", "excess", "short", "other", "encapsulated", "none", "undecodable"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any instance: its head need not even be DICOM."""
    kind, shape, dtype = draw(PIXELS), draw(SHAPES), draw(DTYPES)
    count = draw(st.integers(1, 3))
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    frames = [np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape) for _ in range(count)]
    value = b"".join(frame.tobytes() for frame in frames)
    value = {
        "excess": value + draw(st.binary(min_size=1, max_size=9)),
        "short": value[:-1],
        "other": bytes([value[0] ^ 1]) + value[1:],
        "encapsulated": draw(st.binary(min_size=1, max_size=99)),
        "none": b"",
    }.get(kind, value)
    before = draw(st.binary(max_size=40)) if draw(st.booleans()) else head(PatientID="P" * draw(st.integers(0, 40)))
    one = instance(
        f"1.2.{draw(st.integers(0, 10**12))}", before, value, draw(st.binary(max_size=20)),
        encapsulated=kind == "encapsulated", dataset_start=min(132, len(before)),
    )  # fmt: skip
    return Case(one, [] if kind == "none" else frames, kind != "encapsulated", kind == "undecodable")
