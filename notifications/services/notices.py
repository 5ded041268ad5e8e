from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from notifications import kinds, rules
from notifications.models import Notification, Preference

if TYPE_CHECKING:
    from accounts.models import Account
    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One cause, told to one person."""

    user_id: int
    kind: str
    cause: str
    at: datetime
    url: str = ""
    account_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def notify(
    users: Iterable[User | int],
    kind: str,
    *,
    cause: str,
    url: str,
    data: Mapping[str, Any] | None = None,
    account: Account | None = None,
) -> None:
    """Tell these people of what is no event of an account, in the caller's transaction.

    kind: a registered one with words of its own. cause: names what happened, 120 characters at
    most ("approvals.request:4:1:0"); the same one tells nobody twice. An account that is hidden
    from somebody hides the notice too.
    """
    if kind not in kinds.registered():
        raise ValueError(f"the kind {kind} is not registered")
    people = dict.fromkeys(user if isinstance(user, int) else user.pk for user in users)
    now = timezone.now()
    write(
        Notice(
            user_id=person,
            kind=kind,
            cause=cause,
            at=now,
            url=url,
            account_id=account.pk if account else None,
            data=dict(data or {}),
        )
        for person in people
    )


@transaction.atomic
def settle(kind: str, *, causes_begin: str) -> int:
    """What was asked for is done: its notices count as read and are not mailed any more."""
    rows = Notification.objects.filter(kind=kind, cause__startswith=causes_begin)
    now = timezone.now()
    unmailed = rows.filter(mailed_at=None, mail_due_at__isnull=False)
    unmailed.update(mail_due_at=None)
    return rows.filter(read_at=None).update(read_at=now)


def write(notices: Iterable[Notice]) -> None:
    """Write the notices as their readers want them; what is there already stays. Three queries."""
    wanted = list(notices)
    if not wanted:
        return
    people = _who_reads({notice.user_id for notice in wanted})
    chosen = _choices({notice.user_id for notice in wanted}, {notice.kind for notice in wanted})
    rows = [
        row
        for notice in wanted
        if notice.user_id in people
        and (row := _row(notice, chosen, has_address=people[notice.user_id])) is not None
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _who_reads(ids: Collection[int]) -> dict[int, bool]:
    """Those of them who log in, and whether they have an e-mail address."""
    users = get_user_model().objects.filter(pk__in=ids, is_active=True, is_service=False)
    return {pk: bool(email) for pk, email in users.values_list("pk", "email")}


def _choices(users: Collection[int], kind_keys: Collection[str]) -> dict[tuple[int, str], Any]:
    rows = Preference.objects.filter(user__in=users, kind__in=kind_keys)
    return {(row.user_id, row.kind): row for row in rows}


def _row(
    notice: Notice, chosen: Mapping[tuple[int, str], Preference], *, has_address: bool
) -> Notification | None:
    """The row of a notice; None where its reader wants to hear nothing of such.

    Who wants it by mail and has no address finds it in the page.
    """
    preference = chosen.get((notice.user_id, notice.kind))
    in_page = preference.in_page if preference else True
    mail = preference.mail if preference else kinds.registered()[notice.kind].mail
    due = rules.mail_due(mail, timezone.localtime())
    if due is not None and not has_address:
        in_page, due = True, None
    if not in_page and due is None:
        return None
    return Notification(
        user_id=notice.user_id,
        kind=notice.kind,
        cause=notice.cause,
        account_id=notice.account_id,
        data=dict(notice.data),
        url=notice.url,
        at=notice.at,
        in_page=in_page,
        mail_due_at=due,
    )


def mark_read(ids: Iterable[int] | None, *, actor: User) -> int:
    """The actor has read these notices of theirs; without ids: all. How many that were."""
    rows = Notification.objects.filter(user=actor).unread()
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=timezone.now())


@transaction.atomic
def set_preferences(wanted: Mapping[str, tuple[bool, str]], *, actor: User) -> None:
    """How the actor wants to hear from now on: `{kind: (in the page, a value of Mail)}`."""
    Preference.objects.bulk_create(
        [
            Preference(user=actor, kind=kind, in_page=in_page, mail=mail)
            for kind, (in_page, mail) in sorted(wanted.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["in_page", "mail"],
    )
