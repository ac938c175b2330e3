"""What stands around the data set: preamble, File Meta, trailing bytes, the names of files, a DICOMDIR, a PDF."""

from io import BytesIO

from pydicom import dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.benchmarks.deid import spellings
from tests.benchmarks.deid.persona import Persona
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Sheet, Text

PDF_STORAGE = "1.2.840.10008.5.1.4.1.1.104.1"
DIRECTORY = "1.2.840.10008.1.3.10"


def meta(sheet: Sheet) -> None:
    """Titles, addresses and private information in File Meta."""
    group = sheet.dataset.file_meta
    for element, vr in ((0x0016, "AE"), (0x0017, "AE"), (0x0018, "AE"), (0x0026, "UR"), (0x0027, "UR"), (0x0028, "UR")):
        name = sheet.hide("File Meta", sheet.stranger().upper())
        group[Tag(2, element)] = DataElement(Tag(2, element), vr, f"http://{name}.example/" if vr == "UR" else name)
    group[Tag(2, 0x0100)] = DataElement(Tag(2, 0x0100), "UI", "1.2.276.0.7230010.3.9.1")
    private = sheet.hide("File Meta, private", sheet.stranger()).encode()
    group[Tag(2, 0x0102)] = DataElement(Tag(2, 0x0102), "OB", private + bytes(len(private) % 2))


def encoded(sheet: Sheet) -> bytes:
    """The file: a preamble with a name in it, File Meta, the data set, and bytes behind it."""
    dataset, buffer = sheet.dataset, BytesIO()
    file_meta = dataset.file_meta
    file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.preamble = sheet.hide("preamble", sheet.stranger()).encode().ljust(128, b"\0")
    dcmwrite(buffer, dataset, enforce_file_format=False)
    if not file_meta.TransferSyntaxUID.is_deflated and sheet.random.random() < 0.1:
        buffer.write(sheet.hide("trailing bytes", sheet.stranger()).encode() + b"\0\0")
    return buffer.getvalue()


def file_name(persona: Persona, row: int, modality: str) -> str:
    """Where a file lies: folders and files are named after patients."""
    folder = f"{spellings.plain(persona.family).upper()}_{spellings.plain(persona.given)}_{persona.patient_id}"
    study = f"{persona.first_study:%Y-%m-%d} {modality} {spellings.plain(persona.physician_names[0])}"
    return f"{folder}/{study}/{persona.accession}_{row:04}.dcm"


def as_pdf(sheet: Sheet) -> None:
    """Make an encapsulated document of a file, with names in its title and in the document."""
    keep = {*sheet.found, "<(0008,0016)>", "<(0008,0018)>", "<(0020,000d)>", "<(0020,000e)>", "<(0008,0005)>"}
    for element in list(sheet.dataset):
        if f"<({element.tag.group:04x},{element.tag.element:04x})>" not in keep:
            del sheet.dataset[element.tag]
    name = sheet.hide("encapsulated document", sheet.stranger())
    document = f"%PDF-1.4\n1 0 obj<</Title({name})>>endobj\n% {sheet.persona.family}\n%%EOF\n".encode()
    sheet.dataset.SOPClassUID, sheet.dataset.Modality = PDF_STORAGE, "DOC"
    sheet.dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    sheet.dataset.set_original_encoding(False, True)
    title = sheet.stranger()
    sheet.put(sheet.top("encapsulated document"), "DocumentTitle", Text(title, (title,)), Fate.GONE)
    sheet.dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    sheet.dataset.BurnedInAnnotation = "YES"
    sheet.dataset.EncapsulatedDocument = document + b" " * (len(document) % 2)


def directory(people: list[tuple[Persona, list[str]]]) -> bytes:
    """A DICOMDIR that names every patient."""
    dataset, buffer = Dataset(), BytesIO()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UID(DIRECTORY)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.276.0.7230010.3.7.1")
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = UID("1.2.276.0.7230010.3.7.1.1")
    dataset.FileSetID, dataset.SpecificCharacterSet = "BENCH", "ISO_IR 192"
    dataset.DirectoryRecordSequence = Sequence([_record(*one) for one in people])
    dcmwrite(buffer, dataset, enforce_file_format=False, implicit_vr=False, little_endian=True)
    return bytes(128) + b"DICM" + buffer.getvalue() if buffer.getvalue()[128:132] != b"DICM" else buffer.getvalue()


def _record(persona: Persona, files: list[str]) -> Dataset:
    record = Dataset()
    record.DirectoryRecordType = "PATIENT"
    record.PatientName, record.PatientID = persona.person_name, persona.patient_id
    record.ReferencedFileID = files[0].split("/")
    return record
