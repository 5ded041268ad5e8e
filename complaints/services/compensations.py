"""What an unsatisfied customer is promised 补偿: asked for, signed by others, then delivered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.services import open_request
from complaints.models import Compensation
from complaints.services import moves
from kam.core.charts import money
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

COMPENSATION = "complaints.compensation"
Status = Compensation.Status


@transaction.atomic
def propose_compensation(
    complaint_id: int,
    *,
    kind: str,
    amount: Decimal,
    promise: str,
    due_on: date,
    reason: str,
    actor: User,
) -> Compensation:
    """Ask to promise the customer something; nothing is promised before others have signed.

    Refused: moved (closed), amount (not positive), past, empty, and what
    `approvals.services.open_request` refuses.
    """
    complaint = moves.locked_open(complaint_id)
    if amount <= 0:
        raise RuleViolation("amount", _("A compensation is worth more than nothing."))
    if due_on < timezone.localdate():
        raise RuleViolation("past", _("What is promised lies ahead."))
    compensation = Compensation.objects.create(
        complaint=complaint,
        kind=Compensation.Kind(kind),
        amount=amount,
        promise=moves.required(promise),
        reason=moves.required(reason),
        due_on=due_on,
        proposed_by=actor,
    )
    title = _("Compensation of %(amount)s for complaint %(complaint)s") % {
        "amount": money(amount),
        "complaint": complaint,
    }
    open_request(
        kind=COMPENSATION,
        subject=compensation,
        reason=reason,
        amount=amount,
        title=title,
        actor=actor,
    )
    _tell(compensation, "proposed", actor=actor, reason=reason)
    return compensation


def approve(request: Request, actor: User) -> None:
    """The last signature is there: it is promised."""
    _decide(request, Status.APPROVED, actor)


def reject(request: Request, actor: User | None) -> None:
    """The request came to nothing."""
    _decide(request, Status.REJECTED, actor)


@transaction.atomic
def deliver(
    compensation_id: int, *, delivered_on: date, note: str = "", actor: User
) -> Compensation:
    """The customer has it. Refused: not_promised, future."""
    rows = Compensation.objects.select_related("complaint").select_for_update(of=("self",))
    compensation = rows.get(pk=compensation_id)
    if compensation.status != Status.APPROVED:
        raise RuleViolation("not_promised", _("Only what is promised is delivered, and once."))
    if delivered_on > timezone.localdate():
        raise RuleViolation("future", _("What was done cannot lie in the future."))
    compensation.status, compensation.delivered_on = Status.DELIVERED, delivered_on
    compensation.delivered_by, compensation.delivery_note = actor, note.strip()
    compensation.save(update_fields=["status", "delivered_on", "delivered_by", "delivery_note"])
    _tell(compensation, "delivered", actor=actor, reason=note.strip())
    return compensation


def snapshot(compensation: Compensation) -> dict[str, Any]:
    """What signers see."""
    complaint = compensation.complaint
    return {
        "account": complaint.account.name if complaint.account else "",
        "complaint": str(complaint),
        "compensation_kind": compensation.kind,
        "amount": compensation.amount,
        "promise": compensation.promise,
        "due_on": compensation.due_on,
    }


def _decide(request: Request, status: Compensation.Status, actor: User | None) -> None:
    # Its lock is held by the request. The complaint's is not taken: it comes before this one.
    compensation = Compensation.objects.select_related("complaint").get(pk=request.object_id)
    compensation.status, compensation.decided_at = status, timezone.now()
    compensation.save(update_fields=["status", "decided_at"])
    _tell(compensation, str(status), actor=actor)


def _tell(compensation: Compensation, verb: str, *, actor: User | None, reason: str = "") -> None:
    data = {
        "amount": compensation.amount,
        "promise": compensation.promise,
        "due_on": compensation.due_on,
    }
    moves.tell(
        compensation.complaint, f"compensation_{verb}", actor=actor, data=data, reason=reason
    )
