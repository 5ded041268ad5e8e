"""Working time: order, additivity, holidays, make-up days, in Shanghai and where clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kam.core.calendar import WorkingHours, is_workday, workdays

SHANGHAI = WorkingHours()
BERLIN_NIGHTS = WorkingHours(zone="Europe/Berlin", periods=(("00:30", "04:00"), ("09:00", "17:00")))

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2024, 2027))
moments = st.integers(FIRST, LAST).map(lambda second: datetime.fromtimestamp(second, UTC))
amounts = st.timedeltas(timedelta(0), timedelta(hours=200)).map(
    lambda amount: timedelta(seconds=int(amount.total_seconds()))
)
calendars = st.sampled_from([SHANGHAI, BERLIN_NIGHTS])


@settings(deadline=None)
@given(calendars, moments, amounts)
def test_what_is_added_lies_between(hours: WorkingHours, start: datetime, amount: timedelta):
    assert hours.between(start, hours.add(start, amount)) == amount


@settings(deadline=None)
@given(calendars, moments, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(
    hours: WorkingHours, start: datetime, first: timedelta, second: timedelta
):
    assert hours.add(hours.add(start, first), second) == hours.add(start, first + second)


@settings(deadline=None)
@given(calendars, moments, moments, moments)
def test_working_time_adds_up_over_any_moment(
    hours: WorkingHours, a: datetime, b: datetime, c: datetime
):
    assert hours.between(a, b) + hours.between(b, c) == hours.between(a, c)


@settings(deadline=None)
@given(calendars, moments, amounts, amounts)
def test_more_working_time_is_never_over_earlier(
    hours: WorkingHours, start: datetime, one: timedelta, other: timedelta
):
    shorter, longer = sorted([one, other])
    assert start <= hours.add(start, shorter) <= hours.add(start, longer)


@settings(deadline=None)
@given(calendars, moments, moments)
def test_working_time_is_never_longer_than_the_time(
    hours: WorkingHours, one: datetime, other: datetime
):
    start, end = sorted([one, other])
    assert timedelta(0) <= hours.between(start, end) <= end - start


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday that makes up for it
        (date(2026, 10, 11), False),
        (date(2031, 10, 1), True),  # not announced yet: a Wednesday
        (date(2031, 10, 4), False),
    ],
)
def test_holidays_and_make_up_days(day: date, expected: bool):
    assert is_workday(day) is expected


def test_workdays_of_a_span_have_both_ends():
    assert workdays(date(2026, 9, 30), date(2026, 10, 8)) == [date(2026, 9, 30), date(2026, 10, 8)]
    assert workdays(date(2026, 10, 8), date(2026, 9, 30)) == []


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-20 17:00", 2, "2026-11-23 10:00"),  # over the weekend
        ("2026-11-20 11:30", 1, "2026-11-20 13:30"),  # over noon
        ("2026-11-20 17:00", 1, "2026-11-20 18:00"),  # to the last minute
        ("2026-11-21 12:00", 1, "2026-11-23 10:00"),  # begun on a Saturday
        ("2026-09-30 17:00", 2, "2026-10-08 10:00"),  # over the holidays
        ("2026-10-09 17:00", 2, "2026-10-10 10:00"),  # into a Saturday that makes up
        ("2026-11-20 12:30", 0, "2026-11-20 12:30"),
    ],
)
def test_a_deadline_in_working_hours(start: str, hours: int, expected: str):
    zone = ZoneInfo("Asia/Shanghai")
    begun = datetime.fromisoformat(start).replace(tzinfo=zone)

    due = SHANGHAI.add(begun, timedelta(hours=hours))

    assert due == datetime.fromisoformat(expected).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2023, 4, 22), 0.0),
        (date(2023, 4, 23), 4.5),  # clocks go from 02:00 to 03:00
        (date(2019, 5, 5), 6.5),  # and from 03:00 back to 02:00
        (date(2019, 5, 6), 5.5),
    ],
)
def test_on_a_make_up_sunday_on_which_clocks_change_the_hours_that_pass_count(
    day: date, worked: float
):
    hours = WorkingHours(zone="Africa/Casablanca", periods=(("00:30", "06:00"),))
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Africa/Casablanca"))

    passed = hours.between(midnight, midnight + timedelta(hours=12))

    assert passed == timedelta(hours=worked)


@pytest.mark.parametrize(
    "changed",
    [
        {"zone": "Europe/Nowhere"},
        {"periods": ()},
        {"periods": (("09:00",),)},
        {"periods": (("12:00", "09:00"),)},
        {"periods": (("09:00", "12:00"), ("12:00", "18:00"))},
        {"periods": (("nine", "12:00"),)},
    ],
)
def test_hours_that_make_no_sense_are_refused(changed: dict):
    with pytest.raises(ValueError, match=r"."):
        WorkingHours(**changed)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        SHANGHAI.add(datetime(2026, 11, 20, 9), timedelta(hours=1))  # noqa: DTZ001


def test_negative_working_time_is_refused():
    with pytest.raises(ValueError, match="negative"):
        SHANGHAI.add(datetime(2026, 11, 20, 9, tzinfo=UTC), timedelta(seconds=-1))
