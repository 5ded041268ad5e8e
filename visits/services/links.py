"""The secret address under which a calendar program reads somebody's visits."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from kam.core import audit
from kam.core.tokens import digest
from staff.models import User
from visits.models import CalendarLink

if TYPE_CHECKING:
    from datetime import datetime

USED_RESOLUTION = timedelta(hours=1)  # last_used_at is written at most this often


@transaction.atomic
def make_link(user: User) -> str:
    """A new secret, shown this once; the one before ends."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    _revoke(user)
    secret = secrets.token_urlsafe(32)
    link = CalendarLink.objects.create(user=user, digest=digest(secret))
    audit.record(link, "visits.calendar_link_made", actor=user)
    return secret


@transaction.atomic
def revoke_link(user: User) -> bool:
    """End the address; whether there was one."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    return _revoke(user)


def _revoke(user: User) -> bool:
    link = CalendarLink.objects.filter(user=user, revoked_at=None).first()
    if link is None:
        return False
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    audit.record(link, "visits.calendar_link_revoked", actor=user)
    return True


def find_link(secret: str, *, now: datetime) -> CalendarLink | None:
    """The live link of this secret; notes that it was used."""
    links = CalendarLink.objects.live().select_related("user")
    link = links.filter(digest=digest(secret)).first()
    if link and (link.last_used_at is None or link.last_used_at <= now - USED_RESOLUTION):
        CalendarLink.objects.filter(pk=link.pk).update(last_used_at=now)
    return link
