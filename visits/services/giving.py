"""What somebody was to do in visits, given to somebody else (A10)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from kam.core import audit
from visits.models import FollowUp, MaintenanceSchedule, Visit

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def give_visits(
    ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> list[int]:
    """Let somebody else make these visits, as far as they are open and the giver's."""
    rows = Visit.objects.open().filter(pk__in=ids, owner=giver)
    return _give(rows, "visits.visit_handed_over", to=to, actor=actor, reason=reason)


@transaction.atomic
def give_follow_ups(
    ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> list[int]:
    """Let somebody else do these follow-ups, as far as they are open and the giver's."""
    rows = FollowUp.objects.open().filter(pk__in=ids, owner=giver)
    return _give(rows, "visits.follow_up_handed_over", to=to, actor=actor, reason=reason)


@transaction.atomic
def give_schedules(
    ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> list[int]:
    """Let somebody else go on these schedules, as far as they run and are the giver's."""
    rows = MaintenanceSchedule.objects.filter(pk__in=ids, owner=giver, ended_on=None)
    return _give(rows, "visits.schedule_handed_over", to=to, actor=actor, reason=reason)


def _give(
    rows: QuerySet[Visit] | QuerySet[FollowUp] | QuerySet[MaintenanceSchedule],
    action: str,
    *,
    to: User,
    actor: User,
    reason: str,
) -> list[int]:
    """The ids of the rows that have got a new owner."""
    given = []
    for row in rows.select_for_update(of=("self",)).select_related("owner").order_by("pk"):
        changes = audit.diff(row, {"owner": to})
        row.owner = to
        stamp = ["updated_at"] if isinstance(row, Visit) else []
        row.save(update_fields=["owner", *stamp])
        audit.record(row, action, actor=actor, changes=changes, reason=reason)
        given.append(row.pk)
    return given
