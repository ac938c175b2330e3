"""For CVAT: annotations.xml (CVAT for images 1.1) and labels.json for the raw editor of labels."""

from collections.abc import Iterator, Mapping, Sequence

from dicomconv.annotation import Label
from dicomconv.annotations import rle
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import (
    Files,
    Picture,
    as_attribute,
    as_json,
    hex_color,
    is_pixels,
    label_of,
    number,
    pixels_of,
)  # fmt: skip

_COMMON = 'source="manual" occluded="0"'


def write(pictures: Sequence[Picture], labels: Sequence[Label], drawn: Mapping[str, list[Drawn]]) -> Files:
    """Two files."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>", *_meta(labels)]
    for index, picture in enumerate(pictures):
        size = f'width="{picture.columns}" height="{picture.rows}"'
        lines.append(f'  <image id="{index}" name={as_attribute(picture.name)} {size}>')
        lines += (f"    {line}" for one in drawn.get(picture.name, ()) for line in _element(one, picture, labels))
        lines.append("  </image>")
    yield "annotations.xml", ("\n".join(lines) + "\n</annotations>\n").encode()
    yield "labels.json", as_json([
        {"name": one.name, "color": hex_color(one), "type": "any", "attributes": []} for one in labels
    ])  # fmt: skip


def _meta(labels: Sequence[Label]) -> Iterator[str]:
    """The labels alone: no owner, no address, no time."""
    yield "  <meta><task><labels>"
    for one in labels:
        inside = f"<name>{as_attribute(one.name)[1:-1]}</name><color>{hex_color(one)}</color><type>any</type>"
        yield f"    <label>{inside}<attributes></attributes></label>"
    yield "  </labels></task></meta>"


def _element(one: Drawn, picture: Picture, labels: Sequence[Label]) -> Iterator[str]:
    """The element of one shape; nothing for a mask without pixels."""
    label = f"label={as_attribute(label_of(one, labels).name)}"
    if is_pixels(one):
        if (found := pixels_of(one, picture)) is not None:
            part, (left, top) = found
            runs = ", ".join(map(str, rle.runs_of(part.ravel())))
            where = f'left="{left}" top="{top}" width="{part.shape[1]}" height="{part.shape[0]}"'
            yield f'<mask {label} {_COMMON} rle="{runs}" {where} z_order="0"></mask>'
    elif one.kind is None:
        yield f'<tag {label} source="manual"></tag>'
    elif one.kind == "box":
        edges = zip(("xtl", "ytl", "xbr", "ybr"), one.rings[0].ravel().tolist(), strict=True)
        where = " ".join(f'{name}="{number(edge)}"' for name, edge in edges)
        yield f'<box {label} {_COMMON} {where} z_order="0"></box>'
    else:
        name = "points" if one.kind == "point" else one.kind
        points = ";".join(f"{number(x)},{number(y)}" for x, y in one.rings[0].tolist())
        yield f'<{name} {label} {_COMMON} points="{points}" z_order="0"></{name}>'
