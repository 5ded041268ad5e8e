"""Supervision 信用监督: budget, ceiling, reviews that lapse, alerts, measures when overdue.

docs/policies/credit.md section 11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from credit.rules.grades import notches_down
from credit.rules.months import add_months
from kam.core import money

type Value = Decimal | int | str


@dataclass(frozen=True, kw_only=True)
class BudgetLine:
    """Budget and actual of the credit sales 赊销预算 of one period or part of the company.

    difference: actual less budget, positive when more was sold on credit than planned. used: actual
    as a share of the budget (6 decimals), None when nothing was budgeted.
    """

    budget: Decimal
    actual: Decimal
    difference: Decimal
    used: Decimal | None


def against_budget(budget: Decimal, actual: Decimal) -> BudgetLine:
    """Compare credit sales with their budget, both in the reporting currency.

    Raises ValueError for a negative budget. Source: docs/policies/credit.md section 11.1.
    """
    if budget < 0:
        raise ValueError("a budget must not be negative")
    used = money.display_share(actual / budget) if budget else None
    return BudgetLine(budget=budget, actual=actual, difference=actual - budget, used=used)


def ceiling_headroom(ceiling: Decimal | None, committed: Decimal) -> Decimal | None:
    """What the ceiling on all receivables 应收账款总量 leaves; negative when it is passed.

    committed: the exposure of all accounts. None when there is no ceiling; a ceiling of 0 leaves
    nothing. Raises ValueError for a negative ceiling. Source: section 11.2.
    """
    if ceiling is None:
        return None
    if ceiling < 0:
        raise ValueError("a ceiling must not be negative")
    return ceiling - committed


class ReviewState(StrEnum):
    """Where a line stands between two reviews."""

    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True)
class ReviewPolicy:
    """How often lines are reviewed 半年评定, when to remind, and when a line lapses.

    cut_from_days: from how many days overdue (included) a review proposes no further credit.
    Raises ValueError for less than a month between reviews or negative days.
    """

    every_months: int = 6
    remind_days: int = 30
    lapse_days: int = 30
    cut_from_days: int = 90

    def __post_init__(self) -> None:
        if self.every_months < 1 or min(self.remind_days, self.lapse_days, self.cut_from_days) < 0:
            raise ValueError("reviews need at least a month between them and no negative days")


@dataclass(frozen=True, kw_only=True)
class ReviewStanding:
    """The state of a line on a day, when its review is due, and the last day it counts."""

    state: ReviewState
    due_on: date
    counts_until: date


def review_standing(last_reviewed_on: date, as_of: date, policy: ReviewPolicy) -> ReviewStanding:
    """Whether a line was reviewed in time.

    Due the months after the last review; reminded from `remind_days` before, overdue the day after,
    lapsed when `lapse_days` more have passed: with 30, on the 31st day after it was due.
    Source: docs/policies/credit.md section 11.3.
    """
    due_on = add_months(last_reviewed_on, policy.every_months)
    counts_until = due_on + timedelta(days=policy.lapse_days)
    if as_of > counts_until:
        state = ReviewState.LAPSED
    elif as_of > due_on:
        state = ReviewState.OVERDUE
    elif as_of >= due_on - timedelta(days=policy.remind_days):
        state = ReviewState.DUE_SOON
    else:
        state = ReviewState.IN_TIME
    return ReviewStanding(state=state, due_on=due_on, counts_until=counts_until)


def lapsed_through(as_of: date, policy: ReviewPolicy) -> date:
    """The last day whose reviews have lapsed by a day: a line reviewed later still counts."""
    due_before = as_of - timedelta(days=policy.lapse_days + 1)
    day = add_months(due_before, -policy.every_months)
    while add_months(day + timedelta(days=1), policy.every_months) <= due_before:
        day += timedelta(days=1)  # several days are due on the last one of a short month
    return day


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """An account on one day. payment_index of 0 to 100, overdue_share of its receivables 0 to 1;
    None when there is no such figure."""

    payment_index: Decimal | None = None
    overdue_share: Decimal | None = None
    exposure: Decimal = Decimal(0)
    grade: str | None = None


@dataclass(frozen=True, kw_only=True)
class AlertPolicy:
    """From which change on (included) behaviour has worsened; None switches an alert off.

    exposure_growth counts only where the exposure also grew by exposure_growth_from. compare_days:
    for how long an account is compared with the same day. Raises ValueError for a bound of 0 or
    less: no change is no alert.
    """

    payment_index_fall: Decimal | None = Decimal(10)
    overdue_share_rise: Decimal | None = Decimal("0.10")
    exposure_growth: Decimal | None = Decimal("0.50")
    exposure_growth_from: Decimal = Decimal(10_000)
    grades_down: int | None = 1
    compare_days: int = 30

    def __post_init__(self) -> None:
        bounds = (
            *(self.payment_index_fall, self.overdue_share_rise, self.exposure_growth),
            *(self.exposure_growth_from, self.grades_down, self.compare_days),
        )
        if any(bound is not None and bound <= 0 for bound in bounds):
            raise ValueError("an alert needs a change above 0")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Behaviour that has worsened: the code, the figure before and now, and the bound reached."""

    code: str
    figures: Mapping[str, Value]


