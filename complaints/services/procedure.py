"""The procedure of a complaint: one verb per move, each under the row lock.

docs/policies/complaints.md section 2.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import rules
from complaints.models import Complaint, Finding
from complaints.queries import dossier, missing_words
from complaints.rules import Cause, Outcome, Status
from complaints.services import moves
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

FOUNDED = (Outcome.JUSTIFIED, Outcome.PARTLY)


@transaction.atomic
def acknowledge(complaint_id: int, *, actor: User, note: str = "") -> Complaint:
    """Tell the customer that we have it 受理. Refused: moved."""
    complaint, now = moves.locked(complaint_id), timezone.now()
    moves.move(complaint, Status.ACKNOWLEDGED)
    complaint.acknowledged_at = now
    complaint.escalation_level = 0  # from here on the other deadline counts
    moves.note_missed(complaint, now)
    return _done(complaint, "complaint_acknowledged", actor=actor, reason=note)


@transaction.atomic
def investigate(complaint_id: int, *, actor: User, note: str = "") -> Complaint:
    """Begin to look into it. Refused: moved."""
    complaint = moves.locked(complaint_id)
    if complaint.status != Status.ACKNOWLEDGED:
        raise moves.moved(complaint)
    moves.move(complaint, Status.INVESTIGATING)
    return _done(complaint, "investigation_begun", actor=actor, reason=note)


@transaction.atomic
def wait(complaint_id: int, *, actor: User, reason: str) -> Complaint:
    """Stop the clock, as only the customer can go on.

    reason: what they are asked; they read it on their page. Refused: moved, waiting, empty.
    """
    complaint, now = moves.locked(complaint_id), timezone.now()
    if Status(complaint.status) not in rules.WAITABLE:
        raise moves.moved(complaint)
    if complaint.is_waiting:
        raise RuleViolation("waiting", _("It waits for the customer already."))
    moves.note_missed(complaint, now)
    complaint.waiting_since, complaint.question = now, moves.required(reason)
    return _done(complaint, "clock_stopped", actor=actor, reason=complaint.question)


@transaction.atomic
def resume(complaint_id: int, *, actor: User | None, note: str = "") -> Complaint:
    """The customer has answered: the clock runs on with what was left.

    actor: None when they answered on their page. Refused: not_waiting.
    """
    complaint = moves.locked(complaint_id)
    if not complaint.is_waiting:
        raise RuleViolation("not_waiting", _("It does not wait for the customer."))
    _resume(complaint, timezone.now())
    return _done(complaint, "clock_resumed", actor=actor, reason=note)


@transaction.atomic
def resolve(
    complaint_id: int, *, outcome: str, solution: str, cause: str = "", actor: User
) -> Complaint:
    """A solution is found: what comes of the complaint, and where its root cause lies.

    Refused: moved, empty, no_cause (of a founded one), no_finding (bad faith needs its finding
    confirmed by a second person).
    """
    complaint, now = moves.locked(complaint_id), timezone.now()
    moves.move(complaint, Status.RESOLVED)
    if Outcome(outcome) in FOUNDED and not cause:
        raise RuleViolation("no_cause", _("Name the root cause of a justified complaint."))
    if outcome == Outcome.BAD_FAITH:
        _refuse_without_finding(complaint)
    if complaint.is_waiting:
        _resume(complaint, now)
    complaint.resolved_at = now
    moves.note_missed(complaint, now)
    complaint.outcome, complaint.solution = outcome, moves.required(solution)
    complaint.cause = Cause(cause).value if cause else ""
    data = {"outcome": outcome, "cause": cause}
    return _done(complaint, "complaint_resolved", actor=actor, data=data, reason=solution)


@transaction.atomic
def withdraw_solution(complaint_id: int, *, reason: str, actor: User) -> Complaint:
    """The solution does not hold; the deadline is what it was. Refused: moved, empty."""
    complaint = moves.locked(complaint_id)
    if complaint.status != Status.RESOLVED:
        raise moves.moved(complaint)
    _back(complaint)
    reason = moves.required(reason)
    return _done(complaint, "solution_withdrawn", actor=actor, reason=reason)


@transaction.atomic
def reply(complaint_id: int, *, text: str, actor: User) -> Complaint:
    """Tell the customer what came of it. Refused: moved, empty."""
    complaint = moves.locked(complaint_id)
    moves.move(complaint, Status.REPLIED)
    complaint.replied_at, complaint.reply = timezone.now(), moves.required(text)
    return _done(complaint, "customer_informed", actor=actor, reason=text)


@transaction.atomic
def confirm(complaint_id: int, *, actor: User | None, note: str = "") -> Complaint:
    """The customer is content. actor: None when they said so themselves. Refused: moved."""
    complaint = moves.locked(complaint_id)
    moves.move(complaint, Status.CONFIRMED)
    complaint.confirmed_at = timezone.now()
    return _done(complaint, "solution_confirmed", actor=actor, reason=note)


@transaction.atomic
def contest(complaint_id: int, *, reason: str, actor: User | None) -> Complaint:
    """The customer is not content: it is looked into again, with a new deadline.

    actor: None when they said so themselves. Refused: moved, empty.
    """
    complaint, now = moves.locked(complaint_id), timezone.now()
    if complaint.status != Status.REPLIED:
        raise moves.moved(complaint)
    reason = moves.required(reason)
    _back(complaint)
    moves.start_clock(complaint, now)
    return _done(complaint, "solution_contested", actor=actor, reason=reason)


@transaction.atomic
def close(complaint_id: int, *, actor: User, note: str = "") -> Complaint:
    """End it. Of two who do so at once one wins, the other is refused.

    Refused: moved, unconfirmed (the customer has not answered the reply, for less than
    `rules.CONFIRMATION_DAYS`), incomplete (`rules.missing` names what).
    """
    complaint, now = moves.locked(complaint_id), timezone.now()
    replied = complaint.replied_at if complaint.status == Status.REPLIED else None
    moves.move(complaint, Status.CLOSED)
    if replied and now < replied + timedelta(days=rules.CONFIRMATION_DAYS):
        message = _("The customer has not confirmed yet; without an answer close after %s days.")
        raise RuleViolation("unconfirmed", message % rules.CONFIRMATION_DAYS)
    if missing := rules.missing(dossier(complaint)):
        raise RuleViolation("incomplete", _("Before closing: %s.") % missing_words(missing))
    complaint.closed_at = now
    return _done(complaint, "complaint_closed", actor=actor, reason=note)


@transaction.atomic
def reopen(complaint_id: int, *, reason: str, actor: User | None) -> Complaint:
    """It was not over: looked into again, with a new deadline.

    actor: None when the customer said so themselves. Refused: moved, empty.
    """
    complaint, now = moves.locked(complaint_id), timezone.now()
    if complaint.status not in (Status.CLOSED, Status.CONFIRMED):
        raise moves.moved(complaint)
    reason = moves.required(reason)
    _back(complaint)
    complaint.reopened += 1
    moves.start_clock(complaint, now)
    return _done(complaint, "complaint_reopened", actor=actor, reason=reason)


def _back(complaint: Complaint) -> None:
    """Back to the investigation, as if no solution had been found."""
    moves.move(complaint, Status.INVESTIGATING)
    complaint.resolved_at = complaint.replied_at = None
    complaint.confirmed_at = complaint.closed_at = None
    complaint.outcome = ""
    complaint.escalation_level = 0


def _resume(complaint: Complaint, now: datetime) -> None:
    stopped = complaint.waiting_since
    assert stopped is not None  # noqa: S101 - the callers have looked
    clock = moves.working_hours(complaint)
    if complaint.due_at is not None:
        complaint.due_at = rules.resumed(clock, complaint.due_at, stopped=stopped, now=now)
    complaint.waited += clock.between(stopped, now)
    complaint.waiting_since, complaint.question = None, ""


def _refuse_without_finding(complaint: Complaint) -> None:
    confirmed = complaint.findings.filter(status=Finding.Status.CONFIRMED).first()  # the latest
    if confirmed is None or confirmed.verdict != Finding.Verdict.BAD:
        message = _("Bad faith needs evidence and a second person's confirmation first.")
        raise RuleViolation("no_finding", message)


def _done(
    complaint: Complaint,
    verb: str,
    *,
    actor: User | None,
    data: dict[str, str] | None = None,
    reason: str = "",
) -> Complaint:
    """Set the alarm anew, write and tell."""
    moves.set_alarm(complaint)
    complaint.save()
    moves.tell(complaint, verb, actor=actor, data=data, reason=reason.strip())
    return complaint
