"""Builders of DICOM files: data instead of mocks. Imports nothing of dicomconv, so that it can bear witness.

Two ways in: attributes by keyword, encoded by pydicom (`ct_slice`, `instance`); or bytes put together here (`element`).
"""

import io
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

IMPLICIT, EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
DEFLATED, RLE = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"
JPEG_BASELINE, JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"
SOP_CLASS = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "US multi-frame": "1.2.840.10008.5.1.4.1.1.3.1",
    "SC": "1.2.840.10008.5.1.4.1.1.7",
    "SC words": "1.2.840.10008.5.1.4.1.1.7.3",
    "Enhanced SR": "1.2.840.10008.5.1.4.1.1.88.22",
    "VL": "1.2.840.10008.5.1.4.1.1.77.1.4",
}
MODALITY = {"Enhanced SR": "SR", "SC": "OT", "SC words": "OT", "US multi-frame": "US", "VL": "XC"}

Encoding = Literal["implicit", "explicit", "big"]
ENCODINGS: tuple[Encoding, ...] = ("implicit", "explicit", "big")
SYNTAX_OF: dict[Encoding, str] = {"implicit": IMPLICIT, "explicit": EXPLICIT, "big": BIG_ENDIAN}
LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
UNDEFINED, PREAMBLE = 0xFFFFFFFF, bytes(128) + b"DICM"
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def uid(name: str) -> str:
    """A UID derived from a name: always the same one."""
    return f"2.25.{uuid5(NAMESPACE_OID, 'dicomconv tests ' + name).int}"


IDENTITY: dict[str, Any] = {
    "PatientName": "DOE^JANE",
    "PatientID": "ID-4711",
    "PatientBirthDate": "19700101",
    "PatientSex": "F",
    "StudyInstanceUID": uid("study"),
    "StudyDate": "20200102",
    "StudyTime": "030405",
    "StudyID": "S-1",
    "AccessionNumber": "ACC-0815",
    "ReferringPhysicianName": "REFERRER^ROY",
}
CT_GEOMETRY: dict[str, Any] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "FrameOfReferenceUID": uid("frame of reference"),
    "PositionReferenceIndicator": "",
    "ImagePositionPatient": ["-10", "-20", "0"],
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "PixelSpacing": ["0.5", "0.75"],
    "SliceThickness": "2.5",
    "KVP": "120",
    "RescaleSlope": "1",
    "RescaleIntercept": "-1024",
    "WindowCenter": "40",
    "WindowWidth": "400",
}


def dataset(attributes: Mapping[str, Any]) -> Dataset:
    """A data set of attributes by keyword; a list of mappings becomes a sequence; None leaves an attribute out."""
    result = Dataset()
    for keyword, value in attributes.items():
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            setattr(result, keyword, [dataset(one) for one in value])
        elif value is not None:
            setattr(result, keyword, value)
    return result


def encoded(content: Dataset, syntax: str = EXPLICIT) -> bytes:
    """A complete Part 10 file."""
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    dcmwrite(buffer, content, enforce_file_format=True)
    return buffer.getvalue()


