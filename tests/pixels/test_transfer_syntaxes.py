"""docs/transfer_syntaxes.md against the code and the table of second decoders."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.uid import UID_dictionary

from dicomconv.errors import Undecodable
from dicomconv.model import Span
from dicomconv.part10 import INFLATED_SYNTAX, NATIVE_SYNTAXES
from dicomconv.pixels import decode, jpeg, jpeg2000
from dicomconv.pixels.codecs import decoder_name
from dicomconv.pixels.decode import frames
from tests.pixels.pixel_files import grey_format
from tests.pixels.test_second_decoder import TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "transfer_syntaxes.md").read_text(encoding="utf-8")
CELLS = re.findall(r"^\|.+\| (1[\d.]+) \| (.+) \| ?(.*) \|$", PAGE, re.MULTILINE)
ROWS = {uid: (read_by, witness) for uid, read_by, witness in CELLS}
NEWER_THAN_PYDICOM = {f"1.2.840.10008.1.2.{last}" for last in ("8.1", "4.110", "4.111", "4.112")}
PART_10 = {uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"}


def test_every_transfer_syntax_of_the_standard_is_on_the_page() -> None:
    assert set(ROWS) == PART_10 | NEWER_THAN_PYDICOM


@pytest.mark.parametrize("uid", ROWS)
def test_a_transfer_syntax_is_read_by_what_the_page_says(uid: str) -> None:
    read_by, witness = ROWS[uid]
    format = replace(grey_format(), transfer_syntax_uid=uid)
    if read_by.startswith("native"):
        assert uid in NATIVE_SYNTAXES or INFLATED_SYNTAX[uid] in NATIVE_SYNTAXES
    elif read_by.startswith("not read: "):
        with pytest.raises(Undecodable, match=read_by.removeprefix("not read: ")):
            frames(format, Span(b"", 0, 0))
    elif read_by == "nothing is compressed":
        assert decoder_name(format) == ""
    else:
        assert read_by.lower().replace("-", "_") in decoder_name(format)
    assert witness == TABLE.get(uid, ("",))[0]


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    cells = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE, re.M))
    ratio, large, image = decode.LARGEST_RATIO, decode.LARGE_FRAME >> 20, decode.LARGE_IMAGE >> 30
    assert cells["a decoded frame"] == f"{decode.LARGEST_FRAME >> 30} GiB"
    assert cells[f"a frame of more than {large} MiB"] == f"{ratio} times its compressed bytes"
    assert cells[f"all frames of an image, of more than {image} GiB"] == f"{ratio} times their compressed bytes"
    assert cells["scans of a JPEG"] == str(jpeg.MOST_SCANS)
    for piece, some, samples in (
        ("tiles", jpeg2000.SOME_TILES, jpeg2000.SAMPLES_PER_TILE),
        ("precincts", jpeg2000.SOME_PRECINCTS, jpeg2000.SAMPLES_PER_PRECINCT),
        ("code-blocks", jpeg2000.SOME_BLOCKS, jpeg2000.SAMPLES_PER_BLOCK),
    ):
        assert re.match(rf"{some}, and one for each {samples} ", cells[f"{piece} of a JPEG 2000"])
