"""Dates and times in all their forms."""

from datetime import date

from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Sheet, Text

DATES = (
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "InstanceCreationDate",
    "PerformedProcedureStepStartDate",
)
ODD = ("20230230", "00000000", "1977.11.03", "19771103-19771105", "1977", "2023-01-02", "unknown")


def dates(sheet: Sheet) -> None:
    """The dates of a study, all within two years."""
    place = sheet.top("date")
    for keyword in DATES:
        sheet.put(place, keyword, Text(sheet.day().strftime("%Y%m%d")))
    sheet.put(place, "AcquisitionDateTime", Text(sheet.day().strftime("%Y%m%d") + "101112.5"))


def with_zone(sheet: Sheet) -> None:
    """A date and time with a zone, and others that say only the month or the year."""
    place = sheet.top("date and time with zone or in part")
    day = sheet.day()
    sheet.put(place, "ScheduledProcedureStepStartDateTime", Text(f"{day:%Y%m%d}2359+0930"))
    sheet.put(place, "PerformedProcedureStepStartDateTime", Text(f"{day:%Y%m}"), Fate.LISTED)
    sheet.put(place, "PerformedProcedureStepEndDateTime", Text(f"{day:%Y}"), Fate.LISTED)


def several(sheet: Sheet) -> None:
    """Dates with more than one value."""
    first, second = sheet.day(), sheet.day()
    text = Text(f"{first:%Y%m%d}\\{second:%Y%m%d}")
    sheet.put(sheet.top("dates with several values"), "DateOfLastCalibration", text)
    sheet.put(sheet.top("dates with several values"), "TreatmentDate", text)


def odd(sheet: Sheet) -> None:
    """Dates that are none, or that another version of the standard allowed."""
    place = sheet.top("date that is none")
    for keyword in sheet.random.sample(
        ("AdmittingDate", "ScheduledProcedureStepStartDate", "LastMenstrualDate", "CurveDate"), 2
    ):
        sheet.put(place, keyword, Text(sheet.random.choice(ODD)), Fate.LISTED)


def parsed(value: str) -> date | None:
    """The day that a DA or DT names to the day; none where it does not."""
    digits = value[:8]
    try:
        return (
            date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 and digits.isdigit() else None
        )
    except ValueError:
        return None
