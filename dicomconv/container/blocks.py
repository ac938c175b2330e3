"""Headers and kept bytes while they are written: rows in blocks, bytes in chunks, never the whole in memory."""

from collections.abc import Iterable

import h5py
import numpy as np

from dicomconv.container import schema
from dicomconv.container.chunks import Compression, checksum, deflate
from dicomconv.container.columns import write_column


class HeaderWriter:
    """/headers: one row an instance, its head and tail, padded with zeros to the longest."""

    def __init__(self, file: h5py.File, planned_instances: int, compression: Compression) -> None:
        self._file, self._compression = file, compression
        self._rows_of_block = min(schema.HEADER_ROWS, max(1, planned_instances))
        self._waiting: list[bytes] = []
        self._lengths: list[int] = []
        self.checksums: list[int] = []  # of the rows, to be held against what is in the file
        self._bytes = file.create_dataset(
            schema.HEADER_BYTES,
            shape=(0, 0),
            maxshape=(None, None),
            chunks=(self._rows_of_block, schema.HEADER_COLUMNS),
            dtype="|u1",
            compression="gzip",
            compression_opts=6,
        )

    def append(self, row: bytes) -> None:
        """Add the row of the next instance; empty if its bytes are kept in /encoded."""
        self._waiting.append(row)
        self._lengths.append(len(row))
        self.checksums.append(checksum(row))
        if len(self._waiting) == self._rows_of_block:
            self._flush()

    def _flush(self) -> None:
        first, width = len(self._lengths) - len(self._waiting), max(map(len, self._waiting))
        self._bytes.resize((len(self._lengths), max(width, self._bytes.shape[1])))
        block = np.zeros((self._rows_of_block, -(-width // schema.HEADER_COLUMNS) * schema.HEADER_COLUMNS), np.uint8)
        for row, waiting in zip(block, self._waiting, strict=False):
            row[: len(waiting)] = np.frombuffer(waiting, np.uint8)
        for column in range(0, block.shape[1], schema.HEADER_COLUMNS):
            chunk = np.ascontiguousarray(block[:, column : column + schema.HEADER_COLUMNS]).reshape(-1)
            self._bytes.id.write_direct_chunk((first, column), deflate(chunk.data, self._compression))
        self._waiting.clear()

    def finish(self) -> None:
        """Write what waits, and the lengths."""
        if self._waiting:
            self._flush()
        write_column(self._file, schema.HEADER_LENGTH, np.array(self._lengths, "<u8"))


class EncodedWriter:
    """/encoded/data: bytes that are kept as they are, one after the other."""

    def __init__(self, file: h5py.File, compression: Compression) -> None:
        self._compression, self._waiting = compression, bytearray()
        self._written = 0
        self._data = file.create_dataset(
            schema.ENCODED_DATA,
            shape=(0,),
            maxshape=(None,),
            chunks=(schema.ENCODED_CHUNK,),
            dtype="|u1",
            compression="gzip",
            compression_opts=6,
        )

    def append(self, pieces: Iterable[bytes]) -> schema.Piece:
        """Keep the bytes of all pieces, and say where they are."""
        start = self._written + len(self._waiting)
        for piece in pieces:
            self._waiting += piece
            self._flush(schema.ENCODED_CHUNK)
        return schema.Piece(schema.PieceKind.ENCODED, 0, start, self._written + len(self._waiting) - start)

    def _flush(self, at_least: int) -> None:
        """Write chunks while so many bytes wait; the last one is padded with zeros, which the shape leaves out."""
        if len(self._waiting) < at_least:
            return
        full, size = bytes(self._waiting), schema.ENCODED_CHUNK
        for start in range(0, len(full) - at_least + 1, size):
            part = full[start : start + size]
            self._data.resize((self._written + len(part),))
            self._data.id.write_direct_chunk((self._written,), deflate(part.ljust(size, b"\0"), self._compression))
            self._written += len(part)
        self._waiting = bytearray(full[start + size :])

    def finish(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._flush(1)
