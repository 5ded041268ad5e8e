"""The credit-sales budget 赊销预算 and the ceiling on receivables: proposed, signed, in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from credit.models import BudgetFigure, CreditBudget, ReceivablesCeiling
from credit.models.supervision import Proposed
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

BUDGET = "credit.budget"
CEILING = "credit.ceiling"
MONTHS = range(1, 13)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A planned amount of a month; of the company where neither region nor manager is given."""

    month: int
    amount: Decimal
    region: int | None = None
    manager: int | None = None


@transaction.atomic
def propose_budget(
    *, year: int, figures: Sequence[Figure], reason: str, actor: User
) -> CreditBudget:
    """Enter the budget of a year and ask for its approval; it counts instead of earlier versions.

    Refused: no_figures, already_requested (a version of that year awaits approval), and what
    `approvals.open_request` refuses.
    """
    if not figures:
        raise RuleViolation("no_figures", _("A budget needs at least one figure."))
    # Whoever proposes at the same time waits here, so that versions follow one another.
    versions = list(
        CreditBudget.objects.filter(year=year).select_for_update(of=("self",)).order_by("pk")
    )
    _refuse_second(versions)
    budget = CreditBudget.objects.create(
        year=year,
        version=max((each.version for each in versions), default=0) + 1,
        reason=reason.strip(),
        proposed_by=actor,
    )
    BudgetFigure.objects.bulk_create(
        BudgetFigure(
            budget=budget,
            month=each.month,
            amount=each.amount,
            region_id=each.region,
            manager_id=each.manager,
        )
        for each in figures
    )
    audit.record(budget, "credit.budget_proposed", actor=actor, reason=reason)
    total = sum((each.amount for each in figures if _is_company(each)), Decimal(0))
    approvals.open_request(
        kind=BUDGET, subject=budget, reason=reason, actor=actor, amount=total or None
    )
    return budget


@transaction.atomic
def propose_ceiling(
    *, amount: Decimal | None, effective_from: date, reason: str, actor: User
) -> ReceivablesCeiling:
    """Ask for a ceiling on what all customers owe, or (None) for the end of the one in force.

    Refused: retroactive, already_requested, and what `approvals.open_request` refuses.
    """
    _refuse_retroactive(effective_from)
    rows = ReceivablesCeiling.objects.select_for_update(of=("self",)).order_by("pk")
    _refuse_second(list(rows.filter(status=Proposed.Status.PROPOSED)))
    ceiling = ReceivablesCeiling.objects.create(
        amount=amount, effective_from=effective_from, reason=reason.strip(), proposed_by=actor
    )
    audit.record(
        ceiling,
        "credit.ceiling_proposed",
        actor=actor,
        changes={"amount": str(amount), "effective_from": str(effective_from)},
        reason=reason,
    )
    approvals.open_request(kind=CEILING, subject=ceiling, reason=reason, actor=actor, amount=amount)
    return ceiling


def _is_company(figure: Figure) -> bool:
    return figure.region is None and figure.manager is None


def _refuse_second(versions: Sequence[Proposed]) -> None:
    if any(each.status == Proposed.Status.PROPOSED for each in versions):
        raise RuleViolation("already_requested", _("Another version awaits approval already."))


def _refuse_retroactive(effective_from: date) -> None:
    if effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A ceiling takes effect today or later: it does not reach back.")
        )


def approve(request: Request, actor: User) -> None:
    """The request for a budget or a ceiling has its last signature.

    A ceiling that was signed after its first day begins today.
    """
    row = _subject(request)
    if isinstance(row, ReceivablesCeiling):
        row.effective_from = max(row.effective_from, timezone.localdate())
    _close(row, Proposed.Status.APPROVED)
    verb = "ceiling_approved" if isinstance(row, ReceivablesCeiling) else "budget_approved"
    audit.record(row, f"credit.{verb}", actor=actor)


def reject(request: Request, actor: User | None) -> None:
    """The request came to nothing; a next one is a new version."""
    row = _subject(request)
    _close(row, Proposed.Status.REJECTED)
    verb = "ceiling_rejected" if isinstance(row, ReceivablesCeiling) else "budget_rejected"
    audit.record(row, f"credit.{verb}", actor=actor)


def _subject(request: Request) -> CreditBudget | ReceivablesCeiling:
    if request.kind == CEILING:
        ceilings = ReceivablesCeiling.objects.select_for_update(of=("self",))
        return ceilings.get(pk=request.object_id)
    return CreditBudget.objects.select_for_update(of=("self",)).get(pk=request.object_id)


def _close(row: Proposed, status: Proposed.Status) -> None:
    row.status, row.closed_at = status, timezone.now()
    row.save()


def snapshot_ceiling(ceiling: ReceivablesCeiling) -> dict[str, Any]:
    """A ceiling beside the one before it."""
    before = ReceivablesCeiling.objects.in_force(ceiling.effective_from).first()
    old = before.amount if before else None
    return {
        "amount": ["" if each is None else f"{each:.2f}" for each in (old, ceiling.amount)],
        "effective_from": str(ceiling.effective_from),
    }


def snapshot_budget(budget: CreditBudget) -> dict[str, Any]:
    """The company's figures month by month, beside those of the version that counted before."""
    earlier = CreditBudget.objects.filter(
        year=budget.year, status=Proposed.Status.APPROVED, version__lt=budget.version
    )
    before, now = _by_month(earlier.order_by("-version").first()), _by_month(budget)
    parts = budget.figures.exclude(region=None, manager=None)
    return {
        "year": str(budget.year),
        **{f"{month:02}": [before.get(month, ""), now.get(month, "")] for month in MONTHS},
        "regions_and_managers": f"{parts.aggregate(sum=Sum('amount'))['sum'] or 0:.2f}",
    }


def _by_month(budget: CreditBudget | None) -> dict[int, str]:
    if budget is None:
        return {}
    figures = budget.figures.filter(region=None, manager=None)
    return {each.month: f"{each.amount:.2f}" for each in figures}