def instance(
    sop_class: str = "CT", pixels: NDArray[Any] | None = None, *, syntax: str = EXPLICIT, **attributes: Any
) -> bytes:
    """A file of this SOP class (a name of SOP_CLASS, or a UID) with these native pixels, if any."""
    values = identified(sop_class, attributes)
    if pixels is None:
        return encoded(dataset(values), syntax)
    content = dataset(image_pixel(pixels, values))
    content.PixelData = _even(pixels.astype(pixels.dtype.newbyteorder(">" if syntax == BIG_ENDIAN else "<")).tobytes())
    content["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 and syntax != IMPLICIT else "OW"
    return encoded(content, syntax)


def identified(sop_class: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """These attributes with those that every instance has: UIDs, patient, study."""
    number = attributes.get("InstanceNumber", 1)
    series_uid = attributes.get("SeriesInstanceUID", uid("series"))
    return {
        "SOPClassUID": SOP_CLASS.get(sop_class, sop_class),
        "SOPInstanceUID": uid(f"{series_uid} {number}"),
        "SeriesInstanceUID": series_uid,
        "SeriesNumber": 1,
        "InstanceNumber": number,
        "Modality": MODALITY.get(sop_class, sop_class if sop_class in SOP_CLASS else "OT"),
        "Manufacturer": "Maker",
        **(CT_GEOMETRY if sop_class == "CT" else {}),
        **IDENTITY,
        **attributes,
    }


def image_pixel(pixels: NDArray[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that describe `pixels`: ([frames,] rows, columns[, 3 samples]); those of `values` win."""
    photometric = values.get("PhotometricInterpretation", "MONOCHROME2")
    colour = photometric.startswith(("RGB", "YBR"))
    rows, columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    bits = pixels.dtype.itemsize * 8
    stored = values.get("BitsStored", bits)
    several = {"NumberOfFrames": pixels.shape[0]} if pixels.ndim == 3 + colour else {}
    return {
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": photometric,
        **({"PlanarConfiguration": 0} if colour else {}),
        **several,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": bits,
        "BitsStored": stored,
        "HighBit": stored - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        **values,
    }


def ramp(*shape: int, dtype: str = "uint16") -> NDArray[Any]:
    """Pixels that all differ as long as the type has values to give."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def ct_slice(rows: int = 4, columns: int = 5, **attributes: Any) -> bytes:
    """A complete CT slice; any attribute by keyword, None to leave it out. Rows and columns should differ."""
    return instance("CT", 1000 + ramp(rows, columns), **attributes)


def series(count: int = 3, rows: int = 4, columns: int = 5, **attributes: Any) -> list[bytes]:
    """CT slices 2.5 mm apart, in order of position, instance numbers from 1."""
    return [
        instance("CT", 1000 + number + ramp(rows, columns), **{
            "InstanceNumber": number, "ImagePositionPatient": ["-10", "-20", f"{2.5 * (number - 1):g}"], **attributes,
        })
        for number in range(1, count + 1)
    ]  # fmt: skip


def multiframe(frames: int = 3, rows: int = 4, columns: int = 5, **attributes: Any) -> bytes:
    """A multi-frame grayscale word secondary capture, safe to render: it says that no text is burned in."""
    safe = {"BurnedInAnnotation": "NO", "ConversionType": "WSD", **attributes}
    return instance("SC words", ramp(frames, rows, columns), **safe)


def structured_report(text: str = "Mrs Doe is well.", **attributes: Any) -> bytes:
    """A report whose content tree holds a person and a sentence. It has no pixels."""
    concept = [{"CodeValue": "121071", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Finding"}]
    content = [
        {"RelationshipType": "CONTAINS", "ValueType": "TEXT", "ConceptNameCodeSequence": concept, "TextValue": text},
        {"RelationshipType": "HAS OBS CONTEXT", "ValueType": "PNAME", "ConceptNameCodeSequence": concept,
         "PersonName": "OBSERVER^OLGA"},
    ]  # fmt: skip
    state = {"CompletionFlag": "COMPLETE", "VerificationFlag": "UNVERIFIED", "ContinuityOfContent": "SEPARATE"}
    report = {"ValueType": "CONTAINER", **state, "ConceptNameCodeSequence": concept, "ContentSequence": content}
    return instance("Enhanced SR", **{**report, **attributes})


def encapsulated(
    pixels: NDArray[Any], syntax: str = RLE, *, sop_class: str = "CT", frames: Sequence[bytes] = (), **attributes: Any
) -> bytes:
    """A file with compressed pixels: RLE, JPEG baseline (lossy) or JPEG 2000; or with `frames` compressed elsewhere."""
    values = image_pixel(pixels, identified(sop_class, attributes))
    content = dataset(values)
    if syntax == RLE and not frames:
        content.file_meta = FileMetaDataset()
        content.compress(RLE, pixels, encoding_plugin="pydicom", generate_instance_uid=False)
        return encoded(content, syntax)
    several = pixels if "NumberOfFrames" in values else pixels[None]
    content.PixelData = encapsulate(list(frames) or [compressed(frame, syntax) for frame in several])
    content["PixelData"].VR, content["PixelData"].is_undefined_length = "OB", True
    return encoded(content, syntax)


def compressed(frame: NDArray[Any], syntax: str) -> bytes:
    """A frame as JPEG baseline or JPEG 2000 without loss."""
    buffer = io.BytesIO()
    if syntax == JPEG_BASELINE:
        Image.fromarray(frame).save(buffer, "JPEG", quality=90)
    elif syntax == JPEG_2000_LOSSLESS:
        Image.fromarray(frame).save(buffer, "JPEG2000", irreversible=False, no_jp2=True)
    else:
        raise ValueError(f"compress frames of {syntax} yourself and pass them as `frames`")
    return buffer.getvalue()


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files by relative name, creating folders; gives the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _even(value: bytes, padding: bytes = b"\0") -> bytes:
    return value + padding if len(value) % 2 else value


def element(tag: int, vr: str, value: bytes, encoding: Encoding = "explicit", *, length: int | None = None) -> bytes:
    """An encoded element: the value as it is, in the encoding's order and padded by the caller; `length`: to lie."""
    order = ">" if encoding == "big" else "<"
    size = len(value) if length is None else length
    head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
    if encoding == "implicit" or tag >> 16 == 0xFFFE:
        return head + struct.pack(order + "I", size) + value
    if vr in LONG_VRS:
        return head + vr.encode() + struct.pack(order + "HI", 0, size) + value
    return head + vr.encode() + struct.pack(order + "H", size) + value


def text(tag: int, vr: str, value: str, encoding: Encoding = "explicit") -> bytes:
    """An encoded element with a text, padded to even length."""
    return element(tag, vr, _even(value.encode("latin-1"), b"\0" if vr == "UI" else b" "), encoding)


def item(content: bytes, encoding: Encoding = "explicit", *, undefined: bool = False) -> bytes:
    """An item of a sequence, of either length form."""
    if undefined:
        return element(ITEM, "", content, encoding, length=UNDEFINED) + element(ITEM_END, "", b"", encoding)
    return element(ITEM, "", content, encoding)


def sequence(
    tag: int, items: Iterable[bytes], encoding: Encoding = "explicit", *, undefined: bool = False, vr: str = "SQ"
) -> bytes:
    """A sequence of encoded items, of either length form. Under VR UN the items have to be implicit (PS3.5 6.2.2)."""
    content, inner = b"".join(items), ("implicit" if vr == "UN" else encoding)
    if undefined:
        return element(tag, vr, content, encoding, length=UNDEFINED) + element(SEQUENCE_END, "", b"", inner)
    return element(tag, vr, content, encoding)


def private_block(
    creator: str, elements: Iterable[tuple[int, str, bytes]], encoding: Encoding = "explicit", *, group: int = 0x0029
) -> bytes:
    """A private creator and its elements in block 10, each (its last two digits, VR, value)."""
    base = group << 16 | 0x1000
    return text(group << 16 | 0x10, "LO", creator, encoding) + b"".join(
        element(base | number, vr, value, encoding) for number, vr, value in elements
    )


def with_group_length(group: int, elements: bytes, encoding: Encoding = "explicit") -> bytes:
    """The elements of one group behind their group length."""
    length = len(elements).to_bytes(4, "big" if encoding == "big" else "little")
    return element(group << 16, "UL", length, encoding) + elements


def raw_dataset(
    *elements: bytes, encoding: Encoding = "explicit", start: bytes = PREAMBLE, trailing: bytes = b""
) -> bytes:
    """A file of encoded elements, in the order given, with File Meta. `start=b""`: neither preamble nor prefix."""
    meta = with_group_length(0x0002, text(0x00020010, "UI", SYNTAX_OF[encoding]))
    return start + meta + b"".join(elements) + trailing


def minimal(encoding: Encoding = "explicit", **texts: str) -> list[bytes]:
    """The encoded elements that place an instance (its UIDs and its patient), ascending; more texts by keyword."""
    content = {
        "SOPClassUID": SOP_CLASS["CT"],
        "SOPInstanceUID": uid("instance"),
        "Modality": "CT",
        "PatientName": IDENTITY["PatientName"],
        "PatientID": IDENTITY["PatientID"],
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"),
        **texts,
    }
    return [text(int(one.tag), one.VR, str(one.value), encoding) for one in dataset(content)]