def alerts(before: Behaviour, now: Behaviour, policy: AlertPolicy) -> tuple[Alert, ...]:
    """All that has worsened between two days, exactly at a bound included.

    A figure missing on either day raises nothing. An exposure that was 0 or less has grown by any
    share. Source: docs/policies/credit.md section 11.4.
    """
    found = (check(before, now, policy) for check in _CHECKS)
    return tuple(alert for alert in found if alert)


def _index_fell(before: Behaviour, now: Behaviour, policy: AlertPolicy) -> Alert | None:
    old, new, bound = before.payment_index, now.payment_index, policy.payment_index_fall
    if old is None or new is None or bound is None or old - new < bound:
        return None
    return _alert("payment_index_fell", old, new, old - new, bound)


def _overdue_rose(before: Behaviour, now: Behaviour, policy: AlertPolicy) -> Alert | None:
    old, new, bound = before.overdue_share, now.overdue_share, policy.overdue_share_rise
    if old is None or new is None or bound is None or new - old < bound:
        return None
    return _alert("overdue_share_rose", old, new, new - old, bound)


def _exposure_grew(before: Behaviour, now: Behaviour, policy: AlertPolicy) -> Alert | None:
    old, new, bound = before.exposure, now.exposure, policy.exposure_growth
    growth = new - old
    if (
        bound is None
        or growth < policy.exposure_growth_from
        or growth < bound * max(old, Decimal(0))
    ):
        return None
    return _alert("exposure_grew", old, new, growth, bound)


def _grade_dropped(before: Behaviour, now: Behaviour, policy: AlertPolicy) -> Alert | None:
    old, new, bound = before.grade, now.grade, policy.grades_down
    if old is None or new is None or bound is None or notches_down(old, new) < bound:
        return None
    return _alert("grade_dropped", old, new, notches_down(old, new), bound)


def _alert(code: str, before: Value, now: Value, change: Value, bound: Value) -> Alert:
    figures = {"before": before, "now": now, "change": change, "bound": bound}
    return Alert(code=code, figures=figures)


_CHECKS: tuple[Callable[[Behaviour, Behaviour, AlertPolicy], Alert | None], ...] = (
    _index_fell,
    _overdue_rose,
    _exposure_grew,
    _grade_dropped,
)


class Measure(StrEnum):
    """What an overdue account starts, in this order (section 11.5)."""

    RATING_REVIEW = "rating_review"  # 检讨信用等级
    INVESTIGATION = "investigation"  # 重新调查
    COLLECTION_PLAN = "collection_plan"  # 收帐方案


@dataclass(frozen=True, kw_only=True)
class OverduePolicy:
    """From how many days overdue (included) and which overdue amount (included) on."""

    days: int = 1
    amount: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        if self.days < 1 or self.amount <= 0:
            raise ValueError("an account is overdue from 1 day and an amount above 0 on")


def overdue_measures(
    max_overdue_days: int, overdue_amount: Decimal, policy: OverduePolicy
) -> tuple[Measure, ...]:
    """All three measures once both bounds are reached, none before; disputed amounts left out.

    Source: docs/policies/credit.md section 11.5.
    """
    reached = max_overdue_days >= policy.days and overdue_amount >= policy.amount
    return tuple(Measure) if reached else ()
