"""Indicators of receivables: DSO and its relatives, CEI, the payment index.

docs/policies/credit.md section 9. Days and percent have 2 decimals, half even; None says that the
figure has no meaning, which is not the same as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from kam.core import money


def days_sales_outstanding(
    receivables: Decimal, credit_sales: Decimal, days: int
) -> Decimal | None:
    """DSO 应收账款周转天数 = receivables / credit sales x days of the period.

    None when there were no credit sales (0 or less). Raises ValueError for less than one day.
    Source: docs/policies/credit.md section 9.1.
    """
    if days < 1:
        raise ValueError("a period has at least one day")
    return money.display(receivables * days / credit_sales) if credit_sales > 0 else None


def best_possible_dso(not_due: Decimal, credit_sales: Decimal, days: int) -> Decimal | None:
    """The DSO if all paid on time: receivables not yet due / credit sales x days. Section 9.2."""
    return days_sales_outstanding(not_due, credit_sales, days)


def average_days_delinquent(overdue: Decimal, credit_sales: Decimal, days: int) -> Decimal | None:
    """ADD = DSO - best possible DSO = overdue receivables / credit sales x days. Section 9.3."""
    return days_sales_outstanding(overdue, credit_sales, days)


def collection_effectiveness(
    *, opening: Decimal, credit_sales: Decimal, closing: Decimal, closing_not_due: Decimal
) -> Decimal | None:
    """CEI 收款有效指数, percent: of what could be collected in the period, how much was.

    (opening + credit sales - closing) / (opening + credit sales - closing not yet due) x 100.
    None when nothing was to be collected (divisor 0 or less). Source: section 9.4.
    """
    collectable = opening + credit_sales - closing_not_due
    if collectable <= 0:
        return None
    return money.display((opening + credit_sales - closing) * 100 / collectable)


@dataclass(frozen=True, kw_only=True)
class SalesPeriod:
    """The credit sales of a stretch of days, usually a month."""

    days: int
    credit_sales: Decimal


def countback_dso(receivables: Decimal, newest_first: Sequence[SalesPeriod]) -> Decimal | None:
    """Count-back DSO 倒推法: the days of sales, newest first, that the receivables are made of.

    Whole periods count with all their days while the receivables exceed their sales; the last one
    in proportion. A period without sales (0 or less) takes nothing off and counts its days.
    0 when nothing is owed; None when more is owed than was sold in all the periods given.
    Source: docs/policies/credit.md section 9.5.
    """
    left, days = receivables, Decimal(0)
    for period in newest_first:
        if left <= 0:
            break
        sales = max(period.credit_sales, Decimal(0))
        if left < sales:
            return money.display(days + left * period.days / sales)
        left -= sales
        days += period.days
    return money.display(days) if left <= 0 else None


@dataclass(frozen=True, kw_only=True)
class PaymentStep:
    """Payments up to `days_late` (included; negative is early) are worth `points`."""

    days_late: int
    points: Decimal


def _steps(*pairs: tuple[int, int]) -> tuple[PaymentStep, ...]:
    return tuple(PaymentStep(days_late=days, points=Decimal(points)) for days, points in pairs)


@dataclass(frozen=True, kw_only=True)
class PaymentIndexPolicy:
    """Points by days late, falling; later than the last step is worth 0.

    Raises ValueError when days do not ascend, points do not fall, or leave 0 to 100.
    """

    steps: tuple[PaymentStep, ...] = _steps(
        *((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30)),
        (120, 20),
    )

    def __post_init__(self) -> None:
        if not self.steps or any(not 0 <= step.points <= 100 for step in self.steps):
            raise ValueError("a payment index needs steps with points of 0 to 100")
        for one, other in pairwise(self.steps):
            if one.days_late >= other.days_late or one.points <= other.points:
                raise ValueError("days late must ascend and points fall from step to step")

    def points(self, days_late: int) -> Decimal:
        """What one payment is worth."""
        found = (step.points for step in self.steps if days_late <= step.days_late)
        return next(found, Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Experience:
    """One payment experience: an amount and how late it came, negative when early.

    An overdue amount that is unpaid still counts with its days so far; one not yet due does not.
    """

    amount: Decimal
    days_late: int


def payment_index(experiences: Iterable[Experience], policy: PaymentIndexPolicy) -> Decimal | None:
    """Payment index 付款指数, 0 to 100, weighted by amount: sum(amount x points) / sum(amount).

    80 is prompt, more is early, less is late. None without a positive amount; amounts of 0 or less
    (credit notes) are left out. Source: docs/policies/credit.md section 9.6.
    """
    counted = [(each.amount, policy.points(each.days_late)) for each in _counted(experiences)]
    return _weighted(counted)


def paid_on_time_share(experiences: Iterable[Experience]) -> Decimal | None:
    """Share of the amount paid by its due date, 0 to 1 with 6 decimals. Source: section 9.7."""
    counted = _counted(experiences)
    total = sum((each.amount for each in counted), Decimal(0))
    on_time = sum((each.amount for each in counted if each.days_late <= 0), Decimal(0))
    return money.display_share(on_time / total) if total else None


def average_days_late(experiences: Iterable[Experience]) -> Decimal | None:
    """Days late weighted by amount, early payments counted as 0. Source: section 9.8."""
    return _weighted(
        [(each.amount, Decimal(max(0, each.days_late))) for each in _counted(experiences)]
    )


def _counted(experiences: Iterable[Experience]) -> list[Experience]:
    return [each for each in experiences if each.amount > 0]


def _weighted(pairs: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    total = sum((weight for weight, _ in pairs), Decimal(0))
    if not total:
        return None
    return money.display(sum((weight * value for weight, value in pairs), Decimal(0)) / total)
