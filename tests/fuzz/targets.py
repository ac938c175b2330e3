"""What is given the files: everything that reads what somebody else has written.

Each target takes bytes and a path that holds them, and gives the messages that an operator or a manifest would see.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from dicomconv.container.reader import open_container
from dicomconv.container.verify import verify
from dicomconv.declared import as_declared
from dicomconv.deid.deidentify import Deidentifier, Patient
from dicomconv.deid.options import PRESETS
from dicomconv.deid.profile import Profile
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.search import ResidualSearch
from dicomconv.errors import DicomconvError
from dicomconv.inspected import Aside, inspect
from dicomconv.model import Deidentified
from dicomconv.part10 import join, split, split_headers
from dicomconv.pipeline.containers import recover
from dicomconv.pipeline.context import collected
from dicomconv.pipeline.draw import Names, image_of, work_on
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.picture_key import Origin
from dicomconv.pipeline.residual import leaks_of_instance
from dicomconv.pipeline.views import drawing_of
from dicomconv.source import Original
from dicomconv.stored import chunks
from dicomconv.walk import walk

KEY = bytes(range(32))
MOST_FRAMES = 4
Target = Callable[[bytes, Path], list[str]]


def run_walk(data: bytes, path: Path) -> list[str]:
    """What a file is."""
    found = inspect(path)
    return [found.reason] if isinstance(found, Aside) else []


def run_part10(data: bytes, path: Path) -> list[str]:
    """A file taken apart is the same file when it is joined."""
    with_headers = split_headers(path)
    parts = split(data)
    assert b"".join(join(parts)) == data
    assert with_headers.elements == parts.elements or with_headers.deflated
    return []


def run_archive(data: bytes, path: Path) -> list[str]:
    """Everything in an archive, read to its end."""
    told = list[str]()
    for found in walk([path]):
        if isinstance(found, Aside):
            told.append(found.reason)
            continue
        try:
            split(found.path)
            for _ in chunks(found.path):
                pass
        except DicomconvError as error:
            told.append(str(error))
    return told


@cache
def profiles() -> tuple[Profile, ...]:
    """The Basic Profile, and the one that keeps the most."""
    return Profile(), Profile(options=frozenset(PRESETS["research"]))


def run_deid(data: bytes, path: Path) -> list[str]:
    """De-identified under both profiles, searched, and written."""
    parts, told = split(path), list[str]()
    as_declared(parts)
    for profile in profiles():
        identifiers = collected(iter([path]), profile)
        scrubber, search = Scrubber(identifiers), ResidualSearch(identifiers)
        deidentifier = Deidentifier(Pseudonyms(KEY), Patient("DEID-FUZZ"), profile, scrubber)
        try:
            one = deidentifier(Original(0, path, parts))
        except DicomconvError as error:
            told.append(str(error))
            continue
        for _ in one.chunks():
            pass
        told += leaks_of_instance(one, search)
    return told


def run_decode(data: bytes, path: Path) -> list[str]:
    """The first frames, decoded, encoded for a container, and drawn."""
    parts = as_declared(split(path))
    header, pixel = parts.header(), parts.pixel_element
    if pixel is None:
        return []
    one = Deidentified(
        header.text("SOPClassUID"), "1.2", parts.transfer_syntax_uid, parts.dataset_start,
        {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}.get(pixel.tag, "PixelData"),
        pixel.undefined, parts.head, parts.pixels, parts.tail,
    )  # fmt: skip
    image = image_of(one, header)
    if image is None:
        return []
    views, told = drawing_of().views, list[str]()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for picture in islice(image.pictures(one, Names(Path(folder), "s", 1, 4, Origin("", "", {})), views), MOST_FRAMES):
            told += work_on(picture, "fast").not_drawn.values()
    return told


def run_container(data: bytes, path: Path) -> list[str]:
    """Everything that is read of a container: verified, recovered, its frames and headers."""
    told = verify(path)
    with open_container(path) as container:
        for stack in container.stacks:
            for index in range(min(len(stack), MOST_FRAMES)):
                np.asarray(stack[index])
                stack.attributes(index)
        told += [str(container.headers[row])[:0] for row in range(min(len(container), 9))]
    back = path.parent / "back"
    told += [fault for report in recover([path], back, existing="overwrite") for fault in report.faults]
    shutil.rmtree(back, ignore_errors=True)
    return told


TARGETS: dict[str, Target] = {
    "walk": run_walk,
    "part10": run_part10,
    "deid": run_deid,
    "decode": run_decode,
    "container": run_container,
    "archive": run_archive,
}
def hang(data: bytes, path: Path) -> list[str]:
    """What the guards have to notice: a target that never ends."""
    while True:
        pass


def crash(data: bytes, path: Path) -> list[str]:
    """One that ends the process."""
    os.abort()


def eat(data: bytes, path: Path) -> list[str]:
    """One that takes two gigabytes."""
    return [str(len(bytearray(2 << 30)))]


def quote(data: bytes, path: Path) -> list[str]:
    """One whose message holds the name of the patient."""
    return [f"cannot read {data[data.find(b'DOE') :][:8].decode()} at offset 4"]


def fail(data: bytes, path: Path) -> list[str]:
    """One that raises what nobody worded."""
    raise KeyError(7)


WITNESSES: dict[str, Target] = {"hang": hang, "crash": crash, "eat": eat, "quote": quote, "fail": fail}
WORDED_BY_THE_PIPELINE = ("part10", "deid", "decode")


def messages(target: str, data: bytes, path: Path) -> Iterator[str]:
    """What a target says of a file; errors that are worded on purpose are what it says. Anything else is raised."""
    try:
        with quiet():
            yield from (TARGETS | WITNESSES)[target](data, path)
    except DicomconvError as error:
        yield str(error)
    except (EOFError, OSError) as error:  # the pipeline says so in its own words
        if target not in WORDED_BY_THE_PIPELINE:
            raise
        yield str(error.args[-1:] if isinstance(error, EOFError) else error.strerror)
