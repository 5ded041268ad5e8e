"""Somebody's visits and follow-ups as an iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from accounts.models import Cover
from kam.core.words import labelled
from visits.models import FollowUp, Status, Visit

if TYPE_CHECKING:
    from staff.models import User

BACK = timedelta(days=60)
AHEAD = timedelta(days=366)
LENGTH = timedelta(hours=1)  # of a visit that has a time
REFRESH = timedelta(hours=1)


def calendar(user: User, today: date) -> bytes:
    """Agreed and held visits and follow-ups to be done: the user's own as far as they may see
    them, and on the days of a leave cover those of whom they cover for, under that person's name.
    """
    feed = Calendar()
    feed.add("prodid", "-//KAM//Visits//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", _("Visits of %s") % user)
    feed.add("x-wr-timezone", settings.TIME_ZONE)
    feed.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    since, until = today - BACK, today + AHEAD
    to_visit, to_follow_up = Q(owner=user), Q(owner=user)
    for each in Cover.objects.in_force(today).filter(cover=user):
        away = Q(owner=each.person_id)
        to_visit |= away & Q(planned_on__gte=each.since, planned_on__lt=each.until)
        to_follow_up |= away & Q(due_on__lt=each.until)
    visits = Visit.objects.visible_to(user).filter(
        to_visit, planned_on__gte=since, planned_on__lte=until
    )
    agreed = visits.exclude(status__in=[Status.PROPOSED, Status.CANCELLED])
    for visit in agreed.select_related("account", "owner"):
        feed.add_component(_of_visit(visit, user))
    rows = FollowUp.objects.visible_to(user).open().filter(to_follow_up, due_on__lte=until)
    for follow_up in rows.select_related("visit__account", "owner"):
        feed.add_component(_of_follow_up(follow_up, user))
    return bytes(feed.to_ical())


def _named(what: str, owner: User, reader: User) -> str:
    if owner == reader:
        return what
    return _("%(what)s (for %(person)s)") % {"what": what, "person": owner}


def _of_visit(visit: Visit, reader: User) -> Event:
    account = visit.account
    event = Event()
    event.add("uid", f"visit-{visit.pk}@kam")
    event.add("dtstamp", visit.updated_at)
    event.add("last-modified", visit.updated_at)
    what = labelled(visit.get_kind_display(), account.short_name or account.name)
    event.add("summary", _named(what, visit.owner, reader))
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


def _of_follow_up(follow_up: FollowUp, reader: User) -> Event:
    event = Event()
    event.add("uid", f"follow-up-{follow_up.pk}@kam")
    event.add("dtstamp", follow_up.created_at)
    event.add("summary", _named(follow_up.text, follow_up.owner, reader))
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
