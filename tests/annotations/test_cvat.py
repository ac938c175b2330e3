"""CVAT's XML: what is drawn, where it stands, and what a file may not do."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.annotations import cvat, outlines
from dicomconv.annotations.drawn import Drawn
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 30
META = "<meta><task><owner><username>jdoe</username><email>jane@hospital.example</email></owner></task></meta>"


@pytest.fixture
def read(tmp_path: Path):
    """Reads what a picture with these shapes gives."""

    def _read(*shapes: str, more: str = "") -> list[object]:
        path = tmp_path / "annotations.xml"
        image = f'<image id="0" name="a/ser_0001.png" width="{COLUMNS}" height="{ROWS}">\n'
        inside = "\n".join(shapes)
        path.write_text(
            f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>{META}\n'
            f"{image}{inside}\n</image>\n{more}</annotations>\n"
        )
        return list(cvat.read(path))

    return _read


def test_everything_that_a_picture_can_hold_is_read(read) -> None:
    found = drawn(read(
        '<mask label="liver" rle="1, 2, 3" left="4" top="5" width="3" height="2" z_order="0"/>',
        '<polygon label="ring" points="2,2;12,2;12,14;2,14" z_order="2"><attribute name="by">jdoe</attribute></polygon>',
        '<box label="ring" xtl="1.5" ytl="2" xbr="3" ybr="9" z_order="-1"/>',
        '<polyline label="ring" points="1,2;3,4.5" z_order="1"/>',
        '<points label="ring" points="1,2;3,4.5" z_order="1"/>',
        '<ellipse label="liver" cx="10" cy="9" rx="8" ry="5" z_order="3"/>',
        '<tag label="liver" source="manual"></tag>',
    ))  # fmt: skip
    assert [(one.kind, one.label, one.place) for one in found] == [
        ("box", "ring", "line 7"), (None, "liver", "line 5"), (None, "liver", "line 11"), ("polyline", "ring", "line 8"),
        ("point", "ring", "line 9"), ("point", "ring", "line 9"), ("polygon", "ring", "line 6"),
        ("polygon", "liver", "line 10"),
    ]  # fmt: skip
    assert found[0].rings[0].tolist() == [[1.5, 2], [3, 9]]
    assert found[1].mask.tolist() == [[False, True, True], [False, False, False]]
    assert found[1].offset == (4, 5)
    assert (found[2].mask, found[2].rings) == (None, ())
    assert [one.rings[0].tolist() for one in found[3:6]] == [[[1, 2], [3, 4.5]], [[1, 2]], [[3, 4.5]]]
    assert on_picture(found[6:7], ROWS, COLUMNS).sum() == 120
    assert abs(on_picture(found[7:], ROWS, COLUMNS).sum() - np.pi * 40) < 4
    assert "jdoe" not in repr(found)


def test_a_turned_box_stands_upright_after_a_quarter(read) -> None:
    turned, level = drawn(read(
        '<box label="a" xtl="4" ytl="6" xbr="14" ybr="10" rotation="90"/>',
        '<box label="a" xtl="7" ytl="3" xbr="11" ybr="13" rotation="0"/>',
    ))  # fmt: skip
    assert turned.kind == "polygon"
    assert level.kind == "box"
    assert turned.rings[0].tolist() == [[11, 3], [11, 13], [7, 13], [7, 3]]  # the upper left corner went to the right


@settings(deadline=None)
@given(st.floats(0, 360))
def test_turning_is_clockwise_and_keeps_distances(degrees: float) -> None:
    points = np.array([(10.0, 5), (3, 2)])
    turned = outlines.turned(points, degrees, (3, 2))
    assert np.allclose(turned[1], (3, 2))
    assert np.isclose(np.hypot(*(turned[0] - (3, 2))), np.hypot(7, 3))
    angle = np.degrees(np.arctan2(*(turned[0] - (3, 2))[::-1]) - np.arctan2(3, 7))
    assert np.isclose(np.cos(np.radians(angle - degrees)), 1)


def test_a_picture_without_shapes_was_seen(read) -> None:
    (one,) = drawn(read())
    assert (one.picture.name, one.picture.size, one.is_seen_only) == ("a/ser_0001.png", (COLUMNS, ROWS), True)


GOOD = '<polygon label="ring" points="2,2;12,2;12,14"/>'


@pytest.mark.parametrize(("shape", "sentence"), [
    ('<polygon label="a" points="2,2;12,2"/>', "there are not 3 points"),
    ('<polygon label="a" points="2,2;12,2;nan,3"/>', "a coordinate is not a number"),
    ('<polygon label="a" points="2,2;12,2;1e999,3"/>', "a coordinate is not a number"),
    ('<polygon label="a" points="2,2;12,2;1,3,4"/>', "a coordinate is not a number"),
    ('<polygon label="" points="2,2;12,2;1,3"/>', "the label is missing"),
    ('<polygon label="a"/>', "a coordinate is not a number"),
    ('<box label="a" xtl="4" ytl="6" xbr="4" ybr="10"/>', "no width or no height"),
    ('<ellipse label="a" cx="4" cy="6" rx="0" ry="10"/>', "a radius is not above 0"),
    ('<mask label="a" rle="1,2" left="4" top="5" width="3" height="2"/>', "its runs are not 6 pixels"),
    ('<mask label="a" rle="1,-2" left="4" top="5" width="3" height="2"/>', "not whole numbers between commas"),
    ('<mask label="a" rle="6" left="28" top="5" width="3" height="2"/>', "the mask reaches beyond"),
    ('<mask label="a" rle="6" left="-1" top="5" width="3" height="2"/>', "left is not a whole number"),
    ('<mask label="a" rle="1000000000000" left="0" top="0" width="1000000" height="1000000"/>', "more than is read"),
    ('<cuboid label="a" xtl1="1"/>', "a cuboid is not read"),
    ('<skeleton label="a"/>', "a skeleton is not read"),
])  # fmt: skip
def test_a_bad_shape_is_a_fault_and_hides_no_other(read, shape: str, sentence: str) -> None:
    found = read(shape, GOOD)
    ((where, why),) = faults(found)
    assert where == "line 5"
    assert sentence in why
    assert len([one for one in found if isinstance(one, Drawn)]) == 1


def test_tracks_and_pictures_without_names_are_faults(read) -> None:
    found = read(GOOD, more='<image width="3" height="4"/>\n<image name="x.png" width="-3" height="4"/><track id="0"/>')
    assert [place for place, _ in faults(found)] == ["line 7", "line 8", "line 8"]


BOMB = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))


@pytest.mark.parametrize("said", [
    f'<!DOCTYPE a [<!ENTITY a "ha">{BOMB}]><annotations><image name="&j;"/></annotations>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations/>',
    "<annotations>" + "<image name='a.png'>" * 50 + "</image>" * 50 + "</annotations>",
    "<annotations><image name='a.png'>", "", "<" * 1000, "<a>" * 100_000, "\0\1\2",
    '<?xml version="1.0" encoding="utf-7"?><annotations/>', '<annotations><image name="&nobody;"/></annotations>',
    '<?xml version="1.0" encoding="utf-8"?><annotations><image name="\udcff"/></annotations>',
])  # fmt: skip
def test_a_file_that_is_no_xml_or_brings_entities_is_one_fault(tmp_path: Path, said: str) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(said.encode(errors="surrogateescape"))
    assert len(faults(cvat.read(path))) == 1
