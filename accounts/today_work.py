"""What waits for a person in needs, handovers and leave covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import (
    Account,
    Cover,
    HandoverCase,
    HandoverTransfer,
    Need,
    NeedQuerySet,
    sees_all_accounts,
)
from accounts.people import out_of_hands
from accounts.services import needs
from kam.core.today import LIMIT, Item, Kind, register

if TYPE_CHECKING:
    from staff.models import User

ASK_AFTER = timedelta(days=7)  # the customer has the answer and was not asked


def needs_to_answer(user: User, now: datetime) -> Iterator[Item]:
    """Needs that the user answers, the longest overdue first."""
    today = timezone.localdate(now)
    for need in _in_hand(user).to_answer().order_by("answer_due_on", "pk")[:LIMIT]:
        days = (today - need.answer_due_on).days
        yield _of_need(
            need,
            f"accounts.need:{need.pk}:{need.answer_due_on}",
            title=_("Answer: %(need)s") % {"need": need},
            reason=_need_reason(days),
            urgency=min(95, 80 + days) if days > 0 else max(30, 60 + 3 * days),
            due=need.answer_due_on,
        )


def needs_to_confirm(user: User, now: datetime) -> Iterator[Item]:
    """Needs that the user answered some days ago: what does the customer say?"""
    rows = _in_hand(user).filter(status=Need.Status.ANSWERED, answered_at__lte=now - ASK_AFTER)
    for need in rows.order_by("answered_at", "pk")[:LIMIT]:
        assert need.answered_at is not None  # noqa: S101 - the filter asked for it
        day = timezone.localdate(need.answered_at)
        yield _of_need(
            need,
            f"accounts.need_confirm:{need.pk}:{day}",
            title=_("Ask whether the answer is enough: %(need)s") % {"need": need},
            reason=_("Answered on %(day)s. Done: the customer confirms.") % {"day": day},
            urgency=45,
            due=day + ASK_AFTER,
        )


def _in_hand(user: User) -> NeedQuerySet:
    """The needs that wait for this user, and for those of whom they cover."""
    rows = Need.objects.visible_to(user).filter(owner__in=Cover.objects.hands_of(user))
    return rows.select_related("account")


def confirm_need(need_id: int, actor: User) -> None:
    """The customer confirms the answer."""
    needs.confirm(need_id, outcome=_("The customer confirms."), actor=actor)


def take_back_confirmation(need_id: int, actor: User) -> None:
    needs.withdraw_confirmation(Need.objects.visible_to(actor).get(pk=need_id).pk, actor=actor)


def needs_of_nobody(user: User, now: datetime) -> Iterator[Item]:
    """Needs to answer that are in nobody's list, for the account's manager and for who sees every
    account."""
    rows = out_of_hands(Need.objects.visible_to(user).to_answer(), may=needs.MAY_ANSWER)
    if not sees_all_accounts(user):
        rows = rows.filter(account__in=Account.objects.in_care_of(user))
    for need in rows.select_related("account", "owner").order_by("answer_due_on", "pk")[:LIMIT]:
        yield _of_need(
            need,
            f"accounts.need_nobody:{need.pk}",
            title=_("Nobody answers: %(need)s") % {"need": need},
            reason=nobody_reason(need.owner),
            urgency=85,
            due=need.answer_due_on,
        )


def nobody_reason(owner: User | None) -> str:
    """Why something is in nobody's list, and what to do about it."""
    if owner is None:
        return _("The customer has no account manager: give it to somebody.")
    if not owner.is_active:
        return _("%(person)s has left: give it to somebody.") % {"person": owner}
    message = _("%(person)s does not see this customer any more, or may not do this: give it away.")
    return message % {"person": owner}


def _of_need(need: Need, key: str, *, title: str, reason: str, urgency: int, due: date) -> Item:
    return Item(
        key=key,
        title=title,
        reason=reason,
        url=need.get_absolute_url(),
        urgency=urgency,
        due=due,
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
                url=named.get_absolute_url(),
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
            permission=needs.MAY_ANSWER,
            goes=gettext_lazy("Goes when the need is answered or declined."),
        )
    )
    register(
        Kind(
            key="accounts.need_confirm",
            label=gettext_lazy("Answers to be confirmed"),
            icon="clipboard-check",
            provide=needs_to_confirm,
            permission=needs.MAY_ANSWER,
            finish=confirm_need,
            take_back=take_back_confirmation,
        )
    )
    register(
        Kind(
            key="accounts.need_nobody",
            label=gettext_lazy("Needs nobody answers"),
            icon="help",
            provide=needs_of_nobody,
            permission=needs.MAY_ANSWER,
            goes=gettext_lazy("Goes when somebody has it who sees the customer."),
        )
    )
    register(
        Kind(
            key="accounts.transfer",
            label=gettext_lazy("Handovers to sign"),
            icon="users",
            provide=to_sign,
            permission="accounts.view_account",
            goes=gettext_lazy("Goes when you have signed, or it is withdrawn."),
        )
    )
    register(
        Kind(
            key="accounts.cover",
            label=gettext_lazy("Leave covers asked for"),
            icon="calendar",
            provide=covers_to_accept,
            permission="accounts.view_account",
            goes=gettext_lazy("Goes when you accept or turn it down."),
        )
    )
