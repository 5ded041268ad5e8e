from __future__ import annotations

import logging

from approvals.models import Request
from approvals.services import open_request
from kam.core.errors import RuleViolation
from tiering.models import Designation, TierPolicy
from tiering.services.designations import DESIGNATION_KIND
from tiering.services.policies import POLICY_KIND

logger = logging.getLogger(__name__)


def open_missing_requests() -> None:
    """Give each proposal from before there were requests its own, in the name of its author.

    Where nobody could sign it, it stays as it is and the next migrate tries again.
    """
    policies = TierPolicy.objects.filter(status=TierPolicy.Status.PROPOSED)
    designations = Designation.objects.filter(status=Designation.Status.PROPOSED)
    for policy in policies.exclude(pk__in=_asked(POLICY_KIND)).order_by("pk"):
        _open(POLICY_KIND, policy, policy.note)
    for designation in designations.exclude(pk__in=_asked(DESIGNATION_KIND)).order_by("pk"):
        _open(DESIGNATION_KIND, designation, designation.reason)


def _asked(kind: str) -> list[int]:
    return list(Request.objects.open().filter(kind=kind).values_list("object_id", flat=True))


def _open(kind: str, subject: TierPolicy | Designation, reason: str) -> None:
    if (author := subject.proposed_by) is None:
        return
    try:
        open_request(kind=kind, subject=subject, reason=reason or str(subject), actor=author)
    except RuleViolation as violation:
        logger.warning("%s %s has no request: %s", kind, subject, violation.message)
