"""Decoders that share no code with those of the package, or another build of it: what they make of a file."""

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import deflate
import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array

from dicomconv.declared import as_declared
from dicomconv.part10 import Parts, join, split
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.photometric import to_rgb
from tests.pixels.pixel_files import format_of, frames_of

Array = NDArray[np.generic]
Decoder = Callable[[Parts, Path], Array]


def has_program(name: str) -> bool:
    return shutil.which(name) is not None


def run(command: list[str], data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout


def meant(parts: Parts) -> Array:
    """All frames of a file as we read them: stored values, or RGB."""
    found, stored, _ = frames_of(parts)
    arrays = [to_rgb(frame, stored) if stored.samples_per_pixel == 3 else stored_values(frame, stored) for frame in found]
    return np.stack(arrays)


def written(parts: Parts, folder: Path) -> Path:
    path = folder / "compressed.dcm"
    path.write_bytes(b"".join(join(parts)))
    return path


def by_dcmtk(program: str) -> Decoder:
    """dcmdjpeg, dcmdjpls, dcmdrle: the file without compression; native pixels are read as in all other tests."""

    def decoder(parts: Parts, folder: Path) -> Array:
        run([program, str(written(parts, folder)), str(folder / "plain.dcm")])
        return meant(as_declared(split(folder / "plain.dcm")))

    return decoder


def streams(parts: Parts) -> list[bytes]:
    """The compressed frames."""
    value = parts.pixels.read(0, parts.pixels.length)
    return list(generate_frames(value, number_of_frames=format_of(parts).number_of_frames))


def shape(format: PixelFormat) -> tuple[int, ...]:
    return (format.rows, format.columns, 3)[: 2 + (format.samples_per_pixel == 3)]


def by_ffmpeg(codec: str) -> Decoder:
    """ffmpeg's own decoders of JPEG 2000 and JPEG-LS; signed samples come raised, fewer than 16 bits in the high ones."""

    def decoder(parts: Parts, folder: Path) -> Array:
        format = format_of(parts)
        wide, colour = format.bits_stored > 8, format.samples_per_pixel == 3
        layout = "rgb24" if colour else "gray16le" if wide else "gray"
        command = ["ffmpeg", "-v", "error", "-threads", "1", "-f", "image2pipe", "-c:v", codec, "-i", "-"]
        raw = run([*command, "-f", "rawvideo", "-pix_fmt", layout, "-"], b"".join(streams(parts)))
        values = np.frombuffer(raw, "<u2" if wide else "u1").reshape(-1, *shape(format))
        values = values >> (16 - format.bits_stored) if wide else values
        return values.astype(np.int64) - (format.pixel_representation << format.bits_stored - 1)

    return decoder


def by_djpeg(parts: Parts, folder: Path) -> Array:
    """libjpeg's own program."""
    format = format_of(parts)
    frames = [run(["djpeg", "-pnm"], data) for data in streams(parts)]
    return np.stack([np.frombuffer(frame.split(b"\n", 3)[3], np.uint8).reshape(shape(format)) for frame in frames])


def by_djxl(parts: Parts, folder: Path) -> Array:
    """libjxl's own program, which gives samples of 9 to 15 bits on the scale of 16."""
    format = format_of(parts)
    return np.stack([_djxl(data, format, folder) for data in streams(parts)])


def _djxl(data: bytes, format: PixelFormat, folder: Path) -> Array:
    source, made = folder / "frame.jxl", folder / ("frame.ppm" if format.samples_per_pixel == 3 else "frame.pgm")
    source.write_bytes(data)
    run(["djxl", str(source), str(made), "--num_threads=0"])
    _, _, largest, samples = made.read_bytes().split(b"\n", 3)
    if int(largest) < 256:
        return np.frombuffer(samples, np.uint8).reshape(shape(format))
    scaled = np.frombuffer(samples, ">u2").reshape(shape(format)) * (int(largest) / 65535)
    return np.floor(scaled + 0.5).astype(np.uint16)


def by_openjph(parts: Parts, folder: Path) -> Array:
    """OpenJPH through imagecodecs: sound frames only."""
    return np.stack([imagecodecs.htj2k_decode(data) for data in streams(parts)])


def by_plain_python(parts: Parts, folder: Path) -> Array:
    """pydicom's run lengths, in plain Python; those of one bit, which pydicom does not read, byte by byte."""
    format = format_of(parts)
    if format.bits_allocated == 1:
        return _plain([_run_lengths(data[64:]) for data in streams(parts)], format)
    dataset = pydicom.dcmread(BytesIO(b"".join(join(parts))), force=True)
    return pixel_array(dataset, raw=True, decoding_plugin="pydicom")


def _run_lengths(segment: bytes) -> bytes:
    found, at = bytearray(), 0
    while at + 1 < len(segment):
        run = segment[at]
        if run < 128:
            found += segment[at + 1 : at + 2 + run]
            at += 2 + run
        else:
            found += segment[at + 1 : at + 2] * (257 - run)
            at += 2
    return bytes(found)


def by_libdeflate(parts: Parts, folder: Path) -> Array:
    format = format_of(parts)
    size = format.rows * format.columns * format.samples_per_pixel * format.bits_allocated
    return _plain([deflate.deflate_decompress(data, -(-size // 8)) for data in streams(parts)], format)


def by_fragments(parts: Parts, folder: Path) -> Array:
    """Nothing to decode: the fragments as pydicom takes them apart."""
    return _plain(streams(parts), format_of(parts))


def _plain(frames: list[bytes], format: PixelFormat) -> Array:
    count = format.rows * format.columns * format.samples_per_pixel
    if format.bits_allocated == 1:
        bits = [np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:count] for data in frames]
        return np.stack(bits).reshape(-1, *shape(format))
    dtype = f"<{'i' if format.pixel_representation else 'u'}{format.bits_allocated // 8}"
    values = np.stack([np.frombuffer(data[: count * format.bits_allocated // 8], dtype) for data in frames])
    if format.planar_configuration == 1:
        return np.moveaxis(values.reshape(-1, 3, format.rows, format.columns), 1, -1)
    return values.reshape(-1, *shape(format))
