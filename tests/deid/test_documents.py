"""Blank documents: each is one of its kind, and holds nothing."""

import re
import struct
from xml.etree import ElementTree

import pytest

from dicomconv.deid.documents import blank

KINDS = ("application/pdf", "text/XML", "model/stl", "model/obj", "model/mtl", "application/sla")


@pytest.mark.parametrize("mime_type", KINDS)
def test_a_blank_document_has_even_length(mime_type: str) -> None:
    content = blank(mime_type)
    assert content
    assert len(content) % 2 == 0


@pytest.mark.parametrize("mime_type", ["", "video/mp4", "image/png", "application/zip", "text/plain"])
def test_there_is_no_blank_document_of_other_kinds(mime_type: str) -> None:
    assert blank(mime_type) is None


def test_case_padding_and_parameters_of_a_mime_type_do_not_matter() -> None:
    assert blank("Text/xml; charset=utf-8 ") == blank("text/XML") is not None


def test_the_offsets_of_the_blank_pdf_are_those_of_its_objects() -> None:
    content = blank("application/pdf") or b""
    table = int(re.search(rb"startxref\n(\d+)", content)[1])  # type: ignore[index]
    assert content.startswith(b"xref\n0 4\n", table)
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", content[table:]), 1):
        assert content.startswith(b"%d 0 obj" % number, int(place))


def test_the_blank_cda_is_a_clinical_document() -> None:
    assert ElementTree.fromstring(blank("text/XML") or b"").tag == "{urn:hl7-org:v3}ClinicalDocument"


def test_the_blank_stl_says_that_it_has_no_triangles() -> None:
    content = blank("model/stl") or b""
    assert (len(content), struct.unpack_from("<I", content, 80)) == (84, (0,))
