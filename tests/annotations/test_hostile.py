"""Files that are wrong in any place give faults, never an error, and never more memory than they are worth."""

import base64
import contextlib
import copy
import io
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dicomconv.annotations import coco, cvat, label_studio, labelme, via, voc, yolo
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.formats import FORMATS, UnknownFormat, format_of
from dicomconv.annotations.tools import tasks
from tests.annotations.test_tools import COLUMNS, LABELS, PICTURES, ROWS
from tests.annotations.test_via import CONTENT, as_csv

MEGABYTE = 1 << 20
FIRST = PictureRef("ser_0001.png")
RING = np.array([(2.0, 3), (9, 3), (9, 8)])
THINGS = [
    Drawn("", FIRST, "liver", mask=np.eye(ROWS, COLUMNS, dtype=bool)), Drawn("", FIRST, 7, "polygon", rings=(RING,)),
    Drawn("", FIRST, 7, "box", rings=(RING[[0, 2]],)), Drawn("", FIRST, "liver", "polyline", rings=(RING,)),
    Drawn("", FIRST, 7, "point", rings=(RING[:1],)), Drawn("", FIRST, "liver"),
]  # fmt: skip
hostile: Any = st.sampled_from([
    None, True, False, -1, 0, 1.5, 10**12, 10**400, -(10**400), float("nan"), float("inf"), 1e308, "", "x", "1", "-1", "nan",
    "1e999", "9" * 5000, "\x00", "\ud800", [], [[]], [[[]]], {}, [None], [1], [1, 2], ["a"] * 3, [[1, 2]] * 3, {"a": 1}, {"": ""},
    [10**400] * 6, [float("nan")] * 6, "data:image/png;base64,AAAA", "http://[", "../../etc/passwd", {"a": {"b": {}}},
])  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within JSON."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same with something else in one place."""
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = put(value[path[0]], path[1:], new)
    return value


def good_json(name: str) -> list[Any]:
    """Files that are well, with everything that the format can hold."""
    if name == "via":
        return [CONTENT]
    files = [content for file, content in tasks(name, PICTURES, LABELS, THINGS) if file.endswith("json")]
    return [json.loads(content) for content in files]


def check(found: list[object]) -> None:
    """All of it is records, of bounded size, with finite points and reasons that quote nothing long."""
    for one in found:
        assert isinstance(one, Drawn | Fault)
        if isinstance(one, Fault):
            assert 0 < len(one.reason) < 200
            assert "Traceback" not in one.reason
        else:
            assert all(np.isfinite(ring).all() and ring.shape[1] == 2 for ring in one.rings)
            assert one.is_seen_only or one.label != ""
            assert one.mask is None or one.mask.size <= 4096


READERS = {"coco": coco, "label-studio": label_studio, "labelme": labelme, "via": via}


@pytest.mark.parametrize("name", READERS)
def test_json_that_is_wrong_anywhere_is_read_or_a_fault(tmp_path: Path, name: str) -> None:
    files = good_json(name)

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def wrong(data: Any) -> None:
        content = data.draw(st.sampled_from(files))
        for _ in range(data.draw(st.integers(1, 3))):
            where = data.draw(st.sampled_from(sorted(places(content), key=str)))
            content = put(content, where, data.draw(hostile))
        path = tmp_path / "file.json"
        path.write_text(json.dumps(content))
        check(list(READERS[name].read(path)))
        with contextlib.suppress(UnknownFormat):
            assert format_of(path) in FORMATS

    wrong()


GOOD_XML = {
    "cvat": b"".join(content for name, content in tasks("cvat", PICTURES, LABELS) if name.endswith("xml")).replace(
        b"</image>",
        b'<polygon label="a" points="1,2;3,4;5,1"/><mask label="a" rle="1,3" left="1" top="1" width="2" height="2"/>'
        b'<box label="a" xtl="1" ytl="2" xbr="3" ybr="4" rotation="30"/><ellipse label="a" cx="1" cy="2" rx="3" ry="4"/></image>',
        1,
    ),
    "voc": b"<annotation><filename>a.png</filename><size><width>9</width><height>8</height></size><object><name>a</name>"
    b"<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>",
    "yolo": b"0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.5 0.1 0.5 0.7\n",
    "via": as_csv(CONTENT).encode(),
}
TEXTS = [
    b"",
    b"-1",
    b"nan",
    b"inf",
    b"1e999",
    b"9" * 400,
    b"0",
    b"\xff",
    b"\x00",
    b"&x;",
    b"<",
    b'"',
    b"1000000",
    b";",
    b",",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(GOOD_XML)), st.data())
