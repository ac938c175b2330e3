"""Stands in for a person with an annotation tool: outlines on slices of the CT, as CVAT saves them.

    python draw.py FOLDER_OF_PNGS ANNOTATIONS.xml [SHIFT]

SHIFT: by how many pixels the hand of another reader is off. Imports nothing of dicomconv.
"""

import sys
from pathlib import Path

LIVER = "59,50 88,47 100,55 108,68 111,90 109,105 100,118 85,127 70,122 58,110 52,95 53,75"
AORTA = "133,114 138,116 141,122 139,129 133,131 127,129 124,123 127,116"
SLICES = ("_0005", "_0006")


def polygon(label: str, points: str, shift: float) -> str:
    """An outline as CVAT for images 1.1 has it."""
    moved = (f"{float(x) + shift:.2f},{float(y):.2f}" for x, y in (point.split(",") for point in points.split()))
    return f'    <polygon label="{label}" points="{";".join(moved)}" occluded="0" z_order="0"/>'


def annotations(folder: Path, shift: float) -> str:
    """What CVAT exports of all PNGs below a folder, two of which were drawn on."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"]
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        lines.append(f'  <image id="{number}" name="{path.name}" width="240" height="192">')
        if path.stem.endswith(SLICES):
            lines += [polygon("liver", LIVER, shift), polygon("aorta", AORTA, shift)]
        lines.append("  </image>")
    return "\n".join([*lines, "</annotations>", ""])


if __name__ == "__main__":
    source, target, *rest = sys.argv[1:]
    Path(target).write_text(annotations(Path(source), float(rest[0]) if rest else 0.0), encoding="utf-8")
