"""Good faith or bad faith 善意/恶意: a finding with evidence, confirmed by a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Complaint, Finding
from complaints.services import moves
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

Status = Finding.Status


@transaction.atomic
def propose_finding(complaint_id: int, *, verdict: str, evidence: str, actor: User) -> Finding:
    """Say in what faith the complaint was made, and by what one sees that.

    Refused: moved (closed), empty, already_proposed.
    """
    complaint = moves.locked_open(complaint_id)
    if complaint.findings.filter(status=Status.PROPOSED).exists():
        raise RuleViolation("already_proposed", _("A finding waits for its second person."))
    finding = Finding.objects.create(
        complaint=complaint,
        verdict=Finding.Verdict(verdict),
        evidence=moves.required(evidence),
        proposed_by=actor,
    )
    _tell(finding, complaint, "finding_proposed", actor=actor, reason=finding.evidence)
    return finding


@transaction.atomic
def decide_finding(finding_id: int, *, is_confirmed: bool, actor: User, note: str = "") -> Finding:
    """Another person confirms or refuses it. Refused: decided, own_finding, empty (why refused)."""
    complaint_id = Finding.objects.values_list("complaint", flat=True).get(pk=finding_id)
    complaint = moves.locked_open(complaint_id)
    finding = complaint.findings.select_related("proposed_by").get(pk=finding_id)
    if finding.status != Status.PROPOSED:
        raise RuleViolation("decided", _("This finding has been decided on already."))
    if finding.proposed_by_id == actor.pk:
        raise RuleViolation("own_finding", _("A second person decides on a finding."))
    finding.note = note.strip() if is_confirmed else moves.required(note)
    finding.status = Status.CONFIRMED if is_confirmed else Status.REFUSED
    finding.decided_by, finding.decided_at = actor, timezone.now()
    finding.save(update_fields=["status", "decided_by", "decided_at", "note"])
    verb = "finding_confirmed" if is_confirmed else "finding_refused"
    _tell(finding, complaint, verb, actor=actor, reason=finding.note)
    return finding


def _tell(finding: Finding, complaint: Complaint, verb: str, *, actor: User, reason: str) -> None:
    moves.tell(complaint, verb, actor=actor, data={"verdict": finding.verdict}, reason=reason)
