"""Policies and designations as they are after somebody decided on them, and deciding."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accounts.models import Account
from approvals import services as approvals
from approvals.models import Request
from staff.models import User
from tests.factories import make_user
from tiering.models import Designation, TierPolicy


def make_policy(effective_from: date = date(2000, 1, 1), **terms: Any) -> TierPolicy:
    """An approved policy, the next version."""
    newest = TierPolicy.objects.aggregate(newest=Max("version"))["newest"] or 0
    return TierPolicy.objects.create(
        version=newest + 1,
        status=TierPolicy.Status.APPROVED,
        effective_from=effective_from,
        decided_at=timezone.now(),
        **terms,
    )


def request_of(subject: TierPolicy | Designation) -> Request:
    """The newest request about a policy or a designation."""
    return Request.objects.of(subject).first()


def sign(
    subject: TierPolicy | Designation, actor: User, decision: str = "approve", comment: str = ""
) -> Request:
    """Sign the request about a policy or a designation as it is now."""
    asked = request_of(subject)
    return approvals.sign(
        asked.pk, actor=actor, decision=decision, comment=comment, seen=asked.digest
    )


def make_designation(
    account: Account,
    *,
    tier: str = "key",
    approver: User | None = None,
    effective_from: date,
    expires_on: date | None = None,
    **fields: Any,
) -> Designation:
    """An approved designation, for a year unless told otherwise."""
    return Designation.objects.create(
        account=account,
        tier=tier,
        reason="Opens the market of the west",
        status=Designation.Status.APPROVED,
        effective_from=effective_from,
        expires_on=expires_on or effective_from + timedelta(days=365),
        proposed_by=make_user(),
        decided_by=approver or make_user(),
        decided_at=timezone.now(),
        **fields,
    )
