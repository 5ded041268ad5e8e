"""Complaints counted: by a column, by month, against the service standard. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Avg, Count, DateField, F, Q, Value
from django.db.models.functions import TruncMonth
from django.utils import timezone

from complaints import words
from complaints.models import Complaint, ComplaintQuerySet, is_overdue
from tiering.standard_words import TIERS
from tiering.standards import SEVERITIES

GROUPS = ("channel", "category", "cause", "severity", "tier", "status")
# What a Pareto analysis is made of: its name and the column.
PARETO = {
    "cause": "cause",
    "category": "category",
    "product": "product__code",
    "channel": "channel",
    "severity": "severity",
    "tier": "tier",
}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Complaints that share a value; "" where they have none."""

    key: str
    count: int
    overdue: int


@dataclass(frozen=True, kw_only=True)
class Month:
    """What was received in a span of time, and what had become of it by now."""

    received: int
    overdue: int
    open: int
    reopened: int
    mean_days: float | None  # from receipt to solution


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How far the standard was kept for one tier and severity.

    Judged are complaints whose time is up or that came to their end; the clock of the others
    still runs.
    """

    tier: str
    severity: str
    received: int
    acknowledge_judged: int
    acknowledged_in_time: int
    resolve_judged: int
    resolved_in_time: int

    @property
    def severity_label(self) -> str:
        return str(words.SEVERITIES[self.severity])

    @property
    def acknowledged_share(self) -> float | None:
        judged = self.acknowledge_judged
        return self.acknowledged_in_time / judged if judged else None

    @property
    def resolved_share(self) -> float | None:
        return self.resolved_in_time / self.resolve_judged if self.resolve_judged else None


def received_between(
    complaints: ComplaintQuerySet, since: date | None, until: date | None
) -> ComplaintQuerySet:
    """Those received from `since` to `until`, local days, both included; None is no bound."""
    if since:
        complaints = complaints.filter(received_at__gte=_midnight(since))
    if until and until < date.max:
        complaints = complaints.filter(received_at__lt=_midnight(until + timedelta(days=1)))
    return complaints


def grouped(complaints: ComplaintQuerySet, column: str, at: datetime) -> list[Group]:
    """The complaints counted by a column, the most frequent first: one query."""
    rows = (
        complaints.order_by()
        .values_list(column)
        .annotate(number=Count("pk"), late=Count("pk", filter=is_overdue(at)))
        .order_by("-number", column)
    )
    return [Group(key=key or "", count=number, overdue=late) for key, number, late in rows]


def totals(complaints: ComplaintQuerySet, at: datetime) -> Month:
    """The complaints of a span in figures: one query."""
    found = complaints.aggregate(
        received=Count("pk"),
        overdue=Count("pk", filter=is_overdue(at)),
        open=Count("pk", filter=Q(closed_at=None)),
        reopened=Count("pk", filter=Q(reopened__gt=0)),
        mean=Avg(F("resolved_at") - F("received_at")),
    )
    mean = found.pop("mean")
    return Month(**found, mean_days=mean / timedelta(days=1) if mean is not None else None)


def monthly(complaints: ComplaintQuerySet, at: datetime) -> list[tuple[date, int, int]]:
    """(first day, received, of them overdue) of each month that has complaints: one query."""
    rows = (
        complaints.order_by()
        .annotate(month=TruncMonth("received_at"))
        .values_list("month")
        .annotate(number=Count("pk"), late=Count("pk", filter=is_overdue(at)))
    )
    return sorted((timezone.localdate(month), number, late) for month, number, late in rows)


def monthly_of_all(months: Sequence[date], at: datetime) -> list[tuple[date, int, int]]:
    """As `monthly` of every complaint received in these months, given by their first days.

    Each is counted along the index by itself: for a year of 300,000 that takes a quarter of the
    time of working the month out of each complaint.
    """
    counts = [
        received_between(Complaint.objects.all(), month, month_later(month) - timedelta(days=1))
        .order_by()
        .values_list(Value(month, output_field=DateField()))
        .annotate(number=Count("pk"), late=Count("pk", filter=is_overdue(at)))
        for month in months
    ]
    first, *others = counts
    return sorted(row for row in first.union(*others, all=True).order_by() if row[1])


def month_later(month: date, by: int = 1) -> date:
    """The first day of the month so many months later (earlier: less than 0)."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def kept(complaints: ComplaintQuerySet, at: datetime) -> list[Kept]:
    """How far the service standard was kept, by tier and severity: one query.

    History that was loaded knows no acknowledgement, so it is judged by its solution only.
    """
    acknowledged = Q(imported=False, acknowledge_due_at__isnull=False)
    to_judge = acknowledged & (Q(acknowledged_at__isnull=False) | Q(acknowledge_due_at__lt=at))
    solved = Q(due_at__isnull=False, resolved_at__isnull=False)
    in_time = Q(resolved_at__lte=F("due_at"))
    rows = (
        complaints.order_by()
        .values("tier", "severity")
        .annotate(
            received=Count("pk"),
            acknowledge_judged=Count("pk", filter=to_judge),
            acknowledged_in_time=Count(
                "pk", filter=acknowledged & Q(acknowledged_at__lte=F("acknowledge_due_at"))
            ),
            resolve_judged=Count("pk", filter=solved | is_overdue(at)),
            resolved_in_time=Count("pk", filter=solved & in_time),
        )
    )
    places = (*TIERS, "")
    order = list(SEVERITIES)
    return sorted(
        (Kept(**row) for row in rows),
        key=lambda each: (places.index(each.tier), order.index(each.severity)),
    )


def cumulated(groups: Sequence[Group]) -> list[tuple[Group, float]]:
    """Each group with the share that it and those before it have of all: a Pareto analysis."""
    total = sum(group.count for group in groups)
    so_far, found = 0, []
    for group in groups:
        so_far += group.count
        found.append((group, so_far / total))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