def test_texts_that_are_wrong_anywhere_are_read_or_a_fault(tmp_path_factory: Any, name: str, data: Any) -> None:
    content = GOOD_XML[name]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        content = content[:at] + data.draw(st.sampled_from(TEXTS)) + content[at + data.draw(st.integers(0, 4)) :]
    path = tmp_path_factory.mktemp("hostile") / "file.txt"
    path.write_bytes(content)
    (path.parent / "classes.txt").write_text("a\nb\n")
    check(list({"cvat": cvat, "voc": voc, "yolo": yolo, "via": via}[name].read(path)))


def bomb(side: int) -> str:
    """A PNG that says that it is huge, and is a few kilobytes."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "PNG")
    content = bytearray(file.getvalue())
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return base64.b64encode(bytes(content)).decode()


IMAGE = {"id": 1, "file_name": "a.png"}
BRUSH = [*(4 * 10**6).to_bytes(4, "big"), 0b00111_001, 0b00011011, 0b11111100, *b"\xff" * 9]
HUGE = {
    "runs of a million million pixels": (coco, {
        "images": [IMAGE], "categories": [{"id": 1, "name": "a"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [10**6, 10**6], "counts": [0, 10**12]}}],
    }),
    "the same, compressed": (coco, {
        "images": [IMAGE], "categories": [{"id": 1, "name": "a"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [10**6, 10**6], "counts": "0PPoojkf]1"}}],
    }),
    "a brush on a huge picture": (label_studio, [{
        "data": {"image": "a.png"}, "annotations": [{"result": [{
            "type": "brushlabels", "original_width": 10**6, "original_height": 10**6,
            "value": {"brushlabels": ["a"], "rle": BRUSH},
        }]}],
    }]),
    "a brush that is cut short": (label_studio, [{
        "data": {"image": "a.png"}, "annotations": [{"result": [{
            "type": "brushlabels", "original_width": 1000, "original_height": 1000,
            "value": {"brushlabels": ["a"], "rle": BRUSH},
        }]}],
    }]),
    "a mask whose PNG says that it is huge": (labelme, {
        "shapes": [{"label": "a", "shape_type": "mask", "points": [[0, 0], [99999, 99999]], "mask": bomb(100_000)}],
        "imagePath": "a.png",
    }),
    "a mask whose PNG is larger than its box": (labelme, {
        "shapes": [{"label": "a", "shape_type": "mask", "points": [[0, 0], [3, 3]], "mask": bomb(9000)}], "imagePath": "a.png",
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_a_small_file_that_claims_to_be_huge_is_a_fault_and_takes_no_memory(tmp_path: Path, name: str) -> None:
    reader, content = HUGE[name]
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    list(reader.read(path))  # modules and decoders that are loaded when first used
    tracemalloc.start()
    try:
        found = [one for one in reader.read(path) if isinstance(one, Fault)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 1
    assert peak < 8 * MEGABYTE


@pytest.mark.parametrize("reader", [coco, cvat, label_studio, labelme, via, voc, yolo])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"[" * 10**6, b'{"a":' * 10**6, b"<a>" * 10**5, b"\x00" * 99]
)
def test_what_is_no_format_at_all_is_faults(tmp_path: Path, reader: Any, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    found = list(reader.read(path))
    assert found or (reader is yolo and not content)
    assert all(isinstance(one, Fault) or one.is_seen_only for one in found)
    assert all(isinstance(one, Fault) for one in reader.read(tmp_path / "nowhere"))
    assert list(reader.read(tmp_path / "nowhere"))


def test_sizes_of_pictures_in_this_test_are_what_the_files_say() -> None:
    assert (PICTURES[0].rows, PICTURES[0].columns) == (ROWS, COLUMNS)
