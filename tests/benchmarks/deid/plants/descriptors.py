"""Descriptions typed by people: useful words with a name, a number or a date among them."""

from tests.benchmarks.deid import texts
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Sheet, Text

GENERAL = ("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments", "PerformedProcedureStepDescription",
           "RequestedProcedureDescription", "AdditionalPatientHistory", "PatientComments", "CommentsOnThePerformedProcedureStep",
           "AdmittingDiagnosesDescription", "DerivationDescription", "AcquisitionProtocolDescription", "ContrastBolusAgent",
           "ReasonForStudy", "StudyComments", "AcquisitionComments", "MedicalAlerts", "Allergies")  # fmt: skip
UNLISTED = ("PositionReferenceIndicator", "BodyPartExamined", "SequenceName", "ConvolutionKernel", "ImageID",
            "PatientOrientation", "ContrastBolusRoute", "FilterType", "ScanOptions", "LUTExplanation", "CountsSource",
            "WholeBodyTechnique")  # fmt: skip
LONG = ("ImageComments", "AdditionalPatientHistory", "PatientComments", "AcquisitionComments", "StudyComments")


def general(sheet: Sheet) -> None:
    """Listed descriptors: most of them mixed, some of them harmless."""
    place = sheet.top("descriptor")
    always = ("StudyDescription", "SeriesDescription", "ProtocolName")
    for keyword in [*always, *sheet.random.sample(GENERAL[3:], 6)]:
        mixed = sheet.random.random() < 0.7
        sheet.put(place, keyword, texts.mixed(sheet) if mixed else texts.harmless(sheet), Fate.LISTED)


def long_text(sheet: Sheet) -> None:
    """Several sentences in one attribute, with lines, and a UID."""
    parts = [texts.mixed(sheet) for _ in range(4)]
    uid = str(sheet.dataset.StudyInstanceUID)
    value = "\r\n".join([*(part.value for part in parts), f"see {uid}"])
    secrets = (*(one for part in parts for one in part.secrets), uid)
    words = tuple(one for part in parts for one in part.words)
    keyword = sheet.random.choice(LONG)
    sheet.put(sheet.top("long text"), keyword, Text(value, secrets, words), Fate.LISTED)


def unlisted(sheet: Sheet) -> None:
    """Attributes that no table lists, misused for a name."""
    place = sheet.top("attribute that the table does not list")
    for keyword in sheet.random.sample(UNLISTED, 2):
        sheet.put(place, keyword, texts.naming(sheet, 16), Fate.TEXT)


def age_in_text(sheet: Sheet) -> None:
    """An age of more than 89 years in a sentence."""
    if sheet.persona.age > 89:
        words, age = texts.phrase(sheet, 30), f"{sheet.persona.age}Y"
        text = Text(f"{words} {age}", (age,), (words,))
        sheet.put(sheet.top("age above 89 in text"), "SeriesDescription", text, Fate.LISTED)


def codes(sheet: Sheet) -> None:
    """The meaning of a code, mixed and harmless, in sequences that are kept and in such that are not."""
    for keyword, text in (
        ("AnatomicRegionSequence", texts.harmless(sheet)),
        ("ViewCodeSequence", texts.mixed(sheet)),
        ("ProcedureCodeSequence", texts.mixed(sheet)),
    ):
        place = sheet.item(sheet.top("code meaning"), keyword)
        for name, value in (("CodeValue", "T-D1100"), ("CodingSchemeDesignator", "SRT")):
            sheet.put(place, name, Text(value), Fate.TECHNICAL)
        sheet.put(place, "CodeMeaning", text, Fate.TEXT)
