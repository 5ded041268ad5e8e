"""Visits as rows, without the services' rules."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account
from visits.models import FollowUp, MaintenanceSchedule, Visit


def make_visit(account: Account, **fields: Any) -> Visit:
    """A planned visit of the account's manager, today."""
    owner = fields.pop("owner", account.manager)
    values = {"planned_on": timezone.localdate(), "created_by": owner, **fields}
    return Visit.objects.create(account=account, owner=owner, **values)


def make_held_visit(account: Account, on: date, **fields: Any) -> Visit:
    """A visit that was held and reported on a day."""
    return make_visit(
        account,
        **{
            "status": "done",
            "planned_on": on,
            "visited_on": on,
            "purpose": "了解明年采购计划",
            "next_step": "寄送样品",
            "done_at": timezone.now(),
            "done_by": fields.get("owner", account.manager),
            **fields,
        },
    )


def make_follow_up(visit: Visit, **fields: Any) -> FollowUp:
    values = {
        "text": "寄送样品",
        "owner": visit.owner,
        "due_on": timezone.localdate() + timedelta(days=7),
        "created_by": visit.owner,
        **fields,
    }
    return FollowUp.objects.create(visit=visit, **values)


def make_schedule(account: Account, **fields: Any) -> MaintenanceSchedule:
    """Service every 90 days from today on; no visits are made of it."""
    owner = fields.pop("owner", account.manager)
    values = {
        "subject": "注塑机保养",
        "every_days": 90,
        "next_on": timezone.localdate(),
        "created_by": owner,
        **fields,
    }
    return MaintenanceSchedule.objects.create(account=account, owner=owner, **values)


def days_ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)
