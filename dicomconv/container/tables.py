"""What a container says of itself once all instances are in: /instances, /recipe, the attributes of the root."""

import itertools
from typing import Any

import h5py
import numpy as np

from dicomconv.container import schema
from dicomconv.container.columns import text_column, write_column, write_number, write_text
from dicomconv.container.digest import root_digest
from dicomconv.container.schema import Piece, ProfileClaim


def write_instances(file: h5py.File, rows: list[dict[str, Any]]) -> None:
    """Write /instances: one column for each name of the schema."""
    group = file.create_group(schema.INSTANCES)
    for name in schema.INSTANCE_TEXTS:
        write_column(group, name, text_column([row[name] for row in rows]))
    for name, dtype in schema.INSTANCE_NUMBERS.items():
        write_column(group, name, np.array([row[name] for row in rows], dtype))
    digests = b"".join(row[schema.SHA256] for row in rows)
    write_column(group, schema.SHA256, np.frombuffer(digests, np.uint8).reshape(-1, 32))


def write_recipes(file: h5py.File, recipes: list[list[Piece]]) -> None:
    """Write /recipe: the pieces of all instances one after the other, and where each instance's begin."""
    group = file.create_group(schema.RECIPE)
    starts = list(itertools.accumulate(map(len, recipes), initial=0))
    write_column(group, schema.RECIPE_START, np.array(starts, "<u8"))
    pieces = list(itertools.chain.from_iterable(recipes))
    for name, dtype in schema.RECIPE_COLUMNS.items():
        write_column(group, name, np.array([getattr(piece, name) for piece in pieces], dtype))


def write_root(file: h5py.File, container_uuid: str, folder: str, profile: ProfileClaim) -> None:
    """Write the attributes of the root that the root digest covers."""
    write_text(file, schema.FORMAT, schema.FORMAT_NAME)
    write_text(file, schema.FORMAT_VERSION, schema.VERSION)
    write_text(file, schema.CONTAINER_UUID, container_uuid)
    write_text(file, schema.FOLDER, folder)
    write_text(file, schema.DEIDENTIFIED, "YES")
    write_text(file, schema.PROFILE, profile.profile)
    write_text(file, schema.PROFILE_CODES, "\\".join(profile.codes))
    write_number(file, schema.INSTANCE_COUNT, len(file[schema.INSTANCES][schema.SHA256]))
    write_number(file, schema.STACK_COUNT, len(file[schema.STACKS]))


def mark_complete(file: h5py.File) -> bytes:
    """Write the root digest and, last of all, the mark without which no reader opens the file. The digest."""
    file.flush()
    digest = root_digest(file)
    write_text(file, schema.ROOT_SHA256, digest.hex())
    file.flush()
    write_number(file, schema.COMPLETE, 1)
    file.flush()
    return digest
