"""What pages and mails show of notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts import timeline
from notifications import kinds
from notifications.models import Mail, Notification, Preference

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from staff.models import User

COUNTED = 99  # above that the bell says "99+"


@dataclass(frozen=True)
class Row:
    """A notice in the reader's language."""

    notice: Notification
    icon: str
    text: str
    url: str


def rows(notices: Sequence[Notification]) -> list[Row]:
    """What these notices say; their accounts are loaded."""
    return [
        Row(
            notice=notice,
            icon=timeline.icon_of(notice.kind),
            text=" ".join(kinds.say(notice.kind, notice.data).split()),
            url=notice.url or (notice.account.get_absolute_url() if notice.account else "/"),
        )
        for notice in notices
    ]


def unread_count(user: User) -> int:
    """How many unread notices the bell shows, one more than `COUNTED` at most."""
    unread = Notification.objects.visible_to(user).unread()
    return len(unread.values_list("pk", flat=True)[: COUNTED + 1])


@dataclass(frozen=True)
class Choice:
    """A kind of notice and how its reader hears of it now."""

    kind: str
    label: str | Promise
    in_page: bool
    mail: str


def choices(user: User) -> list[Choice]:
    """Every kind, by app, with what the user chose or the kind's own default."""
    chosen = {row.kind: row for row in Preference.objects.filter(user=user)}
    found = []
    for key, kind in sorted(kinds.registered().items()):
        row = chosen.get(key)
        found.append(
            Choice(
                kind=key,
                label=kind.label,
                in_page=row.in_page if row else True,
                mail=row.mail if row else Mail(kind.mail),
            )
        )
    return found
