"""What somebody was to do in visits, given to somebody else (A10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from accounts.people import out_of_hands
from kam.core import audit
from staff.models import User
from visits.models import FollowUp, MaintenanceSchedule, Visit

if TYPE_CHECKING:
    from collections.abc import Collection

MAY_VISIT = "visits.change_visit"
VISIT_GIVEN = "visits.visit_handed_over"
FOLLOW_UP_GIVEN = "visits.follow_up_handed_over"
SCHEDULE_GIVEN = "visits.schedule_handed_over"


@transaction.atomic
def give_visits(ids: Collection[int], *, giver: User, to: User, actor: User, reason: str) -> None:
    """Let somebody else make these visits, or go along where the giver was to, as far as they are
    open."""
    rows = Visit.objects.open().filter(pk__in=ids)
    joined = list(rows.filter(colleagues=giver).order_by("pk").values_list("pk", flat=True))
    _give(rows.filter(owner=giver), VISIT_GIVEN, to=to, actor=actor, reason=reason)
    for visit in rows.filter(pk__in=joined).select_for_update(of=("self",)).order_by("pk"):
        visit.colleagues.remove(giver)
        if visit.owner_id != to.pk:
            visit.colleagues.add(to)
        changes = {"colleagues": [str(giver), str(to)]}
        audit.record(visit, VISIT_GIVEN, actor=actor, changes=changes, reason=reason)


@transaction.atomic
def give_follow_ups(
    ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Let somebody else do these follow-ups, as far as they are open and the giver's."""
    rows = FollowUp.objects.open().filter(pk__in=ids, owner=giver)
    _give(rows, FOLLOW_UP_GIVEN, to=to, actor=actor, reason=reason)


@transaction.atomic
def give_schedules(
    ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Let somebody else go on these schedules, as far as they run and are the giver's."""
    rows = MaintenanceSchedule.objects.filter(pk__in=ids, owner=giver, ended_on=None)
    _give(rows, SCHEDULE_GIVEN, to=to, actor=actor, reason=reason)


@transaction.atomic
def pass_on(account_ids: Collection[int], actor: User, reason: str) -> None:
    """Let the managers of these accounts do what is in nobody's hands any more."""
    for rows, way, action in (
        (Visit.objects.open(), "account", VISIT_GIVEN),
        (FollowUp.objects.open(), "visit__account", FOLLOW_UP_GIVEN),
        (MaintenanceSchedule.objects.filter(ended_on=None), "account", SCHEDULE_GIVEN),
    ):
        managed = {f"{way}__in": account_ids, f"{way}__manager__is_active": True}
        lost = out_of_hands(rows.filter(**managed), may=MAY_VISIT, account=way)
        managers = lost.order_by().values_list(f"{way}__manager", flat=True).distinct()
        for manager in User.objects.filter(pk__in=list(managers)).order_by("pk"):
            theirs = lost.filter(**{f"{way}__manager": manager}).exclude(owner=manager)
            _give(theirs, action, to=manager, actor=actor, reason=reason)


def _give(
    rows: QuerySet[Visit] | QuerySet[FollowUp] | QuerySet[MaintenanceSchedule],
    action: str,
    *,
    to: User,
    actor: User,
    reason: str,
) -> None:
    for row in rows.select_for_update(of=("self",)).select_related("owner").order_by("pk"):
        changes = audit.diff(row, {"owner": to})
        row.owner = to
        row.save(update_fields=["owner", *(["updated_at"] if isinstance(row, Visit) else [])])
        if isinstance(row, Visit):
            row.colleagues.remove(to)
        audit.record(row, action, actor=actor, changes=changes, reason=reason)
