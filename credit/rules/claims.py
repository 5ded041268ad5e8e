"""Claims 债权: late interest and the statutory limitation date.

docs/policies/credit.md sections 8.5 and 8.6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from credit.rules.months import add_months
from credit.rules.receivables import days_overdue
from kam.core import money


@dataclass(frozen=True, kw_only=True)
class LateInterestPolicy:
    """Late interest 逾期利息 = base rate x multiple, by the year. Rates are shares of 1.

    grace_days: a debt paid within them costs nothing; after them interest counts from the first
    day overdue. Raises ValueError for negative rates or days, or a year without days.
    """

    base_rate: Decimal = Decimal("0.03")
    multiple: Decimal = Decimal("1.5")
    grace_days: int = 0
    days_of_year: int = 365

    def __post_init__(self) -> None:
        if self.base_rate < 0 or self.multiple < 0 or self.grace_days < 0 or self.days_of_year < 1:
            raise ValueError("rates and days of late interest must not be negative")

    @property
    def annual_rate(self) -> Decimal:
        """What a year costs, as a share of the amount."""
        return self.base_rate * self.multiple


def late_interest(
    amount: Decimal, *, due_on: date, until: date, policy: LateInterestPolicy
) -> Decimal:
    """Simple interest on an amount paid, or still unpaid, on `until`; 4 decimals, half even.

    amount x annual rate x days overdue / days of the year; 0 within the grace and for an amount
    of 0 or less. With part payments: the sum over the parts, each until the day it was paid.
    Source: docs/policies/credit.md section 8.5.
    """
    days = days_overdue(due_on, until)
    if amount <= 0 or days <= policy.grace_days:
        return Decimal(0)
    return money.amount(amount * policy.annual_rate * days / policy.days_of_year)


class RestartKind(StrEnum):
    """What lets the limitation period begin anew (Civil Code, article 195)."""

    CLAIM = "claim"  # we asked for payment, and can prove it
    PAYMENT = "payment"  # a part was paid
    ACKNOWLEDGEMENT = "acknowledgement"  # the debtor confirmed the debt or promised to pay
    PROCEEDINGS = "proceedings"  # suit or arbitration


@dataclass(frozen=True, kw_only=True)
class Restart:
    """An event that restarts the period, and its day."""

    kind: RestartKind
    on: date


@dataclass(frozen=True, kw_only=True)
class LimitationPolicy:
    """Years of the period and of its absolute end. Raises ValueError when not ascending from 1."""

    years: int = 3
    longest_years: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.years <= self.longest_years:
            raise ValueError("the limitation period must be from 1 year to the longest period")


@dataclass(frozen=True, kw_only=True)
class Limitation:
    """The last day on which the claim is protected 诉讼时效届满日, and what it counts from."""

    until: date
    restarted_by: Restart | None = None

    def days_left(self, as_of: date) -> int:
        """Days from `as_of` to the last day: 0 on it, negative when the period is over."""
        return (self.until - as_of).days


def limitation(due_on: date, restarts: Iterable[Restart], policy: LimitationPolicy) -> Limitation:
    """When the claim ceases to be protected by the courts.

    Three years from the due date (of the last instalment), anew from each claim, payment,
    acknowledgement or suit; the corresponding day three years later is the last one. After the
    period only an acknowledgement opens a new one. Never later than twenty years after the due
    date. What happened before the due date changes nothing. Our reading begins a day early
    rather than late; it is a reminder, not legal advice.
    Source: docs/policies/credit.md section 8.6; Civil Code of China, articles 188, 189, 192, 195.
    """
    longest = add_months(due_on, 12 * policy.longest_years)
    result = Limitation(until=min(add_months(due_on, 12 * policy.years), longest))
    for restart in sorted(restarts, key=lambda each: each.on):
        in_time = restart.on <= result.until
        acknowledged = restart.kind is RestartKind.ACKNOWLEDGEMENT
        if restart.on > due_on and (in_time or acknowledged) and restart.on <= longest:
            until = min(add_months(restart.on, 12 * policy.years), longest)
            result = Limitation(until=until, restarted_by=restart)
    return result
