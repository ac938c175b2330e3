"""Blank documents of the kinds that DICOM encapsulates (PS3.3 A.45, A.85, A.104): nothing of the original is in them."""

_PDF_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<<>>>>",
)
_CDA = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>\n'
    '<id nullFlavor="MSK"/>\n'
    '<code nullFlavor="MSK"/>\n'
    '<effectiveTime nullFlavor="MSK"/>\n'
    '<confidentialityCode nullFlavor="MSK"/>\n'
    '<recordTarget><patientRole><id nullFlavor="MSK"/></patientRole></recordTarget>\n'
    '<author><time nullFlavor="MSK"/><assignedAuthor><id nullFlavor="MSK"/></assignedAuthor></author>\n'
    '<custodian><assignedCustodian><representedCustodianOrganization><id nullFlavor="MSK"/>'
    "</representedCustodianOrganization></assignedCustodian></custodian>\n"
    "<component><structuredBody><component><section><text/></section></component></structuredBody></component>\n"
    "</ClinicalDocument>\n"
)
_STL = bytes(80 + 4)  # a binary STL: its header, and a count of no triangles
_OBJ = b"# no geometry\n"
_MTL = b"# no material\n"


def blank(mime_type: str) -> bytes | None:
    """A document of this MIME type with nothing in it, of even length; None if there is none of that kind."""
    content = _BLANKS.get(mime_type.split(";")[0].strip(" \0").lower())
    return None if content is None else content + b" " * (len(content) % 2)


def _pdf() -> bytes:
    """One empty page (ISO 32000-1 7.5)."""
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(_PDF_OBJECTS, 1):
        places.append(len(content))
        content += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(_PDF_OBJECTS) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


_BLANKS = {
    "application/pdf": _pdf(),
    "text/xml": _CDA.encode(),
    "application/sla": _STL,
    "model/stl": _STL,
    "model/x.stl-binary": _STL,
    "model/obj": _OBJ,
    "model/mtl": _MTL,
}
