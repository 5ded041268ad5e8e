"""What the dashboard asks of several apps; always of the rows its reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Account
from kam.home.navigation import address
from sales.models import Order
from tiering import rules
from tiering.models import Designation, TierPolicy, TierRun
from tiering.queries import AccountRow, Mover, ledger_figures, month_before, movers, top_accounts

if TYPE_CHECKING:
    from staff.models import User

EXPIRES_SOON_DAYS = 30
SHOWN = 5


@dataclass(frozen=True)
class WorkList:
    """Records that wait for somebody: how many, the most urgent ones, and where all of them are."""

    count: int
    first: Sequence[Any]
    url: str


def _work_list(rows: QuerySet[Any], url: str) -> WorkList:
    return WorkList(rows.count(), list(rows[:SHOWN]), url)


def reviews_due(user: User, today: date) -> WorkList:
    """Archives to be reviewed, the longest overdue first (A12)."""
    rows = Account.objects.visible_to(user).review_due(today).order_by("review_due_on", "pk")
    return _work_list(rows, address("accounts:list") + "?review_due=on")


def late_deliveries(user: User, today: date) -> WorkList:
    """Open orders past their promised day, the longest overdue first (B2)."""
    rows = Order.objects.visible_to(user).late(today).filter(status=Order.Status.OPEN)
    rows = rows.select_related("account").order_by("promised_on", "pk")
    return _work_list(rows, address("sales:orders") + "?late=on")


def designations_to_decide(user: User) -> WorkList:
    """Proposed designations that this user may decide: not the ones they proposed."""
    rows = Designation.objects.visible_to(user).filter(status=Designation.Status.PROPOSED)
    rows = rows.exclude(proposed_by=user).select_related("account").order_by("proposed_at", "pk")
    return _work_list(rows, address("tiering:designations"))


def designations_expiring(user: User, today: date) -> WorkList:
    """Designations in force that end within 30 days, the next to end first."""
    rows = Designation.objects.visible_to(user).in_force(today)
    rows = rows.filter(expires_on__lte=today + timedelta(days=EXPIRES_SOON_DAYS))
    rows = rows.select_related("account").order_by("expires_on", "pk")
    return _work_list(rows, address("tiering:designations"))


def policies_to_decide(user: User) -> WorkList:
    """Proposed tier policies that this user may decide."""
    rows = TierPolicy.objects.filter(status=TierPolicy.Status.PROPOSED)
    rows = rows.exclude(proposed_by=user).order_by("version")
    return _work_list(rows, address("tiering:policies"))


@dataclass(frozen=True)
class TopAccount:
    """A top account. `change`: of its net sales on the year before, 0.1 = +10 %."""

    row: AccountRow
    change: float | None


def top_with_change(user: User, run: TierRun, limit: int) -> list[TopAccount]:
    """The visible accounts with the greatest net sales, and how they did the year before."""
    rows = top_accounts(user, run, limit)
    terms = run.policy.terms()
    day_before = rules.window(run.as_of, terms.window_months).after
    before = ledger_figures([row.account.pk for row in rows], day_before, terms)
    return [
        TopAccount(row, change(row.net_sales, before[row.account.pk].net_sales))
        if row.account.pk in before
        else TopAccount(row, None)
        for row in rows
    ]


def change(now: Decimal, before: Decimal) -> float | None:
    """By which share `now` is above `before`; None where there is nothing to compare with."""
    return float(now / before - 1) if before > 0 else None


@dataclass(frozen=True)
class Movers:
    """Who changed tier between two recorded days."""

    since: date
    until: date
    rows: list[Mover]


def movers_of_a_month(user: User, run: TierRun) -> Movers | None:
    """Changes of tier in the month up to the run; None while nothing older is recorded."""
    since = month_before(run.as_of)
    if since >= run.as_of:
        return None
    return Movers(since, run.as_of, movers(user, since=since, until=run.as_of))


@dataclass(frozen=True)
class SalesTrend:
    """Net sales of two times twelve months, the last one up to `until`."""

    until: date
    months: list[tuple[date, Decimal]]  # 24, oldest first
    last_year: Decimal  # the 12 months ending with `until`
    year_before: Decimal

    @property
    def change(self) -> float | None:
        return change(self.last_year, self.year_before)


def sales_trend(user: User, until: date) -> SalesTrend:
    """Net sales of all visible orders, walk-in sales included for who sees every account."""
    months = _months(until, 24)
    year = rules.window(until)
    before = rules.window(year.after)
    orders = Order.objects.visible_to(user).counted().order_by()
    by_month = (
        orders.filter(ordered_on__gte=months[0], ordered_on__lte=until)
        .annotate(month=TruncMonth("ordered_on"))
        .values("month")
        .annotate(total=Sum("net_amount"))
    )
    found = {row["month"]: row["total"] for row in by_month}
    totals = orders.filter(ordered_on__gte=before.since, ordered_on__lte=until).aggregate(
        last_year=Sum("net_amount", filter=Q(ordered_on__gte=year.since), default=Decimal(0)),
        year_before=Sum("net_amount", filter=Q(ordered_on__lt=year.since), default=Decimal(0)),
    )
    return SalesTrend(until, [(month, found.get(month, Decimal(0))) for month in months], **totals)


def _months(until: date, count: int) -> list[date]:
    """The first days of `count` months, the last one that of `until`."""
    last = until.year * 12 + until.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count + 1, last + 1)]
