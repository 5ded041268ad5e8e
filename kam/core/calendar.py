"""Working days 工作日 and working hours: pure, on dates and aware moments.

Mainland China's public holidays and make-up workdays 调休 come from `chinese_calendar`, which
knows the years that the State Council has announced; other years have Monday to Friday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar

_SATURDAY = 5
_LONGEST = 4000  # days looked ahead for the next working hour


@lru_cache(maxsize=5000)
def is_workday(day: date) -> bool:
    """Whether people work on this day: make-up workdays do, public holidays do not."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # a year that is not announced
        return day.weekday() < _SATURDAY


def workdays(since: date, until: date) -> list[date]:
    """The working days from `since` to `until`, both included; none when they are reversed."""
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    return [day for day in days if is_workday(day)]


@dataclass(frozen=True, kw_only=True)
class WorkingHours:
    """When the clock of a deadline runs: these periods of every working day, in this zone.

    `periods` are ("09:00", "12:00") and so on, ascending and apart. Raises ValueError otherwise,
    and for an unknown zone.
    """

    zone: str = "Asia/Shanghai"
    periods: tuple[tuple[str, ...], ...] = (("09:00", "12:00"), ("13:00", "18:00"))

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (KeyError, OSError) as error:
            raise ValueError(f"{self.zone} is not a time zone") from error
        if not self.periods or any(len(period) != 2 for period in self.periods):
            raise ValueError("working hours need periods with a beginning and an end")
        moments = [time.fromisoformat(text) for period in self.periods for text in period]
        if any(a >= b for a, b in pairwise(moments)):
            raise ValueError("the periods of working hours must ascend and not touch")

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest moment from `start` on by which `amount` of working time has passed.

        In the zone of the working hours. Raises ValueError for a naive start or a negative amount.
        """
        _refuse_naive(start)
        if amount < timedelta(0):
            raise ValueError("working time to add must not be negative")
        zone = ZoneInfo(self.zone)
        if not amount:
            return start.astimezone(zone)
        start = start.astimezone(UTC)
        for opens, closes in self._periods_from(start):
            begins = max(opens, start)
            if begins + amount <= closes:
                return (begins + amount).astimezone(zone)
            amount -= max(closes - begins, timedelta(0))
        raise ValueError("no such working time within ten years")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; negative when they are reversed."""
        _refuse_naive(start)
        _refuse_naive(end)
        if end < start:
            return -self.between(end, start)
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        passed = timedelta(0)
        for opens, closes in self._periods_from(start):
            if opens >= end:
                break
            passed += max(min(closes, end) - max(opens, start), timedelta(0))
        return passed

    def _periods_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Beginning and end, in UTC, of each period that is not over at `start`, for years.

        `start` is in UTC: comparing moments of different zones is slow.
        """
        first = start.astimezone(ZoneInfo(self.zone)).date()
        for n in range(_LONGEST):
            for opens, closes in _periods_of(self, first + timedelta(days=n)):
                if closes > start:
                    yield opens, closes


@lru_cache(maxsize=5000)
def _periods_of(hours: WorkingHours, day: date) -> list[tuple[datetime, datetime]]:
    """Beginning and end, in UTC, of each period of a day; none unless it is a working day."""
    if not is_workday(day):
        return []
    zone = ZoneInfo(hours.zone)

    def moment(text: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(text), zone).astimezone(UTC)

    return [(moment(opens), moment(closes)) for opens, closes in hours.periods]


def _refuse_naive(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
