from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services.timeline import record_event
from approvals.queries import is_returned
from approvals.services import open_request
from kam.core import audit
from kam.core.errors import RuleViolation
from tiering.models import Designation

if TYPE_CHECKING:
    from approvals.models import Request
    from staff.models import User

DESIGNATION_KIND = "tiering.designation"
Status = Designation.Status


@transaction.atomic
def propose_designation(
    account_id: int,
    *,
    tier: str,
    reason: str,
    effective_from: date,
    expires_on: date,
    actor: User,
) -> Designation:
    """Ask for a tier by strategic significance; it counts once the signatures are there.

    Refused: merged, reason_required, span, expired, already_proposed and what `open_request`
    refuses. Source: docs/policies/tiering.md section 3.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    if account.merged_into_id is not None:
        raise RuleViolation("merged", _("This account was merged into another one."))
    _refuse_wrong(reason, effective_from, expires_on)
    if account.designations.filter(status=Status.PROPOSED).exists():
        raise RuleViolation("already_proposed", _("Another proposal for this account is waiting."))
    designation = Designation.objects.create(
        account=account,
        tier=tier,
        reason=reason,
        effective_from=effective_from,
        expires_on=expires_on,
        proposed_by=actor,
    )
    _record(designation, "proposed", actor=actor, reason=reason)
    open_request(kind=DESIGNATION_KIND, subject=designation, reason=reason, actor=actor)
    return designation


@transaction.atomic
def edit_designation(
    designation_id: int,
    *,
    tier: str,
    reason: str,
    effective_from: date,
    expires_on: date,
    actor: User,
) -> Designation:
    """Change a proposal that its signers sent back. Refused: stale, not_requester, the terms."""
    designation = _locked(designation_id)
    if not is_returned(designation, DESIGNATION_KIND):
        raise _stale(designation)
    if designation.proposed_by_id != actor.pk:
        raise RuleViolation("not_requester", _("Only who proposed it may change it now."))
    _refuse_wrong(reason, effective_from, expires_on)
    designation.tier, designation.reason = tier, reason
    designation.effective_from, designation.expires_on = effective_from, expires_on
    designation.save(update_fields=["tier", "reason", "effective_from", "expires_on"])
    _record(designation, "edited", actor=actor, reason=reason)
    return designation


def snapshot_designation(designation: Designation) -> dict[str, Any]:
    """What is asked for; nothing that the recompute or the archive changes meanwhile."""
    return {
        "account": designation.account.account_number,
        "tier": designation.tier,
        "effective_from": str(designation.effective_from),
        "expires_on": str(designation.expires_on),
    }


def approve_designation(request: Request, actor: User) -> None:
    """Every signature is there. It counts from the next recompute, not before today."""
    designation = _locked(request.object_id)
    today = timezone.localdate()
    if designation.expires_on < today:
        raise RuleViolation("expired", _("The designation would have expired already."))
    designation.effective_from = max(designation.effective_from, today)
    _close(designation, Status.APPROVED, actor=actor, comment=request.last_comment())


def close_designation(request: Request, actor: User | None) -> None:
    """The request came to nothing: rejected, recalled or expired, and so is the designation."""
    comment = request.last_comment() if request.status == request.Status.REJECTED else ""
    _close(_locked(request.object_id), Status(request.status), actor=actor, comment=comment)


@transaction.atomic
def revoke_designation(designation_id: int, *, actor: User, reason: str) -> Designation:
    """End an approved designation before it expires: from today on it counts no more."""
    designation = _locked(designation_id)
    if designation.status != Status.APPROVED:
        raise _stale(designation)
    today = timezone.localdate()
    if designation.revoked_on is not None:
        raise RuleViolation("stale", _("The designation is revoked already."))
    if designation.expires_on < today:
        raise RuleViolation("expired", _("The designation has expired already."))
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why the designation is revoked."))
    designation.revoked_on = today
    designation.save(update_fields=["revoked_on"])
    _record(designation, "revoked", actor=actor, reason=reason)
    return designation


def _refuse_wrong(reason: str, effective_from: date, expires_on: date) -> None:
    if not reason.strip():
        raise RuleViolation("reason_required", _("Give the reason for the designation."))
    if expires_on < effective_from:
        raise RuleViolation("span", _("A designation cannot expire before it begins."))
    if expires_on < timezone.localdate():
        raise RuleViolation("expired", _("The designation would have expired already."))


def _close(designation: Designation, status: Status, *, actor: User | None, comment: str) -> None:
    """Note how it ended, and who decided where somebody did."""
    designation.status, designation.decision_comment = status, comment
    if status in (Status.APPROVED, Status.REJECTED):
        designation.decided_by, designation.decided_at = actor, timezone.now()
    designation.save(
        update_fields=["status", "effective_from", "decided_by", "decided_at", "decision_comment"]
    )
    _record(designation, str(status), actor=actor, reason=comment)


def _locked(designation_id: int) -> Designation:
    rows = Designation.objects.select_related("account").select_for_update(of=("self",))
    return rows.get(pk=designation_id)


def _stale(designation: Designation) -> RuleViolation:
    return RuleViolation(
        "stale",
        _("The designation is now “%s”; please reload.") % designation.get_status_display(),
    )


def _record(designation: Designation, verb: str, *, actor: User | None, reason: str) -> None:
    data: dict[str, Any] = {
        "tier": designation.tier,
        "effective_from": str(designation.effective_from),
        "expires_on": str(designation.expires_on),
        "reason": reason,
    }
    action = f"tiering.designation_{verb}"
    audit.record(designation, action, actor=actor, changes=data, reason=reason)
    record_event([designation.account_id], action, actor=actor, data=data)
