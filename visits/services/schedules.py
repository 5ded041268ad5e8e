"""Maintenance on a schedule 定期维护. docs/policies/visits.md section 8."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import kept_live, live_locked
from kam.core import audit
from kam.core.calendar import is_workday
from kam.core.errors import RuleViolation
from visits.models import Kind, MaintenanceSchedule, Visit
from visits.services.guards import refuse_past, refuse_stranger

if TYPE_CHECKING:
    from staff.models import User

AHEAD = timedelta(days=45)  # how long before its day a visit is made of a schedule


@transaction.atomic
def open_schedule(
    account_id: int, *, subject: str, owner: User, every_days: int, first_on: date, actor: User
) -> MaintenanceSchedule:
    """Service something from a day on, every so many days. Refused: merged, past, stranger."""
    account = live_locked(account_id)
    refuse_past(first_on)
    refuse_stranger(account, owner)
    schedule = MaintenanceSchedule.objects.create(
        account=account,
        subject=subject.strip(),
        owner=owner,
        every_days=every_days,
        next_on=first_on,
        created_by=actor,
    )
    audit.record(schedule, "visits.schedule_opened", actor=actor)
    make_visits(timezone.localdate())
    return schedule


@transaction.atomic
def end_schedule(schedule_id: int, *, actor: User) -> MaintenanceSchedule:
    """Make no more visits of it; those that are planned stay. Refused: ended."""
    rows = MaintenanceSchedule.objects.select_for_update(of=("self",))
    schedule = rows.get(pk=schedule_id)
    if schedule.ended_on is not None:
        raise RuleViolation("ended", _("This schedule has ended already."))
    schedule.ended_on = timezone.localdate()
    schedule.save(update_fields=["ended_on"])
    audit.record(schedule, "visits.schedule_ended", actor=actor)
    return schedule


@transaction.atomic
def make_visits(on: date) -> int:
    """Plan the visits that schedules bring within `AHEAD`; how many. Again: nothing more.

    A visit stands on the first working day from its due day on.
    """
    waiting = MaintenanceSchedule.objects.filter(ended_on=None, next_on__lte=on + AHEAD)
    kept_live(waiting.values_list("account", flat=True))
    due = list(waiting.select_for_update(of=("self",)).select_related("account").order_by("pk"))
    visits = [visit for schedule in due for visit in _visits(schedule, on + AHEAD)]
    Visit.objects.bulk_create(visits, batch_size=2000)
    MaintenanceSchedule.objects.bulk_update(due, ["next_on"], batch_size=2000)
    return len(visits)


def _visits(schedule: MaintenanceSchedule, until: date) -> list[Visit]:
    """The visits that are due by a day; the schedule goes on to the one after."""
    visits = []
    while schedule.next_on <= until:
        visits.append(
            Visit(
                account=schedule.account,
                kind=Kind.MAINTENANCE,
                owner_id=schedule.owner_id,
                schedule=schedule,
                planned_on=_working_day(schedule.next_on),
                due_on=schedule.next_on,
                purpose=schedule.subject,
                why={"why": "schedule", "every_days": schedule.every_days},
            )
        )
        schedule.next_on += timedelta(days=schedule.every_days)
    return visits


def _working_day(day: date) -> date:
    while not is_workday(day):
        day += timedelta(days=1)
    return day
