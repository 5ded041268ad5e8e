"""What waits for a person in needs, handovers and leave covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Cover, HandoverCase, HandoverTransfer, Need
from kam.core.today import LIMIT, Item, Kind, register

if TYPE_CHECKING:
    from staff.models import User


def needs_to_answer(user: User, now: datetime) -> Iterator[Item]:
    """Needs that the user answers, the longest overdue first."""
    today = timezone.localdate(now)
    rows = Need.objects.visible_to(user).to_answer().filter(owner=user).select_related("account")
    for need in rows.order_by("answer_due_on", "pk")[:LIMIT]:
        days = (today - need.answer_due_on).days
        yield Item(
            key=f"accounts.need:{need.pk}:{need.answer_due_on}",
            title=_("Answer: %(need)s") % {"need": need},
            reason=_need_reason(days),
            url=need.get_absolute_url(),
            urgency=min(95, 80 + days) if days > 0 else max(30, 60 + 3 * days),
            due=need.answer_due_on,
            account_number=need.account.account_number,
            account_name=need.account.short_name or need.account.name,
        )


def _need_reason(days: int) -> str:
    if days > 0:
        return ngettext(
            "The customer should have had an answer %(days)d day ago.",
            "The customer should have had an answer %(days)d days ago.",
            days,
        ) % {"days": days}
    if days:
        return ngettext(
            "An answer is due in %(days)d day.", "An answer is due in %(days)d days.", -days
        ) % {"days": -days}
    return _("An answer is due today.")


def to_sign(user: User, now: datetime) -> Iterator[Item]:
    """Transfers of handovers that wait for the user's signature on either side."""
    waiting = HandoverTransfer.objects.pending().filter(
        Q(taker=user, taker_signed_at=None) | Q(case__giver=user, giver_signed_at=None),
        case__status=HandoverCase.Status.OPEN,
    )
    for transfer in waiting.select_related("case__giver", "taker").order_by("pk")[:LIMIT]:
        count = transfer.count
        told = {"giver": transfer.case.giver, "taker": transfer.taker, "number": count}
        yield Item(
            key=f"accounts.transfer:{transfer.pk}",
            title=_("Sign the handover of %(giver)s to %(taker)s") % told,
            reason=ngettext(
                "%(number)d item moves when both sides have signed.",
                "%(number)d items move when both sides have signed.",
                count,
            )
            % told,
            url=transfer.case.get_absolute_url(),
            urgency=75,
            due=transfer.case.last_day,
        )


def covers_to_accept(user: User, now: datetime) -> Iterator[Item]:
    """Leave covers that the user was asked for."""
    today = timezone.localdate(now)
    asked = Cover.objects.filter(cover=user, cover_signed_at=None, until__gt=today)
    for named in asked.select_related("person").order_by("since", "pk")[:LIMIT]:
        if named.state_on(today) == "proposed":
            yield Item(
                key=f"accounts.cover:{named.pk}",
                title=_("Cover for %(person)s?") % {"person": named.person},
                reason=_("Away from %(since)s, back on %(until)s.")
                % {"since": named.since, "until": named.until},
                url=reverse("accounts:covers"),
                urgency=85 if named.since <= today else 65,
                due=named.since,
            )


def register_own() -> None:
    """The kinds of this module; called when the app is ready."""
    register(
        Kind(
            key="accounts.need",
            label=gettext_lazy("Needs to answer"),
            icon="clipboard-list",
            provide=needs_to_answer,
            permission="accounts.change_need",
        )
    )
    register(
        Kind(
            key="accounts.transfer",
            label=gettext_lazy("Handovers to sign"),
            icon="users",
            provide=to_sign,
            permission="accounts.view_account",
        )
    )
    register(
        Kind(
            key="accounts.cover",
            label=gettext_lazy("Leave covers asked for"),
            icon="calendar",
            provide=covers_to_accept,
            permission="accounts.view_account",
        )
    )
