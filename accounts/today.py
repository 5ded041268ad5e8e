"""What waits for an account manager in the archives: reviews that are due, birthdays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Contact, Qualification, Stage
from accounts.qualification_words import advice
from accounts.services import review_account, withdraw_review
from kam.core.today import LIMIT, Item, Kind, register

if TYPE_CHECKING:
    from staff.models import User

BIRTHDAY_DAYS = 7  # told so many days ahead
DECIDE_DAYS = 30  # from a prospect's first day to a decision


def due_reviews(user: User, now: datetime) -> Iterator[Item]:
    """Archives whose review is due (A12), the longest overdue first."""
    today = timezone.localdate(now)
    rows = Account.objects.in_care_of(user).review_due(today).exclude(stage=Stage.REJECTED)
    rows = rows.order_by("review_due_on", "pk")
    for account in rows.only("account_number", "name", "short_name", "review_due_on")[:LIMIT]:
        assert account.review_due_on is not None  # noqa: S101 - `review_due` asked for it
        days = (today - account.review_due_on).days
        yield Item(
            key=f"accounts.review:{account.pk}:{account.review_due_on}",
            title=_("Review the archive"),
            reason=_review_reason(days),
            url=account.get_absolute_url(),
            urgency=min(70, 40 + days // 10),
            due=account.review_due_on,
            account_number=account.account_number,
            account_name=account.short_name or account.name,
        )


def _review_reason(days: int) -> str:
    if not days:
        return _("The review of the archive is due today.")
    return ngettext(
        "The archive should have been reviewed %(days)d day ago.",
        "The archive should have been reviewed %(days)d days ago.",
        days,
    ) % {"days": days}


def finish_review(account_id: int, actor: User) -> None:
    """The archive was gone through and is right."""
    review_account(account_id, actor=actor)


def take_back_review(account_id: int, actor: User) -> None:
    withdraw_review(Account.objects.visible_to(actor).get(pk=account_id).pk, actor=actor)


def open_prospects(user: User, now: datetime) -> Iterator[Item]:
    """Prospects that nobody has decided on (A8), the longest open first."""
    rows = Qualification.objects.open().filter(account__in=Account.objects.in_care_of(user))
    for row in rows.select_related("account").order_by("opened_at", "pk")[:LIMIT]:
        days = (now - row.opened_at).days
        yield Item(
            key=f"accounts.prospect:{row.pk}",
            title=_("Qualify the prospect"),
            reason=advice(row.screening()),
            url=reverse("accounts:qualification", args=[row.account.account_number]),
            urgency=min(70, 35 + days),
            due=timezone.localdate(row.opened_at + timedelta(days=DECIDE_DAYS)),
            account_number=row.account.account_number,
            account_name=row.account.short_name or row.account.name,
        )


def birthdays(user: User, now: datetime) -> Iterator[Item]:
    """Birthdays of contacts in the days ahead, today's first."""
    today = timezone.localdate(now)
    days = [today + timedelta(days=n) for n in range(BIRTHDAY_DAYS + 1)]
    asked = Q()
    for day in days:
        asked |= Q(birthday__month=day.month, birthday__day=day.day)
    if any(_has_no_leap_day(day) for day in days):
        asked |= Q(birthday__month=2, birthday__day=29)
    rows = Contact.objects.visible_to(user).filter(
        asked, account__in=Account.objects.in_care_of(user), has_left=False
    )
    rows = rows.select_related("account").order_by("pk")[:LIMIT]
    found = [(_this_year(contact.birthday, days), contact) for contact in rows if contact.birthday]
    for day, contact in sorted(found, key=lambda one: (one[0], one[1].pk)):
        yield _birthday(contact, day, today)


def _birthday(contact: Contact, day: date, today: date) -> Item:
    ahead = (day - today).days
    reason = (
        ngettext("Birthday in %(days)d day.", "Birthday in %(days)d days.", ahead) % {"days": ahead}
        if ahead
        else _("Birthday today.")
    )
    return Item(
        key=f"accounts.birthday:{contact.pk}:{day.year}",
        title=_("Congratulate %(name)s") % {"name": contact.name},
        reason=reason,
        url=f"{contact.account.get_absolute_url()}#contacts",
        urgency=60 if not ahead else 40 - ahead,
        due=day,
        account_number=contact.account.account_number,
        account_name=contact.account.short_name or contact.account.name,
        may_tick=True,
    )


def _has_no_leap_day(day: date) -> bool:
    """Whether who was born on 29 February has the birthday on this 28 February."""
    return (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3


def _this_year(birthday: date, days: list[date]) -> date:
    """Which of these days is the birthday."""
    for day in days:
        if (day.month, day.day) == (birthday.month, birthday.day):
            return day
    return next(day for day in days if _has_no_leap_day(day))


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    register(
        Kind(
            key="accounts.review",
            label=gettext_lazy("Archives to review"),
            icon="archive",
            provide=due_reviews,
            permission="accounts.change_account",
            finish=finish_review,
            take_back=take_back_review,
        )
    )
    register(
        Kind(
            key="accounts.prospect",
            label=gettext_lazy("Prospects to qualify"),
            icon="filter",
            provide=open_prospects,
            permission="accounts.change_account",
            goes=gettext_lazy("Goes when the prospect is decided on."),
        )
    )
    register(
        Kind(
            key="accounts.birthday",
            label=gettext_lazy("Birthdays"),
            icon="cake",
            provide=birthdays,
            permission="accounts.view_contact",
            for_team=True,
        )
    )
