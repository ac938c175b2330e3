"""Who the patient is, in the attributes that are there for it: every base file becomes somebody else's."""

from tests.benchmarks.deid import spellings
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text


def patient(sheet: Sheet) -> None:
    """Name, ID, birth date and whereabouts of the patient."""
    persona, place = sheet.persona, sheet.top("patient module")
    sheet.put(place, "PatientName", _secret(persona.person_name))
    sheet.put(place, "PatientID", _secret(persona.patient_id), Fate.PATIENT_ID)
    for keyword, value in (
        ("IssuerOfPatientID", persona.issuer),
        ("OtherPatientIDs", persona.second_id),
        ("PatientBirthDate", spellings.dates(persona.born)[0]),
        ("PatientBirthName", f"{sheet.stranger()}^{persona.given}"),
        ("PatientMotherBirthName", sheet.stranger()),
        ("OtherPatientNames", f"{persona.family}^{persona.given[0]}"),
        ("PatientAddress", persona.address),
        ("PatientTelephoneNumbers", persona.phone),
        ("PatientTelecomInformation", f"mailto:{persona.email}"),
        ("MedicalRecordLocator", persona.second_id),
        ("ResponsiblePerson", sheet.stranger()),
        ("MilitaryRank", "Rittmeister"),
        ("RegionOfResidence", persona.address.split()[-1]),
    ):
        sheet.put(place, keyword, _secret(value))


def characteristics(sheet: Sheet) -> None:
    """What the option for patient characteristics keeps."""
    persona, place = sheet.persona, sheet.top("patient characteristics")
    for keyword, value in (
        ("PatientSex", persona.sex),
        ("PatientAge", f"{persona.age:03}Y"),
        ("PatientSize", "1.72"),
        ("PatientWeight", str(50 + persona.number)),
        ("SmokingStatus", "NO"),
        ("PatientSexNeutered", "UNALTERED"),
    ):
        sheet.put(place, keyword, Text(value))


def study(sheet: Sheet) -> None:
    """Numbers of the study and the people who took part."""
    persona, place = sheet.persona, sheet.top("study module")
    for keyword, value in (
        ("AccessionNumber", persona.accession),
        ("StudyID", persona.order[-6:]),
        ("ReferringPhysicianName", persona.physicians[0]),
        ("PerformingPhysicianName", persona.physicians[1]),
        ("OperatorsName", persona.physicians[2]),
        ("NameOfPhysiciansReadingStudy", persona.physicians[3]),
        ("RequestingPhysician", persona.physicians[4]),
        ("AdmissionID", persona.admission),
        ("PlacerOrderNumberImagingServiceRequest", persona.order),
        ("FillerOrderNumberImagingServiceRequest", persona.order),
        ("InstitutionName", persona.institution),
        ("InstitutionAddress", persona.address),
        ("InstitutionalDepartmentName", persona.department),
    ):
        sheet.put(place, keyword, _secret(value))


def device(sheet: Sheet) -> None:
    """Which machine it was: kept where devices are."""
    place = sheet.top("equipment module")
    sheet.put(place, "StationName", Text(sheet.persona.station))
    sheet.put(place, "DeviceSerialNumber", Text(sheet.persona.device_serial))


def other_ids(sheet: Sheet) -> None:
    """A second ID with its issuer in a sequence, and the order in another one."""
    place = sheet.item(sheet.top("other patient IDs"), "OtherPatientIDsSequence")
    sheet.put(place, "PatientID", _secret(sheet.persona.second_id), Fate.LISTED)
    sheet.put(place, "IssuerOfPatientID", _secret(sheet.persona.issuer))
    order = sheet.item(sheet.top("request attributes"), "RequestAttributesSequence")
    sheet.put(order, "RequestedProcedureID", _secret(sheet.persona.order[-8:]))
    sheet.put(order, "AccessionNumber", _secret(sheet.persona.accession))
    _person(sheet, order)


def _person(sheet: Sheet, place: Place) -> None:
    doctor = sheet.item(place, "ReferringPhysicianIdentificationSequence")
    sheet.put(doctor, "InstitutionName", _secret(sheet.persona.institution))
    code = sheet.item(doctor, "PersonIdentificationCodeSequence")
    name = sheet.persona.physician_names[0]
    sheet.put(code, "CodeMeaning", Text(f"Dr {name}", (name,)), Fate.GONE)


def _secret(value: str) -> Text:
    return Text(value, (value,))
