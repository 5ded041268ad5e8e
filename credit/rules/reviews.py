"""The half-yearly review 半年评定: its periods, and what is proposed for each customer.

docs/policies/credit.md sections 11.3 and 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from credit.rules.months import add_months
from credit.rules.supervision import ReviewPolicy

# The letters a part of a year is called by, and P for any other length.
_LETTERS = {3: "Q", 6: "H"}


@dataclass(frozen=True, kw_only=True)
class Period:
    """A part of a year in which every line is reviewed once, and the days of its campaign.

    label: "2026H2". opens_on: the first day of the campaign. due_on: the last day of the period,
    by which its reviews are to be approved.
    """

    label: str
    opens_on: date
    due_on: date


def review_period(on: date, policy: ReviewPolicy) -> Period:
    """The period a day lies in.

    The calendar year is cut into parts of `every_months`, the last one shorter where they do not
    add up; the campaign opens `remind_days` before the last day of the part.
    Source: docs/policies/credit.md section 12.1.
    """
    months = min(policy.every_months, 12)
    part = (on.month - 1) // months
    due_on = min(
        add_months(date(on.year, 1, 1), (part + 1) * months), date(on.year + 1, 1, 1)
    ) - timedelta(days=1)
    label = str(on.year) if months == 12 else f"{on.year}{_LETTERS.get(months, 'P')}{part + 1}"
    return Period(label=label, opens_on=due_on - timedelta(days=policy.remind_days), due_on=due_on)


@dataclass(frozen=True, kw_only=True)
class ReviewFigures:
    """What a proposal is made from. suggested_limit: section 4, None without a rating."""

    limit: Decimal
    terms_days: int
    grade: str | None
    suggested_limit: Decimal | None
    max_overdue_days: int


@dataclass(frozen=True, kw_only=True)
class ReviewProposal:
    """A limit and terms to propose, and why: kept, cut_to_suggestion, cut_to_nothing."""

    limit: Decimal
    terms_days: int
    code: str


def propose_review(figures: ReviewFigures, policy: ReviewPolicy) -> ReviewProposal:
    """What the rules propose: the limit as it is, or less; to raise one is for people.

    Nothing for the worst grade or from `cut_from_days` overdue on; else no more than the
    suggested limit, where there is one. Source: docs/policies/credit.md section 12.3.
    """
    if figures.grade == "D" or figures.max_overdue_days >= policy.cut_from_days:
        limit, code = Decimal(0), "cut_to_nothing"
    elif figures.suggested_limit is not None and figures.suggested_limit < figures.limit:
        limit, code = figures.suggested_limit, "cut_to_suggestion"
    else:
        limit, code = figures.limit, "kept"
    return ReviewProposal(limit=limit, terms_days=figures.terms_days, code=code)
