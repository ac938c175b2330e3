"""Elements that no dictionary knows, public ones as UN, and groups that are not a patient's business."""

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from tests.benchmarks.deid import paths
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Sheet, Text, padded

PUBLIC = (
    ("StudyDescription", 0x00081030),
    ("OtherPatientIDs", 0x00101000),
    ("PatientComments", 0x00104000),
    ("BeamName", 0x300A00C2),
)


def unknown_even(sheet: Sheet) -> None:
    """Tags of even groups that no dictionary has, and of a retired or file-set group."""
    for group, element, vr in (
        (0x0008, 0x9FF1, "LO"),
        (0x0018, 0x1FFE, "UN"),
        (0x0012, 0x0FF0, "PN"),
        (0x5254, 0x4942, "UT"),
    ):
        sheet.put_unknown(sheet.top("unknown even tag"), Tag(group, element), vr, sheet.stranger())
    sheet.put_unknown(sheet.top("group 0004"), Tag(0x0004, 0x1130), "CS", sheet.stranger().upper())


def public_as_un(sheet: Sheet) -> None:
    """Public attributes whose VR a gateway has lost."""
    keyword, number = sheet.random.choice(PUBLIC)
    tag, name, place = Tag(number), sheet.stranger(), sheet.top("public attribute as UN")
    if tag not in sheet.dataset:
        place.dataset[tag] = DataElement(tag, "UN", padded(name.encode()))
        sheet.note(place, paths.step(number), Text(name, (name,)), (keyword, "UN", Fate.GONE))


def padding(sheet: Sheet) -> None:
    """Data Set Trailing Padding with something in it."""
    tag = Tag(0xFFFC, 0xFFFC)
    sheet.dataset[tag] = DataElement(tag, "OB", padded(sheet.hide("trailing padding", sheet.stranger()).encode()))


def original_attributes(sheet: Sheet) -> None:
    """What the attributes were before somebody corrected them."""
    place = sheet.item(sheet.top("original attributes"), "OriginalAttributesSequence")
    name = sheet.stranger()
    sheet.put(place, "ModifyingSystem", Text(sheet.stranger()), Fate.GONE)
    modified = sheet.item(place, "ModifiedAttributesSequence")
    sheet.put(modified, "PatientName", Text(name, (name,)))
    sheet.put(modified, "StudyDescription", Text(name, (name,)), Fate.GONE)


def signatures(sheet: Sheet) -> None:
    """A digital signature with its signer's certificate, and attributes that somebody else has encrypted."""
    signature, sealed = Dataset(), Dataset()
    signature.MACIDNumber = 1
    signature.DigitalSignatureUID = sheet.uid(f"signature {sheet.dataset.SOPInstanceUID}")
    signature.CertificateType = "X509_1993_SIG"
    signature.CertificateOfSigner = padded(sheet.hide("certificate of the signer", sheet.stranger()).encode())
    sealed.EncryptedContentTransferSyntaxUID = "1.2.840.10008.1.2.1"
    sealed.EncryptedContent = padded(sheet.hide("encrypted attributes", sheet.stranger()).encode())
    sheet.dataset.DigitalSignaturesSequence = Sequence([signature])
    sheet.dataset.EncryptedAttributesSequence = Sequence([sealed])


def icon(sheet: Sheet) -> None:
    """A small picture of the image whose bytes hold a name."""
    item = Dataset()
    for keyword, value in (("SamplesPerPixel", 1), ("Rows", 4), ("Columns", 8), ("BitsAllocated", 8), ("BitsStored", 8),
                           ("HighBit", 7), ("PixelRepresentation", 0), ("PhotometricInterpretation", "MONOCHROME2")):  # fmt: skip
        setattr(item, keyword, value)
    pixels = sheet.hide("icon", sheet.stranger()).encode().ljust(32)
    item[Tag("PixelData")] = DataElement(Tag("PixelData"), "OW", pixels)
    sheet.dataset.IconImageSequence = Sequence([item])


def overlays(sheet: Sheet) -> None:
    """An overlay with a label, a description and comments, a picture that holds text, and a curve."""
    for group in sheet.random.sample((0x6000, 0x6002, 0x601E), 1):
        bits = sheet.hide("overlay data", sheet.stranger()).encode().ljust(32)
        for element, vr, value in (
            (0x0010, "US", 16), (0x0011, "US", 16), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]), (0x0100, "US", 1),
            (0x0102, "US", 0), (0x3000, "OW", bits),
        ):  # fmt: skip
            sheet.dataset[Tag(group, element)] = DataElement(Tag(group, element), vr, value)
        for element, vr in ((0x0022, "LO"), (0x1500, "LO"), (0x4000, "LT")):
            sheet.put_unknown(sheet.top("overlay"), Tag(group, element), vr, sheet.stranger())
    sheet.put_unknown(sheet.top("curve"), Tag(0x5000, 0x0022), "LO", sheet.stranger())
    sheet.put_unknown(sheet.top("curve"), Tag(0x5000, 0x3000), "OB", sheet.stranger())
