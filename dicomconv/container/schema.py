"""Every name, type and limit of the container format, version 1.1: spelt here and nowhere else (docs/container.md)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from dicomconv.annotation import Kind

FORMAT_NAME, VERSION = "dicomconv-series", "1.1"
WITHOUT_FOOTER = ("1.0",)  # versions
LIBVER = ("v108", "v110")

STACKS, PIXELS, FRAMES = "stacks", "pixels", "frames"
HEADERS, HEADER_BYTES, HEADER_LENGTH = "headers", "headers/bytes", "headers/length"
ENCODED, ENCODED_DATA = "encoded", "encoded/data"
INSTANCES, RECIPE, RECIPE_START = "instances", "recipe", "start"
INDEX, CONSTANTS, COLUMN_ORDER, VR, TAG = "index", "constants", "column-order", "vr", "tag"

FORMAT, FORMAT_VERSION, CONTAINER_UUID, FOLDER = "format", "format_version", "container_uuid", "folder"
INSTANCE_COUNT, STACK_COUNT = "instance_count", "stack_count"
DEIDENTIFIED, PROFILE, PROFILE_CODES = "deidentified", "deidentification_profile", "deidentification_codes"
ROOT_SHA256, COMPLETE = "root_sha256", "complete"
ROOT_ATTRIBUTES = (
    FORMAT,
    FORMAT_VERSION,
    CONTAINER_UUID,
    FOLDER,
    INSTANCE_COUNT,
    STACK_COUNT,
    DEIDENTIFIED,
    PROFILE,
    PROFILE_CODES,
)
COVERED_GROUPS = (STACKS, HEADERS, ENCODED, INSTANCES, RECIPE, INDEX, CONSTANTS)

DECODER = "decoder"
SPACE = "space"
AFFINE_LPS, ORIGIN, SPACING, DIRECTION = "affine_lps", "origin", "spacing", "direction"

HEADER_ROWS, HEADER_COLUMNS = 64, 1024  # of a chunk of /headers/bytes
LARGEST_HEADER = 1 << 20  # head and tail together; larger ones are kept in /encoded/data
LARGEST_EXCESS = 1 << 16  # of a native pixel value beyond its frames; more is kept in /encoded/data
ENCODED_CHUNK = 1 << 18
LARGEST_CHUNK = (1 << 32) - 1  # HDF5 keeps the size of a chunk in 32 bits
CONTIGUOUS = 1 << 16  # a column smaller than this is stored as it is
COLUMN_CHUNK = 1 << 18
LARGEST_INDEXED = 1024


class PieceKind(IntEnum):
    """Where a piece of a file is kept."""

    HEADER = 0
    FRAMES = 1
    ENCODED = 2


class Piece(NamedTuple):
    """One piece of a file: `length` bytes. `source`: row, stack or 0. `offset`: of bytes, or the first frame."""

    kind: int
    source: int
    offset: int
    length: int
    frame_count: int = 0


@dataclass(frozen=True, slots=True)
class ProfileClaim:
    """How the instances were de-identified: the profile in words, and its codes of CID 7050 (PS3.16)."""

    profile: str
    codes: tuple[str, ...]


RECIPE_COLUMNS = {"kind": "|u1", "source": "<u8", "offset": "<u8", "length": "<u8", "frame_count": "<u8"}

FRAME_ROW = np.dtype(
    [
        ("instance", "<u4"),
        ("frame_number", "<u4"),
        ("sha256", "u1", (32,)),
        ("minimum", "<f8"),
        ("maximum", "<f8"),
        ("position", "<f8", (3,)),
        ("orientation", "<f8", (6,)),
        ("pixel_spacing", "<f8", (2,)),
        ("pixel_spacing_from", "S32"),
        ("slice_thickness", "<f8"),
        ("modality_lut", "u1"),
        ("rescale_slope", "<f8"),
        ("rescale_intercept", "<f8"),
        ("rescale_type", "S64"),
        ("window_center", "<f8"),
        ("window_width", "<f8"),
        ("window_function", "S16"),
        ("padding", "<f8", (2,)),
    ]
)

INSTANCE_TEXTS = ("sop_instance_uid", "sop_class_uid", "transfer_syntax_uid", "pixel_keyword")
INSTANCE_NUMBERS = {
    "encapsulated": "|u1",
    "file_length": "<u8",
    "dataset_start": "<u8",
    "head_length": "<u8",
    "tail_length": "<u8",
    "frame_count": "<u4",
    "first_stack": "<i4",
    "first_frame": "<i8",
}
SHA256 = "sha256"

ANNOTATIONS, ANNOTATION_VERSION = "annotations", "1.0"
LABELMAP, OVERLAPS, SEEN = "labelmap", "overlaps", "seen"
OVERLAP_BITS, RINGS, POINTS = "bits", "rings", "points"
SHAPES, TAGS, RING_START = "shapes", "tags", "ring_start"
SET_VERSION, SET_NUMBER, SET_LABELS = "annotation_version", "number", "labels"
SET_TEXTS = (SET_VERSION, "annotator", "origin", "source_sha256", "algorithm", SET_LABELS, ROOT_SHA256, SHA256)
OVERLAP_COLUMNS = {"frame": "<u4", "label": "<u2", "box": "<u4", "start": "<u8"}
SHAPE_COLUMNS = {"stack": "<u4", "frame": "<u4", "label": "<u2", "kind": "|u1", "object": "<i8"}
TAG_COLUMNS = {"stack": "<i4", "frame": "<i8", "label": "<u2"}
SHAPE_KINDS: tuple[Kind, ...] = ("polygon", "box", "polyline", "point")
LARGEST_SET_NAME = 64  # bytes
