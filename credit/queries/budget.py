"""Credit sales beside their budget 赊销预算, month by month and for each part of the company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Sum
from django.db.models.functions import ExtractMonth

from credit.models import BudgetFigure, CreditBudget, Invoice
from credit.models.receivables import InvoiceQuerySet
from credit.rules.supervision import BudgetLine, against_budget
from staff.models import Region, User

MONTHS = range(1, 13)
ZERO = Decimal(0)
type Part = tuple[int | None, int | None]  # region, manager; neither: the company

COMPANY: Part = (None, None)


@dataclass(frozen=True)
class PartOfYear:
    """Budget and actual of a part of the company: twelve months and their sum."""

    name: str
    region: int | None
    manager: int | None
    months: list[BudgetLine]
    total: BudgetLine


@dataclass(frozen=True)
class Year:
    """A year of credit sales; `budget` is the version in force, None when nothing is budgeted."""

    year: int
    budget: CreditBudget | None
    company: PartOfYear
    regions: list[PartOfYear] = field(default_factory=list)
    managers: list[PartOfYear] = field(default_factory=list)


def credit_sales(year: int) -> InvoiceQuerySet:
    """The invoices that are sales on credit of a year: due after the day of issue.

    Credit notes make them less. Source: docs/policies/credit.md section 11.1.
    """
    return Invoice.objects.filter(
        issued_on__gte=date(year, 1, 1), issued_on__lt=date(year + 1, 1, 1)
    ).filter(models.Q(due_on__gt=F("issued_on")) | models.Q(amount__lt=0))


def in_force(year: int) -> CreditBudget | None:
    """The newest approved version of a year."""
    approved = CreditBudget.objects.filter(year=year, status=CreditBudget.Status.APPROVED)
    return approved.order_by("-version").first()


def year_of(year: int, *, budget: CreditBudget | None) -> Year:
    """Budget and actual of a year, by this version. Five queries, however many parts."""
    planned, actual = _planned(budget), _actual(year)
    regions = dict(Region.objects.values_list("pk", "name"))
    managers = User.objects.in_bulk(
        {manager for _region, manager in {*planned, *actual} if manager}
    )
    return Year(
        year=year,
        budget=budget,
        company=_part("", COMPANY, planned, actual),
        regions=[
            _part(name, (pk, None), planned, actual)
            for pk, name in sorted(regions.items(), key=lambda pair: pair[1])
            if (pk, None) in planned or (pk, None) in actual
        ],
        managers=[
            _part(str(person), (None, pk), planned, actual)
            for pk, person in sorted(managers.items(), key=lambda pair: str(pair[1]))
        ],
    )


type _Months = dict[Part, dict[int, Decimal]]


def _planned(budget: CreditBudget | None) -> _Months:
    found: _Months = defaultdict(dict)
    for figure in BudgetFigure.objects.filter(budget=budget) if budget else ():
        found[figure.region_id, figure.manager_id][figure.month] = figure.amount
    return dict(found)


def _actual(year: int) -> _Months:
    """Credit sales by month of the company, of each region and of each manager."""
    rows = (
        credit_sales(year)
        .order_by()
        .annotate(month=ExtractMonth("issued_on"))
        .values_list("account__region", "account__manager", "month")
        .annotate(sum=Sum("amount"))
    )
    found: _Months = defaultdict(lambda: defaultdict(Decimal))
    for region, manager, month, amount in rows:
        parts: Iterable[Part] = {COMPANY, (region, None), (None, manager)}
        for part in parts:
            found[part][month] += amount
    return dict(found)


def _part(name: str, part: Part, planned: _Months, actual: _Months) -> PartOfYear:
    months = [
        against_budget(
            planned.get(part, {}).get(month, ZERO), actual.get(part, {}).get(month, ZERO)
        )
        for month in MONTHS
    ]
    total = against_budget(
        sum((line.budget for line in months), ZERO), sum((line.actual for line in months), ZERO)
    )
    region, manager = part
    return PartOfYear(name=name, region=region, manager=manager, months=months, total=total)
