"""Missed deadlines call the account manager, then the director, then the deputy general manager
升级. docs/policies/complaints.md section 4."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from complaints import rules
from complaints.models import Complaint, Escalation
from complaints.notices import ESCALATED
from complaints.queries import people_of
from complaints.rules import Rung, Status
from complaints.services import moves

if TYPE_CHECKING:
    from staff.models import User

Cause = Escalation.Cause
logger = logging.getLogger(__name__)


def escalate_due(now: datetime) -> int:
    """Call the rungs that are due by this moment; how many were called. Safe to repeat.

    A transaction for each complaint: what a killed worker had not finished is due still. One that
    fails is logged and tried again by the next run; the others go on.
    """
    due = Complaint.objects.filter(escalate_at__lte=now).order_by("escalate_at", "pk")
    called = 0
    for complaint_id in due.values_list("pk", flat=True):
        try:
            called += _escalate(complaint_id, now)
        except Exception:
            logger.exception("Complaint %s was not escalated", complaint_id)
    return called


@transaction.atomic
def escalate(complaint_id: int, *, rung: str, reason: str, actor: User) -> Escalation:
    """Call a rung by hand, before or beside the deadlines. Refused: moved (closed), empty."""
    complaint = moves.locked_open(complaint_id)
    escalation = Escalation.objects.create(
        complaint=complaint,
        cause=Cause.ASKED,
        rung=Rung(rung).value,
        asked_by=actor,
        reason=moves.required(reason),
    )
    _tell(complaint, escalation, actor=actor, reason=escalation.reason)
    return escalation


@transaction.atomic
def _escalate(complaint_id: int, now: datetime) -> int:
    """Call what is due of one complaint, unless somebody is at work on it: then the next run."""
    rows = Complaint.objects.filter(pk=complaint_id, escalate_at__lte=now)
    rows = rows.select_related("account__manager")
    complaint = rows.select_for_update(of=("self",), skip_locked=True).first()
    if complaint is None:
        return 0
    called = 0
    while complaint.escalate_at is not None and complaint.escalate_at <= now:
        _call_next(complaint, now)
        called += 1
    missed = moves.note_missed(complaint, now)
    moves.save(complaint, "escalation_level", "escalate_at", *missed)
    return called


def _call_next(complaint: Complaint, now: datetime) -> None:
    is_new = complaint.status == Status.REGISTERED
    escalation = Escalation.objects.create(
        complaint=complaint,
        cause=Cause.ACKNOWLEDGE if is_new else Cause.RESOLVE,
        rung=rules.RUNGS[complaint.escalation_level].value,
        deadline=complaint.acknowledge_due_at if is_new else complaint.due_at,
        escalated_at=now,
    )
    complaint.escalation_level += 1
    moves.set_alarm(complaint)
    _tell(complaint, escalation, actor=None)


def _tell(
    complaint: Complaint, escalation: Escalation, *, actor: User | None, reason: str = ""
) -> None:
    deadline = timezone.localtime(escalation.deadline).isoformat() if escalation.deadline else ""
    people = people_of(escalation.rung, complaint)
    data = {
        "cause": escalation.cause,
        "rung": escalation.rung,
        "deadline": deadline,
        "people": people,
    }
    entry = moves.tell(complaint, "complaint_escalated", actor=actor, data=data, reason=reason)
    if complaint.account_id is None:  # no timeline, so nobody else is told of it
        moves.notify(complaint, people, ESCALATED, cause=entry, data=data)
