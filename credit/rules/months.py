"""Steps of whole months in the calendar."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later or earlier; its last day where it has no such day.

    So a month after 31 January is 28 or 29 February.
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def full_months(since: date, until: date) -> int:
    """How many whole months have passed from one day to a later one; 0 before the first has."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months if add_months(since, months) <= until else months - 1)
