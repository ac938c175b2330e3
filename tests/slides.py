"""Builders of whole-slide images: a matrix of pixels cut into tiles. Imports nothing of dicomconv."""

import struct
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests import make

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
SPECIMEN: dict[str, Any] = {
    "ContainerIdentifier": "S20-4711-A1",
    "IssuerOfTheContainerIdentifierSequence": [],
    "ContainerTypeCodeSequence": [
        {"CodeValue": "433466003", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Microscope slide"}
    ],
    "SpecimenDescriptionSequence": [{"SpecimenIdentifier": "S20-4711", "SpecimenUID": make.uid("specimen")}],
}
FILL = 255  # of the parts of edge tiles that lie beyond the matrix, which nobody may ever see


class Place(NamedTuple):
    """Where a tile lies in the total pixel matrix (from 1, PS3.3 C.8.12.6.1), on which path and plane."""

    column: int
    row: int
    path: str = "1"
    height_mm: float = 0.0


def places(
    columns: int, rows: int, tile: tuple[int, int], paths: Iterable[str] = "1", heights: Iterable[float] = (0.0,)
) -> list[Place]:
    """The places of all tiles (rows, columns) of a matrix as TILED_FULL has them: paths, planes, rows, columns."""
    return [
        Place(column, row, path, height)
        for path in paths
        for height in heights
        for row in range(1, rows + 1, tile[0])
        for column in range(1, columns + 1, tile[1])
    ]


def attributes(
    columns: int, rows: int, tile: tuple[int, int], count: int, *, sparse: bool, **more: Any
) -> dict[str, Any]:
    """What a slide says of itself, its per-frame groups and pixels aside."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "Modality": "SM",
        "NumberOfFrames": count,
        "TotalPixelMatrixColumns": columns,
        "TotalPixelMatrixRows": rows,
        "TotalPixelMatrixOriginSequence": [
            {"XOffsetInSlideCoordinateSystem": "20", "YOffsetInSlideCoordinateSystem": "40"}
        ],
        "ImagedVolumeWidth": 0.0005 * columns,
        "ImagedVolumeHeight": 0.0005 * rows,
        "ImagedVolumeDepth": 1.0,
        "ImageOrientationSlide": ["0", "-1", "0", "-1", "0", "0"],
        "DimensionOrganizationType": "TILED_SPARSE" if sparse else "TILED_FULL",
        "TotalPixelMatrixFocalPlanes": None if sparse else 1,
        "NumberOfOpticalPaths": 1,
        "OpticalPathSequence": [{"OpticalPathIdentifier": "1"}],
        "SpecimenLabelInImage": "NO",
        "FocusMethod": "AUTO",
        "ExtendedDepthOfField": "NO",
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "SharedFunctionalGroupsSequence": [
            {"PixelMeasuresSequence": [{"PixelSpacing": ["0.0005", "0.0004"], "SliceThickness": "0.001"}]}
        ],
        **SPECIMEN,
        **more,
    }


def slide(
    matrix: NDArray[Any],
    tile: tuple[int, int] = (8, 16),
    *,
    syntax: str = make.EXPLICIT,
    sparse: bool = False,
    left_out: Collection[int] = (),
    order: Iterable[int] | None = None,
    **more: Any,
) -> bytes:
    """One level of a slide: `matrix` (rows, columns, 3) or (rows, columns), cut into tiles (rows, columns).

    `sparse`: TILED_SPARSE, whose tiles `left_out` (by index in the full order) are not there; `order`: theirs.
    """
    rows, columns = matrix.shape[:2]
    full = places(columns, rows, tile)
    kept = [index for index in (order if order is not None else range(len(full))) if index not in left_out]
    frames = np.stack([np.ascontiguousarray(cut(matrix, full[index], tile)) for index in kept])
    colour = {"PhotometricInterpretation": "RGB"} if matrix.ndim == 3 else {}
    if sparse:
        more["PerFrameFunctionalGroupsSequence"] = [group(full[index]) for index in kept]
    said = {**attributes(columns, rows, tile, len(kept), sparse=sparse), **colour, **more}
    if syntax == make.EXPLICIT:
        return make.instance(WHOLE_SLIDE, frames, **said)
    pixels = frames[0] if len(frames) == 1 and syntax == make.RLE else frames
    return make.encapsulated(pixels, syntax, sop_class=WHOLE_SLIDE, **said)


def cut(matrix: NDArray[Any], place: Place, tile: tuple[int, int]) -> NDArray[Any]:
    """The tile of a matrix at a place, filled up beyond its edges."""
    part = matrix[place.row - 1 :, place.column - 1 :][: tile[0], : tile[1]]
    result = np.full((*tile, *matrix.shape[2:]), FILL, matrix.dtype)
    result[: part.shape[0], : part.shape[1]] = part
    return result


def group(place: Place) -> dict[str, Any]:
    """The functional groups of a tile."""
    return {
        "FrameContentSequence": [{"DimensionIndexValues": [abs(place.column), abs(place.row)]}],
        "PlanePositionSlideSequence": [
            {
                "ColumnPositionInTotalImagePixelMatrix": place.column,
                "RowPositionInTotalImagePixelMatrix": place.row,
                "XOffsetInSlideCoordinateSystem": "1.5",
                "YOffsetInSlideCoordinateSystem": "2.5",
                "ZOffsetInSlideCoordinateSystem": f"{place.height_mm:g}",
            }
        ],
        "OpticalPathIdentificationSequence": [{"OpticalPathIdentifier": place.path}],
    }


def encoded_groups(all_places: Iterable[Place]) -> bytes:
    """A Per-frame Functional Groups Sequence as bytes, for many tiles."""
    return make.sequence(0x52009230, map(_encoded_group, all_places), undefined=True)


def _encoded_group(place: Place) -> bytes:
    content = make.element(0x00209157, "UL", struct.pack("<II", place.column, place.row))
    where = (
        make.text(0x0040072A, "DS", f"{place.column * 0.0004:.7g}")
        + make.text(0x0040073A, "DS", f"{place.row * 0.0005:.7g}")
        + make.text(0x0040074A, "DS", f"{place.height_mm:g}")
        + make.element(0x0048021E, "SL", struct.pack("<i", place.column))
        + make.element(0x0048021F, "SL", struct.pack("<i", place.row))
    )
    path = make.text(0x00480106, "SH", place.path)
    return make.item(
        make.sequence(0x00209111, [make.item(content)])
        + make.sequence(0x0048021A, [make.item(where)])
        + make.sequence(0x00480207, [make.item(path)])
    )


def large(
    across: int,
    down: int,
    tiles: list[bytes],
    size: int,
    *,
    sparse: bool,
    syntax: str = make.JPEG_BASELINE,
    **more: Any,
) -> Iterator[bytes]:
    """The bytes of a slide of many tiles of `size` x `size`, piece by piece; compressed `tiles` are used in turn."""
    columns, rows, count = across * size, down * size, across * down
    said = attributes(columns, rows, (size, size), count, sparse=sparse, **more)
    pixels = np.zeros((size, size, 3), np.uint8)
    photometric = {"PhotometricInterpretation": "YBR_FULL_422"}
    identified = {**make.identified(WHOLE_SLIDE, said), **photometric, "NumberOfFrames": count}
    yield make.encoded(make.dataset(make.image_pixel(pixels, identified)), syntax)
    if sparse:
        yield encoded_groups(places(columns, rows, (size, size)))
    yield make.element(0x7FE00010, "OB", b"", length=make.UNDEFINED) + make.item(b"")
    fragments = [make.item(tile + bytes(len(tile) % 2)) for tile in tiles]
    for start in range(0, count, 1024):
        yield b"".join(fragments[index % len(fragments)] for index in range(start, min(start + 1024, count)))
    yield make.element(make.SEQUENCE_END, "", b"")
