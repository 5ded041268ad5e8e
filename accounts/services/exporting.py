"""Taking lists out of the house (A11): within the month's quota, or with a signed allowance.

Source: docs/policies/trade-secrets.md section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, QuerySet, Sum
from django.db.models.aggregates import Aggregate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import export_kinds, limits
from accounts.models import Export, ExportAllowance
from approvals.models import Request
from approvals.services import open_request
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.exports import record_export
from staff.models import User

ALLOWANCE = "accounts.export_allowance"
Status = ExportAllowance.Status


class _BoolOr(Aggregate):
    function = "BOOL_OR"
    output_field = BooleanField()


@dataclass(frozen=True)
class Quota:
    """What one person took of a kind this month, and may take: the quota and what was allowed."""

    kind: export_kinds.Kind
    taken: int
    allowed: int
    in_clear: bool  # contact details of customers they do not serve, too

    @property
    def left(self) -> int:
        return max(self.allowed - self.taken, 0)


def quota(key: str, *, user: User, on: date | None = None) -> Quota:
    """How things stand for this person and kind in the month of `on` (today)."""
    kind = export_kinds.get(key)
    day = on or timezone.localdate()
    mine = {"user": user, "kind": key, "month": _month(day)}
    taken = Export.objects.filter(**mine).aggregate(sum=Sum("rows"))["sum"] or 0
    more = ExportAllowance.objects.filter(**mine, status=Status.APPROVED).aggregate(
        rows=Sum("rows"), in_clear=_BoolOr("in_clear")
    )
    usual = limits.in_force(day).export_rows.get(key, kind.rows_a_month)
    return Quota(kind, taken, usual + (more["rows"] or 0), bool(more["in_clear"]))


@transaction.atomic
def take_out(
    rows: QuerySet[Any, Any],
    kind: str,
    action: str,
    *,
    actor: User,
    reason: str,
    query: str,
    columns: Sequence[str],
    file_format: str,
    in_clear: bool = False,
) -> Export:
    """Count an export against the actor's quota and log it, before any row of it leaves.

    Refused: export_quota (more rows than are left this month).
    """
    # Two exports of one person at once: the second one counts the first.
    User.objects.select_for_update(of=("self",)).get(pk=actor.pk)
    number, state = rows.count(), quota(kind, user=actor)
    if number > state.left:
        raise RuleViolation(
            "export_quota",
            _("%(rows)s rows are more than the %(left)s that you have left this month.")
            % {"rows": f"{number:,}", "left": f"{state.left:,}"},
        )
    record_export(
        rows,
        action,
        actor=actor,
        reason=reason,
        query=query,
        columns=columns,
        file_format=file_format,
    )
    return Export.objects.create(
        user=actor,
        month=_month(timezone.localdate()),
        kind=kind,
        rows=number,
        in_clear=in_clear,
        reason=reason[:500],
    )


@transaction.atomic
def ask_for_more(
    kind: str, *, rows: int, in_clear: bool, reason: str, actor: User
) -> ExportAllowance:
    """Ask for more rows this month, or for contact details in the clear; others sign it.

    Refused: nothing_asked, already_requested and what `approvals.services.open_request` refuses.
    """
    if rows < 1 and not in_clear:
        raise RuleViolation("nothing_asked", _("Say how many more rows you need."))
    month = _month(timezone.localdate())
    User.objects.select_for_update(of=("self",)).get(pk=actor.pk)
    open_one = {"user": actor, "kind": kind, "month": month, "status": Status.PROPOSED}
    if ExportAllowance.objects.filter(**open_one).exists():
        message = _("You have asked for more of this already; it awaits a signature.")
        raise RuleViolation("already_requested", message)
    allowance = ExportAllowance.objects.create(
        **open_one, rows=rows, in_clear=in_clear, reason=reason.strip()[:500]
    )
    audit.record(allowance, "accounts.export_allowance_proposed", actor=actor, reason=reason)
    open_request(kind=ALLOWANCE, subject=allowance, reason=reason, actor=actor)
    return allowance


def snapshot(allowance: ExportAllowance) -> dict[str, Any]:
    """What signers see."""
    return {
        "user": str(allowance.user),
        "kind": allowance.kind,
        "month": f"{allowance.month:%Y-%m}",
        "rows": allowance.rows,
        "in_clear": allowance.in_clear,
    }


def approve(request: Request, actor: User) -> None:
    """The last signature is there: it counts from now to the end of its month."""
    _decide(request, Status.APPROVED, actor=actor)


def reject(request: Request, actor: User | None) -> None:
    """The request came to nothing."""
    _decide(request, Status.REJECTED, actor=actor)


def _decide(request: Request, status: str, *, actor: User | None) -> None:
    allowance = ExportAllowance.objects.select_for_update(of=("self",)).get(pk=request.object_id)
    allowance.status = Status(status)
    allowance.save(update_fields=["status"])
    audit.record(allowance, f"accounts.export_allowance_{status}", actor=actor)


def _month(day: date) -> date:
    return day.replace(day=1)
