"""Tiles lie in the total pixel matrix where PS3.3 C.7.6.17.3 says, in order or each where it says itself."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.part10 import split
from dicomconv.pixels.read_format import pixel_format
from dicomconv.pixels.tiling import PATHS, PLANES, Tiling, tiling
from tests import make, slides


def tiling_of(content: bytes) -> Tiling:
    """Where the tiles of a file lie."""
    parts = split(content)
    return tiling(parts.header(), pixel_format(parts.header(), parts.transfer_syntax_uid, "PixelData"))


def matrix(rows: int, columns: int) -> NDArray[np.uint8]:
    """A grey matrix."""
    return make.ramp(rows, columns, dtype="uint8")


@settings(deadline=None)
@given(rows=st.integers(1, 20), columns=st.integers(1, 20), tile=st.tuples(st.integers(2, 9), st.integers(2, 9)))
def test_tiles_in_order_and_tiles_that_say_where_they_are_lie_alike(rows: int, columns: int, tile: tuple[int, int]) -> None:
    full, sparse = (tiling_of(slides.slide(matrix(rows, columns), tile, sparse=one)) for one in (False, True))
    assert full.places.tolist() == sparse.places.tolist()
    covered = np.zeros((rows, columns), int)
    for row, column, _ in full.places.tolist():
        covered[row : row + tile[0], column : column + tile[1]] += 1
    assert (covered == 1).all()


@given(order=st.permutations(range(6)))
def test_the_order_of_frames_says_nothing_where_they_say_where_they_are(order: list[int]) -> None:
    found = tiling_of(slides.slide(matrix(4, 9), (2, 3), sparse=True, order=order))
    assert [place[2] for place in found.places.tolist()] == [order.index(index) for index in range(6)]


def test_of_several_paths_and_planes_in_order_the_first_is_drawn_and_the_others_are_said() -> None:
    two_of_each = np.concatenate([matrix(2, 3)] * 4)
    found = tiling_of(slides.slide(
        two_of_each, (2, 3), TotalPixelMatrixRows=2, TotalPixelMatrixFocalPlanes=2, NumberOfOpticalPaths=2
    ))  # fmt: skip
    assert (found.places.tolist(), found.notes) == ([[0, 0, 0]], (PATHS, PLANES))


def groups(*tiles: slides.Place) -> dict[str, Any]:
    """The functional groups of tiles."""
    return {"PerFrameFunctionalGroupsSequence": [slides.group(tile) for tile in tiles]}


def sparse(*tiles: slides.Place, **more: Any) -> Tiling:
    """Where these tiles of 2 x 3 lie in a matrix of 2 x 6."""
    frames = np.stack([matrix(2, 3)] * len(tiles))
    said = slides.attributes(6, 2, (2, 3), len(tiles), sparse=True, **groups(*tiles), **more)
    return tiling_of(make.instance(slides.WHOLE_SLIDE, frames, **said))


def test_of_several_paths_that_tiles_name_the_first_of_the_slide_is_drawn() -> None:
    paths = [{"OpticalPathIdentifier": "B"}, {"OpticalPathIdentifier": "A"}]
    found = sparse(slides.Place(1, 1, "A"), slides.Place(1, 1, "B"), slides.Place(4, 1, "B"), OpticalPathSequence=paths)
    assert (found.places.tolist(), found.notes) == ([[0, 0, 1], [0, 3, 2]], (PATHS,))


def test_of_several_planes_at_one_place_that_next_to_the_slide_is_drawn() -> None:
    found = sparse(slides.Place(1, 1, height_mm=2), slides.Place(1, 1, height_mm=1), slides.Place(4, 1, height_mm=3))
    assert (found.places.tolist(), found.notes) == ([[0, 0, 1], [0, 3, 2]], (PLANES,))


def test_a_surface_whose_tiles_have_heights_of_their_own_is_one_plane() -> None:
    assert sparse(slides.Place(1, 1, height_mm=2), slides.Place(4, 1, height_mm=1)).notes == ()


def test_a_tile_that_lies_outside_of_the_matrix_is_not_drawn() -> None:
    found = sparse(slides.Place(1, 1), slides.Place(7, 1), slides.Place(1, 3), slides.Place(-2, 1), slides.Place(0, 1))
    assert found.places.tolist() == [[0, -1, 4], [0, 0, 0]]


def test_a_tile_without_a_place_is_said() -> None:
    group = {"FrameContentSequence": [{"DimensionIndexValues": [1, 1]}]}
    with pytest.raises(Undecodable, match="where it lies"):
        tiling_of(slides.slide(matrix(2, 3), (2, 3), DimensionOrganizationType="TILED_SPARSE",
                               PerFrameFunctionalGroupsSequence=[group]))  # fmt: skip


def test_a_matrix_beyond_all_measure_costs_a_sentence() -> None:
    with pytest.raises(Undecodable, match="2147483647"):
        tiling_of(slides.slide(matrix(2, 3), (2, 3), TotalPixelMatrixColumns=2**32 - 1))
