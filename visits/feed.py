"""Somebody's visits and follow-ups as an iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from visits.models import FollowUp, Status, Visit

if TYPE_CHECKING:
    from staff.models import User

BACK = timedelta(days=60)
AHEAD = timedelta(days=366)
LENGTH = timedelta(hours=1)  # of a visit that has a time
REFRESH = timedelta(hours=1)


def calendar(user: User, today: date) -> bytes:
    """What this user may see of their own: agreed and held visits, and follow-ups to be done."""
    feed = Calendar()
    feed.add("prodid", "-//KAM//Visits//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", _("Visits of %s") % user)
    feed.add("x-wr-timezone", settings.TIME_ZONE)
    feed.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    since, until = today - BACK, today + AHEAD
    visits = Visit.objects.visible_to(user).filter(
        owner=user, planned_on__gte=since, planned_on__lte=until
    )
    agreed = visits.exclude(status__in=[Status.PROPOSED, Status.CANCELLED])
    for visit in agreed.select_related("account"):
        feed.add_component(_of_visit(visit))
    rows = FollowUp.objects.visible_to(user).open().filter(owner=user, due_on__lte=until)
    for follow_up in rows.select_related("visit__account"):
        feed.add_component(_of_follow_up(follow_up))
    return bytes(feed.to_ical())


def _of_visit(visit: Visit) -> Event:
    account = visit.account
    event = Event()
    event.add("uid", f"visit-{visit.pk}@kam")
    event.add("dtstamp", visit.updated_at)
    event.add("last-modified", visit.updated_at)
    event.add("summary", f"{visit.get_kind_display()}: {account.short_name or account.name}")
    event.add("location", account.address)
    event.add("description", visit.purpose)
    event.add("url", f"{settings.SITE_URL}{visit.get_absolute_url()}")
    if visit.planned_at is None:
        _all_day(event, visit.planned_on)
    else:
        starts = datetime.combine(visit.planned_on, visit.planned_at, _zone())
        event.add("dtstart", starts.astimezone(ZoneInfo("UTC")))
        event.add("dtend", (starts + LENGTH).astimezone(ZoneInfo("UTC")))
    return event


def _of_follow_up(follow_up: FollowUp) -> Event:
    event = Event()
    event.add("uid", f"follow-up-{follow_up.pk}@kam")
    event.add("dtstamp", follow_up.created_at)
    event.add("summary", follow_up.text)
    event.add("description", str(follow_up.visit.account))
    event.add("url", f"{settings.SITE_URL}{follow_up.get_absolute_url()}")
    _all_day(event, follow_up.due_on)
    return event


def _all_day(event: Event, day: date) -> None:
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_default_timezone_name())
