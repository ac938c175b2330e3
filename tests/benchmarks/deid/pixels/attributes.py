"""Whether the attributes around the pixels say what the pixels are."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames

from tests.benchmarks.deid import iod
from tests.benchmarks.deid.pixels import encoding
from tests.benchmarks.deid.pixels.cases import Case
from tests.benchmarks.deid.pixels.reading import Unreadable, decoded

ONE_SAMPLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
LOSSY = {
    encoding.JPEG.uid, "1.2.840.10008.1.2.4.51", encoding.JPEG_LS_NEAR.uid, encoding.JPEG_2000_LOSSY.uid,
    "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.4.112",
}  # fmt: skip
JPEG_2000_FAMILY = (encoding.JPEG_2000.uid, encoding.JPEG_2000_LOSSY.uid, encoding.HTJ2K.uid)
CODING_STYLE = b"\xff\x52"
GDCM_READS = {
    encoding.RLE.uid, encoding.JPEG.uid, encoding.JPEG_LOSSLESS.uid, encoding.JPEG_LS.uid, encoding.JPEG_2000.uid,
    encoding.EXPLICIT.uid, encoding.IMPLICIT.uid, encoding.BIG.uid, encoding.DEFLATED.uid,
}  # fmt: skip


def faults(source: FileDataset, output: FileDataset, case: Case) -> list[str]:
    """What does not fit, each in a few words; nothing where all does."""
    return [*_layout(source, output), *_lossy(source, output, case), *_colours(output)]


def _layout(source: FileDataset, output: FileDataset) -> list[str]:
    photometric, found = str(output.PhotometricInterpretation), []
    samples = int(output.SamplesPerPixel)
    if samples != (1 if photometric in ONE_SAMPLE else 3):
        found.append(f"{samples} samples of {photometric}")
    if source.SamplesPerPixel == output.SamplesPerPixel == 1 and photometric != source.PhotometricInterpretation:
        found.append(f"{source.PhotometricInterpretation} has become {photometric}")
    if ("PlanarConfiguration" in output) != (samples > 1):
        found.append(f"Planar Configuration with {samples} samples")
    if int(output.HighBit) != int(output.BitsStored) - 1 or output.BitsStored > output.BitsAllocated:
        found.append("High Bit, Bits Stored and Bits Allocated do not fit")
    for keyword in ("Rows", "Columns", "BitsStored", "PixelRepresentation"):
        if output.get(keyword) != source.get(keyword):
            found.append(f"{keyword} has changed")
    return found


def _lossy(source: FileDataset, output: FileDataset, case: Case) -> list[str]:
    found = []
    if case.syntax.lossy and output.get("LossyImageCompression") != "01":
        found.append("Lossy Image Compression is gone")
    if case.syntax.lossy and not (
        output.get("LossyImageCompressionRatio") and output.get("LossyImageCompressionMethod")
    ):
        found.append("ratio or method of the lossy compression is gone")
    if not case.syntax.lossy and output.get("LossyImageCompression") == "01":
        found.append("Lossy Image Compression 01 of a lossless source")
    if not case.syntax.lossy and str(output.file_meta.TransferSyntaxUID) in LOSSY:
        found.append("a lossless source has got a lossy syntax")
    return found


def _colours(output: FileDataset) -> list[str]:
    """JPEG 2000's own transform of components is what YBR_RCT and YBR_ICT stand for."""
    if str(output.file_meta.TransferSyntaxUID) not in JPEG_2000_FAMILY or output.SamplesPerPixel != 3:
        return []
    frame = next(generate_frames(output.PixelData, number_of_frames=int(output.get("NumberOfFrames") or 1)))
    transformed = frame[frame.index(CODING_STYLE) + 8] == 1
    named = output.PhotometricInterpretation in ("YBR_RCT", "YBR_ICT")
    return [] if transformed == named else [f"{output.PhotometricInterpretation} with transform {int(transformed)}"]


def burned_in(output: FileDataset, left: bool) -> list[str]:
    """Burned In Annotation says NO where nothing that names somebody is left, and only there."""
    said = output.get("BurnedInAnnotation")
    if left and said == "NO":
        return ["Burned In Annotation NO, and there is some"]
    return ["Burned In Annotation is not NO, and there is none"] if not left and said != "NO" else []


def new_iod_errors(source: Path, output: Path) -> list[str]:
    """Errors of dciodvfy that the source did not have; nothing where it is missing or does not read either to its end."""
    if not iod.is_here():
        return []
    before, after = iod.errors(source), iod.errors(output)
    if not (iod.was_read(before) and iod.was_read(after)):
        return []
    return [f"dciodvfy: {one}" for one in sorted(after - before)]


def second_reader(path: Path, output: FileDataset) -> list[str]:
    """GDCM reads the same from the output, where it is installed and reads this syntax."""
    if shutil.which("gdcmconv") is None or str(output.file_meta.TransferSyntaxUID) not in GDCM_READS:
        return []
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.dcm"
        done = subprocess.run(["gdcmconv", "--raw", str(path), str(raw)], capture_output=True, check=False, timeout=120)
        if done.returncode or not raw.exists():
            return ["GDCM cannot read it"]
        return _same_pixels(output, pydicom.dcmread(raw))


def _same_pixels(output: FileDataset, raw: FileDataset) -> list[str]:
    """Greys, indices and RGB; of YBR each decoder makes its own RGB."""
    if raw.PhotometricInterpretation != output.PhotometricInterpretation or "YBR" in output.PhotometricInterpretation:
        return []
    try:
        return [] if np.array_equal(decoded(raw).values, decoded(output).values) else ["GDCM reads other pixels"]
    except Unreadable as fault:
        return [f"as GDCM reads it: {fault}"]
