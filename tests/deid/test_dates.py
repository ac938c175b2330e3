"""Dates move by whole weeks and keep their intervals; what is no date never passes; ages over 89 are one."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary

from dicomconv.deid.dates import capped_age, is_device_or_vocabulary, looks_like_date, role_of_date, shift_of, shifted
from dicomconv.standard import confidentiality, is_plain, rows, tag_of

PLACEHOLDERS = {row["date"] for row in rows("placeholder_dates.csv")}
DAYS = st.integers(52, 520).map(lambda weeks: -7 * weeks)
DATES = st.dates(date(12, 1, 1)).filter(lambda day: spelt(day) not in PLACEHOLDERS)
CLOCKS = st.sampled_from(["", "07", "0730", "073059", "073059.1", "235960.123456"])
ZONES = st.sampled_from(["", "+0930", "-0500", "+1400", "-1200", "+0000"])
JUNK = st.one_of(st.binary(max_size=40), st.text("0123456789-+.:\\ \0DWMY/^", max_size=30).map(str.encode))


def spelt(day):
    return f"{day.year:04}{day.month:02}{day.day:02}"


def day_of(value):
    return date(int(value[:4]), int(value[4:6]), int(value[6:8]))


@given(DATES, DATES, DAYS)
def test_the_interval_between_two_shifted_dates_is_that_of_the_originals(one, other, days):
    a, b = (day_of(shifted("DA", spelt(day).encode(), days)) for day in (one, other))
    assert b - a == other - one
    assert (a - one).days == days
    assert a.weekday() == one.weekday()


def test_every_day_of_two_leap_cycles_moves_as_the_calendar_says():
    for number in range((date(2101, 1, 1) - date(1895, 1, 1)).days):
        day = date(1895, 1, 1) + timedelta(number)
        if spelt(day) not in PLACEHOLDERS:
            assert shifted("DA", spelt(day).encode(), -364) == spelt(day - timedelta(364)).encode()


@given(DATES, CLOCKS, ZONES, DAYS)
def test_a_date_time_moves_like_its_date_and_keeps_time_of_day_and_zone(day, clock, zone, days):
    moved = shifted("DT", f"{spelt(day)}{clock}{zone}".encode(), days)
    assert moved == shifted("DA", spelt(day).encode(), days) + clock.encode() + zone.encode()


@given(st.integers(1200, 1530), st.integers(0, 60), DAYS, ZONES)  # before the first placeholder, 1601
def test_years_and_months_alone_keep_order_and_intervals(year, months, days, zone):
    first, second = year * 12, year * 12 + months
    a, b = (shifted("DT", b"%04d%02d" % (m // 12, m % 12 + 1) + zone.encode(), days) for m in (first, second))
    assert (int(b[:4]) - int(a[:4])) * 12 + int(b[4:6]) - int(a[4:6]) == months
    assert a[6:] == b[6:] == zone.encode()
    y, z = (shifted("DT", b"%04d" % (year + more), days) for more in (0, months))
    assert int(z) - int(y) == months


@given(DATES, DAYS)
def test_a_year_or_month_alone_lands_within_one_of_the_dates_in_it(day, days):
    assume(
        day.year not in (1600, 1601, 1752, 1753, 1799, 1800, 1858, 1899, 1900, 1901, 1904, 1969, 1970, 1980, 2038, 9999)
    )
    whole = day_of(shifted("DA", spelt(day).encode(), days))
    month, year = (shifted("DT", spelt(day)[:digits].encode(), days) for digits in (6, 4))
    assert abs(int(month[:4]) * 12 + int(month[4:]) - whole.year * 12 - whole.month) <= 1
    assert abs(int(year) - whole.year) <= 1


@given(st.lists(st.one_of(DATES, st.none()), min_size=1, max_size=5), DAYS)
def test_of_several_values_each_moves_and_one_that_is_no_date_becomes_empty(days_or_none, days):
    value = "\\".join(spelt(day) if day else "20230230" for day in days_or_none).encode()
    moved = shifted("DA", value, days)
    if not any(days_or_none):
        assert moved is None
        return
    assert [bool(part) for part in moved.split(b"\\")] == [bool(day) for day in days_or_none]
    kept = [(day_of(part), day) for part, day in zip(moved.split(b"\\"), days_or_none, strict=True) if day]
    assert {(new - old).days for new, old in kept} == {days}


@given(st.sampled_from(["DA", "DT", "TM", "LO", "UN", ""]), JUNK, st.integers(-(10**12), 10**12))
def test_nothing_raises_and_what_comes_out_is_of_the_vr_and_moves_on(vr, value, days):
    once = shifted(vr, value, days)
    if once is not None and once.strip(b" \\"):
        assert shifted(vr, once, 0) == once
        assert b"\0" not in once.removesuffix(b" ")
        assert once.replace(b" ", b"").translate(None, b"0123456789.+-\\") == b""


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("DA", b"1977.11.03", b"19761104"),
        ("DA", b"1977-11-03", b"19761104"),
        ("DA", b" 19771103 ", b"19761104"),
        ("DA", b"19771103\0", b"19761104"),
        ("DA", b"19771103\0DOE^JANE", b"19761104"),
        ("DA", b"20240229", b"20230302"),
        ("DA", b"", b""),
        ("DA", b"\\19771103", b"\\19761104"),
        ("DT", b"19771103101112.1234567+0930", b"19761104101112.123456+0930"),
        ("DT", b"2023+0100", b"2022+0100"),
        ("DT", b"202301", b"202201"),
        ("TM", b"10:11:12", b"101112"),
        ("TM", b"101112.1234567", b"101112.123456"),
        ("TM", b"101112\\x", b"101112\\"),
    ],
)
def test_what_real_files_hold_is_read(vr, value, expected):
    assert shifted(vr, value, -364) == expected


@pytest.mark.parametrize(
    ("vr", "value"),
    [("DA", b"20230230"), ("DA", b"00000000"), ("DA", b"19771103-19771105"), ("DA", b"-19771105"), ("DA", b"1977"),
     ("DA", b"DOE^JANE"), ("DA", b"\xb2\xb0230101"), ("DA", b"00020101"), ("DA", b"1977-1103"), ("DA", b"2023\\2024"),
     ("DT", b"2023-2024"), ("DT", b"20230101-20240101"), ("DT", b"202313"), ("DT", b"202300"),
     ("DT", b"20230101+1560"), ("DT", b"2023 JANE"), ("DT", b"202301011"), ("TM", b"2460"),
     ("TM", b"NOON"), ("TM", b"1011-1213"), ("TM", b"10:1112"), ("LO", b"19771103"), ("UN", b"19771103")],
)  # fmt: skip
def test_what_is_no_date_does_not_pass(vr, value):
    assert shifted(vr, value, -3640) is None


def test_an_unchanged_time_is_the_same_object():
    value = b"101112.12 "
    assert shifted("TM", value, -364) is value


@pytest.mark.parametrize("placeholder", sorted(PLACEHOLDERS))
def test_a_date_that_software_writes_for_none_does_not_tell_the_shift(placeholder):
    value = placeholder.encode()
    assert {shifted("DA", value, -7 * weeks) for weeks in range(52, 521)} == {b"19000101"}
    assert {shifted("DT", value + b"101112", -7 * weeks) for weeks in range(52, 521)} == {b"19000101000000"}
    assert shifted("DT", value[:4], -364) == b"1900"


@given(st.binary(max_size=64))
def test_a_shift_is_52_to_520_whole_weeks_back(digest):
    days = shift_of(digest)
    assert days % 7 == 0
    assert -520 * 7 <= days <= -52 * 7


def test_shifts_are_spread_over_all_weeks():
    assert len({shift_of(number.to_bytes(32)) for number in range(1000)}) == 469


@given(st.integers(0, 999), st.sampled_from("DWMY"))
def test_an_age_of_at_most_89_years_stays_and_any_above_is_090y(number, unit):
    value = f"{number:03}{unit}".encode()
    assert capped_age(value) == (b"090Y" if unit == "Y" and number > 89 else value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"093Y", b"090Y"), (b"93Y ", b"090Y"), (b"45Y ", b"045Y"), (b"1080M", b"090Y"), (b"1079M", b"089Y"), (b"4697W", b"090Y"),
     (b"32900D", b"090Y"), (b"32000D", b"087Y"), (b"093y", b"090Y"), (b"093Y\\012M", b"090Y\\012M"), (b"093Y\\DOE", b"090Y\\"),
     (b"", b""), (b"093Y\0", b"090Y"), (b"DOE ", None), (b"093", None), (b"Y", None), (b"-93Y", None), (b"9 3Y", None)],
)  # fmt: skip
def test_ages_of_real_files_are_read(value, expected):
    assert capped_age(value) == expected


@given(JUNK)
def test_no_age_over_89_comes_out_of_anything(value):
    for part in (capped_age(value) or b"").strip(b" ").split(b"\\"):
        assert not part or (len(part) == 4 and int(part[:3]) <= {"D": 999, "W": 999, "M": 999, "Y": 90}[chr(part[3])])


def test_every_date_attribute_has_a_role_written_down():
    listed = {int(row["tag"], 16): row for row in rows("date_roles.csv")}
    known = {tag for tag, entry in DicomDictionary.items() if entry[0] in ("DA", "DT")}
    known |= {int(tag, 16) for tag, row in confidentiality().items() if is_plain(tag) and row.vr in ("DA", "DT")}
    assert set(listed) == known
    assert all(tag_of(row["keyword"]) == tag and row["reason"] for tag, row in listed.items())
    assert all(role_of_date(tag) == row["role"] for tag, row in listed.items())


@pytest.mark.parametrize(
    "keyword",
    ["DateOfLastCalibration", "DateOfManufacture", "ContextGroupVersion", "TemplateVersion", "EffectiveDateTime",
     "EthicsCommitteeApprovalEffectivenessStartDate", "DateOfInstallation"],
)  # fmt: skip
def test_a_date_that_others_know_is_never_shifted(keyword):
    assert is_device_or_vocabulary(tag_of(keyword))


def test_dates_of_care_and_private_ones_are_shifted_and_unknown_ones_get_a_dummy():
    assert not is_device_or_vocabulary(tag_of("StudyDate"))
    assert role_of_date(0x00091023) == "shift"
    assert role_of_date(0x0008FFFE) == "dummy"


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(
    ["%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y",
     "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%d-%b-%y", "%d%b%Y"]))  # fmt: skip
def test_a_whole_date_is_seen_in_every_spelling(day, spelling):
    text = day.strftime(spelling).upper()
    assert looks_like_date(text.encode())
    assert looks_like_date(b"CHEST\\ " + text.encode() + b" \0x")


@pytest.mark.parametrize(
    "value",
    [b"", b"1.2.840.10008", b"12345678", b"20231301", b"0.703125", b"CHEST 2", b"MARKER 12-34", b"v1.2.3", b"syngo MR E11",
     b"1.10.3", b"512\\512", b"20230101X", b"99999999", b"17771103", b"JAN", b"MAYO 5-10 20", b"-20230101"],
)  # fmt: skip
def test_what_is_no_whole_date_is_not_taken_for_one(value):
    assert not looks_like_date(value)


@given(JUNK)
def test_looking_for_a_date_raises_nothing(value):
    assert looks_like_date(value) in (True, False)


def test_intervals_over_a_calendar_of_values_are_kept_in_one_element():
    days = [date(2019, 12, 31), date(2020, 2, 29), date(2020, 3, 1), date(2021, 3, 1)]
    moved = shifted("DA", "\\".join(map(spelt, days)).encode(), -1001).split(b"\\")
    assert [(day_of(b) - day_of(a)).days for a, b in pairwise(moved)] == [60, 1, 365]


@pytest.mark.parametrize("value", [b"2023010124", b"202301012460", b"20230101254746"])
def test_a_date_time_whose_clock_is_none_keeps_its_day(value):
    assert shifted("DT", value, -7) == b"20221225"
