"""Visits from plan to check-in. docs/policies/visits.md sections 1 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation
from visits.models import Kind, Status, Visit
from visits.rules import Status as To
from visits.services.guards import (
    agree,
    locked_visit,
    refuse_past,
    refuse_stranger,
)

if TYPE_CHECKING:
    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a phone says it is: degrees (WGS 84) and metres."""

    latitude: Decimal
    longitude: Decimal
    accuracy: int | None = None


@transaction.atomic
def plan_visit(
    account_id: int,
    *,
    owner: User,
    planned_on: date,
    actor: User,
    planned_at: time | None = None,
    kind: str = Kind.ON_SITE,
    purpose: str = "",
) -> Visit:
    """Plan a visit by hand. Refused: merged, past, stranger."""
    account = live_locked(account_id)
    refuse_past(planned_on)
    refuse_stranger(account, owner)
    visit = Visit.objects.create(
        account=account,
        kind=Kind(kind),
        owner=owner,
        planned_on=planned_on,
        planned_at=planned_at,
        purpose=purpose.strip(),
        created_by=actor,
    )
    audit.record(visit, "visits.visit_planned", actor=actor)
    return visit


@transaction.atomic
def change_visit(
    visit_id: int, *, fields: Mapping[str, Any], expected: datetime, actor: User
) -> Visit:
    """Change kind, owner, day, time or purpose; a proposed visit is agreed to by it.

    `expected` is the `updated_at` that the actor saw. Refused: closed, stale, past, stranger.
    """
    visit = locked_visit(visit_id)
    if visit.updated_at != expected:
        message = _("Somebody else changed this visit meanwhile; please look at it again.")
        raise RuleViolation("stale", message)
    changes = audit.diff(visit, fields)
    if "planned_on" in changes:
        _refuse_held(visit)
        refuse_past(fields["planned_on"])
    if "owner" in changes:
        refuse_stranger(visit.account, fields["owner"])
    if changes or visit.status == Status.PROPOSED:
        for name in changes:
            setattr(visit, name, fields[name])
        agree(visit)
        visit.save(update_fields=[*changes, "status", "updated_at"])
        audit.record(visit, "visits.visit_changed", actor=actor, changes=changes)
    return visit


@transaction.atomic
def move_visit(visit_id: int, *, to: date, expected: date, actor: User) -> Visit:
    """Give a visit another day, its time stays; a proposed one stays proposed.

    `expected` is the day that the actor saw it on. Refused: closed, stale, past, started.
    """
    visit = locked_visit(visit_id)
    _refuse_held(visit)
    if visit.planned_on != expected:
        message = _("Somebody else moved this visit to %(day)s meanwhile.")
        raise RuleViolation("stale", message % {"day": visit.planned_on})
    if to == visit.planned_on:
        return visit
    refuse_past(to)
    changes = audit.diff(visit, {"planned_on": to})
    visit.planned_on = to
    visit.save(update_fields=["planned_on", "updated_at"])
    audit.record(visit, "visits.visit_moved", actor=actor, changes=changes)
    return visit


@transaction.atomic
def cancel_visit(visit_id: int, *, reason: str, actor: User) -> Visit:
    """Call a visit off. Refused: closed, reason_missing."""
    visit = locked_visit(visit_id, towards=To.CANCELLED)
    if not reason.strip():
        raise RuleViolation("reason_missing", _("Say why the visit is cancelled."))
    was_agreed = visit.status != Status.PROPOSED
    visit.status = Status.CANCELLED
    visit.cancel_reason = reason.strip()
    visit.save(update_fields=["status", "cancel_reason", "updated_at"])
    audit.record(visit, "visits.visit_cancelled", actor=actor, reason=reason.strip())
    if was_agreed:
        data = {"visit": visit.pk, "kind": visit.kind, "on": str(visit.planned_on)}
        record_event([visit.account_id], "visits.visit_cancelled", actor=actor, data=data)
    return visit


@transaction.atomic
def check_in(visit_id: int, *, actor: User, position: Position | None = None) -> Visit:
    """Say that one has arrived: now, and where if one wants to.

    Refused: closed (also checked in already), not_yours (only who visits checks in).
    """
    visit = locked_visit(visit_id, towards=To.STARTED)
    if visit.owner_id != actor.pk:
        message = _("Only %(owner)s can check in; change who visits first.")
        raise RuleViolation("not_yours", message % {"owner": visit.owner})
    visit.status = Status.STARTED
    visit.started_at = timezone.now()
    visit.visited_on = timezone.localdate(visit.started_at)
    if position is not None:
        visit.latitude, visit.longitude = position.latitude, position.longitude
        visit.accuracy = position.accuracy
    visit.save(
        update_fields=[
            *("status", "started_at", "visited_on", "updated_at"),
            *("latitude", "longitude", "accuracy"),
        ]
    )
    audit.record(visit, "visits.visit_started", actor=actor)
    return visit


def _refuse_held(visit: Visit) -> None:
    if not visit.is_movable:
        raise RuleViolation("started", _("This visit has begun; it stays on its day."))
