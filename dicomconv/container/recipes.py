"""Whether the recipes of a container stay within what is kept, and leave nothing of it out."""

from collections.abc import Iterator

import numpy as np

from dicomconv.container import schema
from dicomconv.container.reader import Container
from dicomconv.container.schema import Piece, PieceKind


def recipe_faults(container: Container) -> list[str]:
    """Recipes that reach beyond what is kept or make up another length than the file's."""
    recipes, instances = container.recipes, container.instances
    faults = []
    if len(recipes) != len(instances):
        faults.append(f"recipe: there are {len(recipes)} for {len(instances)} instances")
    for instance, recipe in zip(instances, recipes, strict=False):
        if not all(_is_within(container, piece) for piece in recipe):
            faults.append(f"instance {instance.index}: its recipe reaches beyond what is kept")
        elif sum(piece.length for piece in recipe) != instance.file_length:
            faults.append(f"instance {instance.index}: its recipe makes another length than its file has")
    return faults


def _is_within(container: Container, piece: Piece) -> bool:
    if piece.kind == PieceKind.FRAMES:
        stacks = container.stacks
        stack = stacks[piece.source] if piece.source < len(stacks) else None
        if stack is None or piece.frame_count == 0 or piece.offset + piece.frame_count > len(stack):
            return False
        return piece.length == piece.frame_count * stack.frame_length
    if piece.kind == PieceKind.HEADER:
        rows = container.header_lengths
        return piece.source < len(rows) and piece.offset + piece.length <= rows[piece.source]
    encoded = len(container.dataset(schema.ENCODED_DATA))
    return piece.kind == PieceKind.ENCODED and piece.offset + piece.length <= encoded


def uncovered_faults(container: Container) -> list[str]:
    """Bytes kept that belong to no file, frames that belong to no instance, instances that are there twice."""
    faults = [*_loose_bytes(container), *_loose_frames(container)]
    if len({instance.sop_instance_uid for instance in container.instances}) < len(container):
        faults.append("instances: a SOP Instance UID is there twice")
    return faults


def _loose_bytes(container: Container) -> Iterator[str]:
    lengths = {(PieceKind.HEADER, row): length for row, length in enumerate(container.header_lengths)}
    lengths[PieceKind.ENCODED, 0] = len(container.dataset(schema.ENCODED_DATA))
    for piece in (piece for recipe in container.recipes for piece in recipe):
        if piece.kind != PieceKind.FRAMES:
            lengths[PieceKind(piece.kind), piece.source] -= piece.length
    for (kind, source), left in lengths.items():
        if left:
            where = f"header row {source}" if kind == PieceKind.HEADER else schema.ENCODED_DATA
            yield f"{where}: {left} bytes more than the recipes use"


def _loose_frames(container: Container) -> Iterator[str]:
    counts = np.zeros(len(container), np.int64)
    for stack in container.stacks:
        owners = stack.frames["instance"]
        if owners.size and int(owners.max()) >= len(counts):
            yield f"stack {stack.index}: a frame belongs to no instance"
            return
        counts += np.bincount(owners, minlength=len(counts))
    for instance in container.instances:
        if counts[instance.index] != instance.frame_count:
            yield f"instance {instance.index}: it has {counts[instance.index]} frames instead of {instance.frame_count}"
