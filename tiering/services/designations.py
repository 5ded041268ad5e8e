from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services.timeline import record_event
from approvals.rules import may_decide
from kam.core import audit
from kam.core.errors import RuleViolation
from tiering.models import Designation

if TYPE_CHECKING:
    from staff.models import User

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
    """Ask for a tier by strategic significance; it counts once somebody else approves it.

    Source: docs/policies/tiering.md section 3.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    if account.merged_into_id is not None:
        raise RuleViolation("merged", _("This account was merged into another one."))
    if not reason.strip():
        raise RuleViolation("reason_required", _("Give the reason for the designation."))
    if expires_on < effective_from:
        raise RuleViolation("span", _("A designation cannot expire before it begins."))
    if expires_on < timezone.localdate():
        raise RuleViolation("expired", _("The designation would have expired already."))
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
    return designation


@transaction.atomic
def approve_designation(
    designation_id: int, *, actor: User, expected: str = Status.PROPOSED, comment: str = ""
) -> Designation:
    """Approve somebody else's proposal. It counts from the next recompute, not before today."""
    designation = _locked(designation_id, expected=expected)
    _refuse_own(designation, actor)
    today = timezone.localdate()
    if designation.expires_on < today:
        raise RuleViolation("expired", _("The designation would have expired already."))
    designation.effective_from = max(designation.effective_from, today)
    return _decide(designation, Status.APPROVED, actor=actor, comment=comment)


@transaction.atomic
def reject_designation(
    designation_id: int, *, actor: User, expected: str = Status.PROPOSED, comment: str
) -> Designation:
    """Refuse somebody else's proposal, saying why."""
    designation = _locked(designation_id, expected=expected)
    _refuse_own(designation, actor)
    if not comment.strip():
        raise RuleViolation("comment_required", _("Say why the proposal is rejected."))
    return _decide(designation, Status.REJECTED, actor=actor, comment=comment)


@transaction.atomic
def revoke_designation(designation_id: int, *, actor: User, reason: str) -> Designation:
    """End an approved designation before it expires: from today on it counts no more."""
    designation = _locked(designation_id, expected=Status.APPROVED)
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


def _decide(designation: Designation, status: Status, *, actor: User, comment: str) -> Designation:
    designation.status, designation.decided_by = status, actor
    designation.decided_at, designation.decision_comment = timezone.now(), comment
    designation.save(
        update_fields=["status", "effective_from", "decided_by", "decided_at", "decision_comment"]
    )
    _record(designation, str(status), actor=actor, reason=comment)
    return designation


def _locked(designation_id: int, *, expected: str) -> Designation:
    rows = Designation.objects.select_related("account").select_for_update(of=("self",))
    designation = rows.get(pk=designation_id)
    if designation.status != expected:
        raise RuleViolation(
            "stale",
            _("The designation is now “%s”; please reload.") % designation.get_status_display(),
        )
    return designation


def _refuse_own(designation: Designation, actor: User) -> None:
    if not may_decide(requested_by_id=designation.proposed_by_id, decided_by_id=actor.pk):
        raise RuleViolation("four_eyes", _("Nobody decides on their own proposal."))


def _record(designation: Designation, verb: str, *, actor: User, reason: str) -> None:
    data: dict[str, Any] = {
        "tier": designation.tier,
        "effective_from": str(designation.effective_from),
        "expires_on": str(designation.expires_on),
        "reason": reason,
    }
    action = f"tiering.designation_{verb}"
    audit.record(designation, action, actor=actor, changes=data, reason=reason)
    record_event([designation.account_id], action, actor=actor, data=data)
