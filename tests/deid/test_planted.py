"""L4: a unique string planted in every slot (tag x VR x depth, File Meta, preamble, trailing bytes, path) is in no output.

What is planted where is decided by the tables' files and pydicom's dictionary alone, not by the rules under test.
"""

import csv
import io
import re
import zlib
from functools import cache
from pathlib import Path

import h5py
import pytest
from click.testing import CliRunner
from PIL import Image
from pydicom import dcmread
from pydicom.datadict import DicomDictionary

from dicomconv.cli import main
from dicomconv.elements import LONG_VRS, SHORT_VRS
from tests import make

TABLES = Path(__file__).parents[2] / "dicomconv" / "standard"
MARK = "ZQPLANT"
TEXT_VRS = sorted((LONG_VRS | SHORT_VRS) - {"SQ", "AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
PLACING = {
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "SpecificCharacterSet",
}


@cache
def table(name):
    with (TABLES / name).open(encoding="utf-8") as file:
        file.readline()
        return list(csv.DictReader(file))


def protected_tags():
    """Every tag that a table names as protected, and tags that no table knows."""
    listed = [int(row["tag"], 16) for row in table("ps3.15_e.1-1.csv") if re.fullmatch("[0-9A-F]{8}", row["tag"])]
    beyond = [int(row["tag"], 16) for row in table("beyond_e.1-1.csv")]
    unknown = [0x00081234, 0x00101111, 0x00189FFE, 0x00201234, 0x00405678, 0x0054FFFE, 0x30061234]
    patterns = [
        0x00041130,
        0x00041500,
        0x50000010,
        0x50003000,
        0x60000022,
        0x60001500,
        0x60003000,
        0x60004000,
        0x60220022,
    ]
    private = [0x00090010, 0x00091001, 0x00191055, 0x00210099, 0x00291010, 0x7FDF1001]
    placing = {tag for tag, entry in DicomDictionary.items() if entry[4] in PLACING}
    return sorted({*listed, *beyond, *unknown, *patterns, *private} - placing - set(range(0x80000)) | {0x00041130})


def kept_tags():
    """Attributes of the dictionary that no table protects: their values stay, but only if they are values of their VR."""
    protected = {*protected_tags(), *(row["tag"] for row in table("ps3.15_e.1-1.csv"))}
    return [
        (tag, entry[0].split(" or ")[0])
        for tag, entry in sorted(DicomDictionary.items())
        if 0x8 <= tag >> 16 < 0x7FE0 and tag & 0xFFFF and tag not in protected and entry[4] not in PLACING
        and entry[0] not in ("SQ", "NONE", "OB", "OW", "OB or OW", "US or OW", "US or SS or OW", "UN")
        and f"{tag:08X}" not in protected
    ]  # fmt: skip


def mark(tag, suffix=""):
    return f"{MARK}{tag:08X}{suffix}".encode()


def planted_element(tag, vr, encoding, value):
    value = value + b" " * (-len(value) % {"OD": 8, "OV": 8, "OF": 4, "OL": 4}.get(vr, 2))
    return make.element(tag, vr, value, encoding)


def planted(vr, encoding, depth):
    """A file with the mark in every protected attribute, under one VR, at the top or in sequences."""
    elements = {tag: planted_element(tag, vr, encoding, mark(tag)) for tag in protected_tags()}
    return finished(elements, encoding, depth)


def finished(elements, encoding, depth):
    if depth:
        top = {}
        for sequence_tag in (0x00082218, 0x00400555, 0x0040A730, 0x52009230, 0x00091077):
            content = b"".join(elements[tag] for tag in sorted(elements))
            for _ in range(depth - 1):
                content = make.sequence(0x00082220, [make.item(content, encoding)], encoding, undefined=True)
            top[sequence_tag] = make.sequence(sequence_tag, [make.item(content, encoding, undefined=True)], encoding)
        elements = top
    for element in make.minimal(encoding):
        order = "big" if encoding == "big" else "little"
        elements[int.from_bytes(element[:2], order) << 16 | int.from_bytes(element[2:4], order)] = element
    elements[0x7FE00010] = make.element(0x7FE00010, "OW", bytes(40), encoding)
    body = b"".join(elements[tag] for tag in sorted(elements))
    content = make.raw_dataset(body, encoding=encoding, trailing=mark(0, "TRAIL"))
    meta = make.text(0x00020016, "AE", "ZQPLANTMETA") + make.text(0x00020026, "UR", "ZQPLANTURL")
    return mark(0, "PREAMBLE").ljust(128) + content[128:144] + content[144:].replace(body, meta + body, 1)


def everything_in(folder):
    """Every byte of the outputs, raw and decoded: names, DICOM, HDF5 names, attributes, values, PNG chunks, text."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)).encode()
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield data
        yield from decoded(path, data)


def decoded(path, data):
    if path.suffix == ".dcm":
        yield str(dcmread(io.BytesIO(data))).encode()
    elif path.suffix == ".png":
        yield repr(Image.open(path).info).encode()
    elif path.suffix == ".h5":
        with h5py.File(path) as file:
            found = []
            file.visititems(lambda name, node: found.append((name, node)))
            for name, node in [("/", file), *found]:
                yield name.encode()
                yield repr(dict(node.attrs)).encode()
                if isinstance(node, h5py.Dataset):
                    yield node[()].tobytes()


def traces(folder, *others):
    """Every trace of the mark, also as UTF-16 and compressed on its own."""
    forms = [MARK.encode(), MARK.encode("utf-16-le"), MARK.encode("utf-16-be"), MARK.lower().encode()]
    return [form for data in (*everything_in(folder), *others) for form in forms if form in data]


def outputs_of(tmp_path, files):
    """Convert and de-identify files whose paths hold the mark too; what was written and printed."""
    source = make.write(tmp_path / f"{MARK}^JANE", {f"{MARK}/{name}": content for name, content in files.items()})
    out, key = tmp_path / "out", tmp_path / "key"
    runner = CliRunner()
    runner.invoke(main, ["keygen", "-o", str(key)])
    results = [
        runner.invoke(main, [command, str(source), "-o", str(out / command), "--key", str(key), "--jobs", "1", "--json",
                             "--duplicates", "keep-both", "--burned-in", "keep"])
        for command in ("convert", "deidentify")
    ]  # fmt: skip
    return out, results


def test_the_search_finds_what_is_there(tmp_path):
    make.write(tmp_path, {"a.dcm": make.ct_slice(PatientComments=MARK)})
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("values", data=[MARK.encode()], compression="gzip", chunks=(1,))
    assert len(traces(tmp_path)) >= 3
    assert zlib.crc32(MARK.encode())


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_a_mark_in_every_protected_slot_is_in_no_output(tmp_path, encoding, depth):
    vrs = {"explicit": TEXT_VRS, "big": ["LO", "UT"], "implicit": ["LO"]}[encoding]
    files = {f"{vr}.dcm": planted(vr, encoding, depth) for vr in vrs}
    out, results = outputs_of(tmp_path, files)
    written = list(out.rglob("*.dcm"))
    assert len(written) == len(files), results[1].output
    assert not traces(out, *(result.stdout.encode() for result in results))


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_a_mark_where_a_vr_has_no_room_for_it_is_in_no_output(tmp_path, encoding):
    """Behind a NUL, in numbers and code strings, in attributes that are otherwise kept."""
    elements = {}
    for tag, vr in kept_tags():
        room = vr in ("LO", "SH", "LT", "ST", "UT", "UC", "UR", "AE", "PN")
        value = (b"A\0" if room else b"") + mark(tag)
        value = value.lower() if vr == "CS" else value
        elements[tag] = planted_element(tag, "LO" if vr in _BINARY else vr, encoding, value)
    if encoding == "implicit":  # numbers have no text form there: any bytes are a number
        vrs = dict(kept_tags())
        elements = {tag: element for tag, element in elements.items() if vrs[tag] not in _BINARY}
    out, results = outputs_of(tmp_path, {"kept.dcm": finished(elements, encoding, 0)})
    found = traces(out, *(result.stdout.encode() for result in results))
    assert list(out.rglob("*.dcm")), results[1].output
    assert not found


_BINARY = frozenset({"AT", "FD", "FL", "OD", "OF", "OL", "OV", "SL", "SS", "SV", "UL", "US", "UV", "OB", "OW"})
