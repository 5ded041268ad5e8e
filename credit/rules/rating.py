"""Rating 资信评级 and the limit it suggests: docs/policies/credit.md sections 3 to 5.

The scorecard engine is `kam.core.scorecards`; here stand the card that is shipped, what counts as
payment behaviour, and the suggestion of a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any

from credit.rules.grades import GRADES, worse_of
from kam.core import scorecards
from kam.core.scorecards import Bin, Cap, Criterion, Grade, Missing, Scorecard

CENT = Decimal("0.01")
DAYS_OF_YEAR = 365

# Section 3.3: figures of payment behaviour, which never rate a customer by themselves.
PAYMENT_METRICS = frozenset(
    {
        "payment_index",
        "payment_punctuality",
        "average_days_late",
        "days_overdue",
        "overdue_share",
        "broken_promises",
        "credit_utilisation",
    }
)


def rating_card(data: Any) -> Scorecard:
    """The rating card of stored JSON, with the rule against payment history alone.

    Raises PolicyDataError or ScorecardError, and ValueError for other grades than AAA to D.
    Source: docs/policies/credit.md section 3.
    """
    card = scorecards.card_from_json(data, never_alone=PAYMENT_METRICS)
    if tuple(grade.name for grade in card.grades) != GRADES:
        raise ValueError(f"a rating card has the grades {', '.join(GRADES)}, in this order")
    return card


def _bins(*points: int, cuts: tuple[str, ...], first: Decimal | None = None) -> tuple[Bin, ...]:
    lowers = (first, *map(Decimal, cuts))
    uppers = (*map(Decimal, cuts), None)
    return tuple(
        Bin(lower=lower, upper=upper, points=Decimal(each))
        for lower, upper, each in zip(lowers, uppers, points, strict=True)
    )


def _grades(*cuts: int) -> tuple[Grade, ...]:
    uppers, lowers = (100, *cuts), (*cuts, 0)
    return tuple(
        Grade(name=name, lower=Decimal(lower), upper=Decimal(upper))
        for name, lower, upper in zip(GRADES, lowers, uppers, strict=True)
    )


_ZERO = Decimal(0)

# Section 3.1: the card that is shipped.
DEFAULT_CARD = Scorecard(
    criteria=(
        Criterion(
            metric="payment_index",
            label="Payment index",
            weight=Decimal(25),
            bins=_bins(0, 25, 60, 85, 100, cuts=("40", "60", "75", "80"), first=_ZERO),
            missing=Missing.EXCLUDE,
        ),
        Criterion(
            metric="overdue_share",
            label="Share of receivables overdue",
            weight=Decimal(15),
            bins=_bins(100, 80, 40, 0, cuts=("0.05", "0.15", "0.35")),
            missing=Missing.EXCLUDE,
        ),
        Criterion(
            metric="net_assets",
            label="Net assets",
            weight=Decimal(20),
            bins=_bins(0, 30, 60, 80, 100, cuts=("0", "1000000", "10000000", "100000000")),
            missing=Missing.WORST,
        ),
        Criterion(
            metric="contingent_share",
            label="Guarantees and contingent debts / net assets",
            weight=Decimal(15),
            bins=_bins(100, 70, 30, 0, cuts=("0.1", "0.3", "0.6"), first=_ZERO),
            missing=Missing.WORST,
        ),
        Criterion(
            metric="years_of_dealing",
            label="Years of dealing",
            weight=Decimal(10),
            bins=_bins(20, 50, 80, 100, cuts=("1", "3", "5")),
            missing=Missing.WORST,
        ),
        Criterion(
            metric="terms_over_market",
            label="Our terms beyond those of competitors, days",
            weight=Decimal(5),
            bins=_bins(100, 60, 0, cuts=("1", "31")),
            missing=Missing.NEUTRAL,
        ),
        Criterion(
            metric="receivables_share",
            label="Share of all our receivables",
            weight=Decimal(10),
            bins=_bins(100, 60, 20, 0, cuts=("0.02", "0.05", "0.10")),
            missing=Missing.NEUTRAL,
        ),
    ),
    grades=_grades(90, 80, 70, 60, 50, 40, 25),
    caps=(
        Cap(metric="days_overdue", lower=Decimal(61), upper=Decimal(181), grade="BB"),
        Cap(metric="days_overdue", lower=Decimal(181), upper=None, grade="D"),
        Cap(metric="net_assets", lower=None, upper=_ZERO, grade="B"),
    ),
    never_alone=PAYMENT_METRICS,
)


def _default_caps() -> Mapping[str, Decimal]:
    caps = (5_000_000, 3_000_000, 2_000_000, 1_000_000, 500_000, 200_000, 50_000, 0)
    return dict(zip(GRADES, map(Decimal, caps), strict=True))


@dataclass(frozen=True, kw_only=True)
class FirstTerms:
    """The conservative first terms of a new customer 初期信用条件. Section 5.

    A customer is new until `months` full months of dealing. Raises ValueError for negative
    figures or an unknown grade.
    """

    months: int = 12
    max_limit: Decimal = Decimal(50_000)
    max_days: int = 30
    best_grade: str = "BBB"

    def __post_init__(self) -> None:
        if self.months < 0 or self.max_limit < 0 or self.max_days < 0:
            raise ValueError("first terms must not be negative")
        if self.best_grade not in GRADES:
            raise ValueError(f"there is no grade {self.best_grade}")


@dataclass(frozen=True, kw_only=True)
class LimitPolicy:
    """How a limit is suggested: a buffer on the need, a cap for every grade, first terms.

    buffer: share on top of the need (0.20 is 20 %). Raises ValueError for negative figures, a
    grade without a cap, or a lower grade with a higher one.
    """

    buffer: Decimal = Decimal("0.20")
    caps: Mapping[str, Decimal] = field(default_factory=_default_caps)
    first_terms: FirstTerms = FirstTerms()

    def __post_init__(self) -> None:
        if set(self.caps) != set(GRADES):
            raise ValueError("every grade from AAA to D needs a cap, and nothing else")
        caps = [self.caps[grade] for grade in GRADES]
        if self.buffer < 0 or min(caps) < 0:
            raise ValueError("the buffer and the caps must not be negative")
        if caps != sorted(caps, reverse=True):
            raise ValueError("a lower grade must not have a higher cap")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a suggestion; code: grade_held_back, terms_cut, need, cap_by_grade,
    first_limit, limit."""

    code: str
    figures: Mapping[str, Decimal | int | str]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A limit and terms to propose, and every step that led there. Only people grant it."""

    limit: Decimal
    terms_days: int
    grade: str
    need: Decimal
    steps: tuple[Step, ...]


def credit_need(annual_credit_sales: Decimal, terms_days: int, buffer: Decimal) -> Decimal:
    """What a customer owes at a time: annual credit sales x terms / 365 x (1 + buffer).

    annual_credit_sales: expected for the next twelve months, tax included as it is owed. Rounded
    up to the cent; 0 when no sales (or returns only) are expected. Raises ValueError for negative
    terms. Source: docs/policies/credit.md section 4.1.
    """
    if terms_days < 0:
        raise ValueError("terms must not be negative")
    if annual_credit_sales <= 0:
        return Decimal(0)
    need = annual_credit_sales * terms_days * (1 + buffer) / DAYS_OF_YEAR
    return need.quantize(CENT, ROUND_UP)


def suggest_limit(
    *,
    grade: str,
    annual_credit_sales: Decimal,
    terms_days: int,
    months_of_dealing: int,
    policy: LimitPolicy,
) -> Suggestion:
    """The limit min(need, cap by grade), more careful for a new customer.

    terms_days: those that are asked for. months_of_dealing: full months since the first order.
    Raises ValueError for an unknown grade or negative terms.
    Source: docs/policies/credit.md sections 4 and 5.
    """
    if grade not in GRADES:
        raise ValueError(f"there is no grade {grade}")
    first = policy.first_terms
    is_new = months_of_dealing < first.months
    steps: list[Step] = []
    if is_new:
        grade, terms_days = _first_terms(grade, terms_days, months_of_dealing, first, steps)
    need = credit_need(annual_credit_sales, terms_days, policy.buffer)
    cap = policy.caps[grade]
    steps.append(
        Step(
            code="need",
            figures={
                "annual_credit_sales": annual_credit_sales,
                "terms_days": terms_days,
                "buffer": policy.buffer,
                "need": need,
            },
        )
    )
    steps.append(Step(code="cap_by_grade", figures={"grade": grade, "cap": cap}))
    limit = min(need, cap)
    if is_new:
        steps.append(Step(code="first_limit", figures={"max_limit": first.max_limit}))
        limit = min(limit, first.max_limit)
    steps.append(Step(code="limit", figures={"limit": limit}))
    return Suggestion(
        limit=limit, terms_days=terms_days, grade=grade, need=need, steps=tuple(steps)
    )


def _first_terms(
    grade: str, terms_days: int, months: int, first: FirstTerms, steps: list[Step]
) -> tuple[str, int]:
    """The grade and terms a new customer gets, each change told as a step."""
    held_back = worse_of(grade, first.best_grade)
    dealing: dict[str, Decimal | int | str] = {"months": months, "needed": first.months}
    if held_back != grade:
        figures = {**dealing, "scored": grade, "grade": held_back}
        steps.append(Step(code="grade_held_back", figures=figures))
    if terms_days > first.max_days:
        figures = {**dealing, "asked": terms_days, "terms_days": first.max_days}
        steps.append(Step(code="terms_cut", figures=figures))
    return held_back, min(terms_days, first.max_days)
