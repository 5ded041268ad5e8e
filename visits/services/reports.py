"""The report of a visit 拜访报告 and what follows from it. docs/policies/visits.md section 6."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Contact, Need
from accounts.services import needs, touch_contacts
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation
from visits.models import FollowUp, Status, Visit
from visits.notices import follow_up_given
from visits.rules import Status as To
from visits.services.guards import agree, locked_visit, refuse_stranger

if TYPE_CHECKING:
    from staff.models import User

TEXTS = ("purpose", "findings", "competitor_news", "next_step")


@dataclass(frozen=True, kw_only=True)
class NewFollowUp:
    """Something to be done after a visit."""

    text: str
    owner: User
    due_on: date


@dataclass(frozen=True, kw_only=True)
class Report:
    """What somebody writes about a visit."""

    purpose: str = ""
    findings: str = ""
    competitor_news: str = ""
    next_step: str = ""
    needs: tuple[str, ...] = ()
    visited_on: date | None = None
    participants: Collection[Contact] = ()
    colleagues: Collection[User] = ()
    follow_ups: Collection[NewFollowUp] = ()


@transaction.atomic
def save_report(visit_id: int, *, report: Report, expected: datetime, actor: User) -> Visit:
    """Keep what is written so far; a proposed visit is agreed to by it.

    Refused: closed, stale, future, other_contact, stranger, early (a follow-up before the visit).
    """
    visit = locked_visit(visit_id)
    _write(visit, report, expected=expected, actor=actor)
    agree(visit)
    visit.save(update_fields=[*TEXTS, "needs", "visited_on", "status", "updated_at"])
    audit.record(visit, "visits.report_saved", actor=actor)
    return visit


@transaction.atomic
def close_visit(visit_id: int, *, report: Report, expected: datetime, actor: User) -> Visit:
    """Report a visit for good; without a day it was held today. Whom it met was spoken to then.

    Refused beside what `save_report` refuses: purpose_missing, next_step_missing.
    """
    visit = locked_visit(visit_id, towards=To.DONE)
    _write(visit, report, expected=expected, actor=actor)
    if not visit.purpose:
        raise RuleViolation("purpose_missing", _("Write down what the visit was for."))
    if not visit.next_step:
        raise RuleViolation("next_step_missing", _("Write down the next step."))
    visit.visited_on = visit.visited_on or timezone.localdate()
    visit.status = Status.DONE
    visit.done_at, visit.done_by = timezone.now(), actor
    visit.save(
        update_fields=[
            *(*TEXTS, "needs", "visited_on", "status", "done_at", "done_by", "updated_at")
        ]
    )
    audit.record(visit, "visits.visit_done", actor=actor)
    met = [contact.pk for contact in report.participants]
    touch_contacts(met, on=visit.visited_on, actor=actor)
    for text in visit.needs:
        needs.collect(
            visit.account,
            text=text,
            source=Need.Source.VISIT,
            source_url=visit.get_absolute_url(),
            actor=actor,
        )
    data = {
        "visit": visit.pk,
        "kind": visit.kind,
        "on": str(visit.visited_on),
        "purpose": visit.purpose[:200],
    }
    record_event([visit.account_id], "visits.visit_done", actor=actor, data=data)
    return visit


def _write(visit: Visit, report: Report, *, expected: datetime, actor: User) -> None:
    """Put a report into a locked visit and write its people and follow-ups; it is not saved yet."""
    if visit.updated_at != expected:
        message = _("Somebody else changed this visit meanwhile; please look at it again.")
        raise RuleViolation("stale", message)
    if report.visited_on is not None and report.visited_on > timezone.localdate():
        raise RuleViolation("future", _("The visit cannot have been held in the future."))
    for name in TEXTS:
        setattr(visit, name, getattr(report, name).strip())
    visit.needs = [need.strip() for need in report.needs if need.strip()]
    visit.visited_on = report.visited_on or visit.visited_on
    if any(contact.account_id != visit.account_id for contact in report.participants):
        raise RuleViolation("other_contact", _("This contact belongs to another account."))
    visit.participants.set(report.participants)
    visit.colleagues.set(report.colleagues)
    for follow_up in report.follow_ups:
        _add_follow_up(visit, follow_up, actor=actor)


def _add_follow_up(visit: Visit, new: NewFollowUp, *, actor: User) -> None:
    refuse_stranger(visit.account, new.owner)
    if new.due_on < (visit.visited_on or visit.planned_on):
        raise RuleViolation("early", _("A follow-up cannot be due before the visit."))
    follow_up = FollowUp.objects.create(
        visit=visit, text=new.text.strip(), owner=new.owner, due_on=new.due_on, created_by=actor
    )
    audit.record(follow_up, "visits.follow_up_added", actor=actor)
    if new.owner != actor:
        follow_up_given(follow_up, to=new.owner)


@transaction.atomic
def finish_follow_up(follow_up_id: int, *, result: str, actor: User) -> FollowUp:
    """Say what came of a follow-up. Refused: closed, result_missing."""
    follow_up = _locked_follow_up(follow_up_id)
    if follow_up.done_at is not None:
        raise RuleViolation("closed", _("This follow-up is done already."))
    if not result.strip():
        raise RuleViolation("result_missing", _("Say what came of it."))
    follow_up.result = result.strip()
    follow_up.done_at, follow_up.done_by = timezone.now(), actor
    follow_up.save(update_fields=["result", "done_at", "done_by"])
    audit.record(follow_up, "visits.follow_up_done", actor=actor, reason=follow_up.result)
    return follow_up


@transaction.atomic
def reopen_follow_up(follow_up_id: int, *, actor: User) -> FollowUp:
    """It is not done after all, says who said so. Refused: not_yours."""
    follow_up = _locked_follow_up(follow_up_id)
    if follow_up.done_by_id != actor.pk:
        raise RuleViolation("not_yours", _("This is taken back by who reported it done."))
    follow_up.result, follow_up.done_at, follow_up.done_by = "", None, None
    follow_up.save(update_fields=["result", "done_at", "done_by"])
    audit.record(follow_up, "visits.follow_up_reopened", actor=actor)
    return follow_up


def _locked_follow_up(follow_up_id: int) -> FollowUp:
    rows = FollowUp.objects.select_related("visit", "owner")
    return rows.select_for_update(of=("self",)).get(pk=follow_up_id)
