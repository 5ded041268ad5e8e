"""What waits in credit: held orders, releases asked for, overdue payments, lines that expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Cover
from credit.explanations import name
from credit.models import (
    CollectionCase,
    CreditLine,
    LineProposal,
    OrderCredit,
    ReviewCampaign,
)
from credit.queries.held_orders import held_orders, reasons_now
from credit.queries.overdue import overdue
from credit.queries.reviews import lapsing
from credit.rules.supervision import ReviewState
from credit.services import groups
from kam.core.charts import money
from kam.core.today import LIMIT, Item, Kind, register
from kam.core.words import labelled, listed

if TYPE_CHECKING:
    from staff.models import User

TOLD_DAYS = 30  # before the last day of a line


def held(user: User, now: datetime) -> Iterator[Item]:
    """Orders of one's customers on credit hold, the longest held first."""
    mine = Account.objects.in_care_of(user)
    rows = held_orders(user, mine).order_by("held_since", "order")[:LIMIT]
    reasons = reasons_now(list(rows))
    for row in rows:
        names = listed(name(reason.code) for reason in reasons[row.order_id])
        yield _of_order(
            row,
            "credit.held",
            now,
            title=_("Order %(number)s is on credit hold") % {"number": row.order.order_number},
            reason=labelled(money(row.amount), names or _("its reasons are gone")),
            urgency=85,
        )


def to_release(user: User, now: datetime) -> Iterator[Item]:
    """Held orders whose release somebody asked for and this user may decide; the longest held
    first."""
    rows = held_orders(user).exclude(release_requested_by=None)
    rows = rows.exclude(Q(release_requested_by=user) | Q(account__manager=user))
    for row in rows.order_by("held_since", "order")[:LIMIT]:
        yield _of_order(
            row,
            "credit.release",
            now,
            title=_("Release order %(number)s?") % {"number": row.order.order_number},
            reason=_("%(person)s asks for release of %(amount)s: %(why)s")
            % {
                "person": row.release_requested_by,
                "amount": money(row.amount),
                "why": row.release_request,
            },
            urgency=80,
        )


def _of_order(
    row: OrderCredit, kind: str, now: datetime, *, title: str, reason: str, urgency: int
) -> Item:
    assert row.held_since is not None  # noqa: S101 - the database keeps it of what is held
    return Item(
        key=f"{kind}:{row.order_id}:{row.held_since:%Y%m%d%H%M}",
        title=title,
        reason=reason,
        url=reverse("credit:order", args=[row.order.order_number]),
        urgency=min(95, urgency + (now - row.held_since).days),
        due=row.held_since,
        account_number=row.account.account_number,
        account_name=row.account.short_name or row.account.name,
    )


def overdue_payments(user: User, now: datetime) -> Iterator[Item]:
    """Customers who owe past the due day: one's own, and those whose case one has; the longest
    overdue first. What collections have put off does not wait here."""
    today = timezone.localdate(now)
    hands = Cover.objects.hands_of(user)
    own = Q(owner__in=hands) | Q(account__manager__in=hands)
    open_cases = CollectionCase.objects.visible_to(user).open().filter(own)
    cases = {case.account_id: case for case in open_cases}
    mine = {*Account.objects.in_care_of(user).values_list("pk", flat=True), *cases}
    debts = sorted(overdue(mine, today).items(), key=lambda one: (-one[1].oldest_days, one[0]))
    waiting = {pk for pk, case in cases.items() if (case.snoozed_until or today) > today}
    told = dict([one for one in debts if one[0] not in waiting][:LIMIT])
    accounts = Account.objects.in_bulk(told)
    for pk, debt in told.items():
        account, case = accounts[pk], cases.get(pk)
        yield Item(
            key=f"credit.overdue:{pk}",
            title=_("%(amount)s overdue") % {"amount": money(debt.amount)},
            reason=ngettext(
                "The oldest part has been due for %(days)d day.",
                "The oldest part has been due for %(days)d days.",
                debt.oldest_days,
            )
            % {"days": debt.oldest_days},
            url=case.get_absolute_url() if case else account.get_absolute_url(),
            urgency=min(95, 65 + debt.oldest_days // 3),
            due=today - timedelta(days=debt.oldest_days),
            account_number=account.account_number,
            account_name=account.short_name or account.name,
        )


def expiring_lines(user: User, now: datetime) -> Iterator[Item]:
    """Lines in force that expire within 30 days or have, without an application; the first to
    expire first."""
    today = timezone.localdate(now)
    in_force = CreditLine.objects.filter(account__in=Account.objects.in_care_of(user), limit__gt=0)
    asked = LineProposal.objects.filter(
        account=OuterRef("account"), status=LineProposal.Status.PROPOSED
    )
    follows = CreditLine.objects.filter(
        account=OuterRef("account"), valid_from__gt=OuterRef("valid_from")
    )
    rows = CreditLine.objects.filter(
        ~Exists(asked),
        ~Exists(follows),
        pk__in=in_force.in_force(today).values("pk"),
        valid_until__lte=today + timedelta(days=TOLD_DAYS),
    )
    for line in rows.select_related("account").order_by("valid_until", "pk")[:LIMIT]:
        days = (line.valid_until - today).days
        yield Item(
            key=f"credit.line:{line.pk}",
            title=_("Credit line of %(limit)s expires") % {"limit": money(line.limit)}
            if days >= 0
            else _("Credit line of %(limit)s has expired") % {"limit": money(line.limit)},
            reason=_line_reason(days),
            url=reverse("credit:account_terms", args=[line.account.account_number]),
            urgency=75 - days if days >= 0 else 80,
            due=line.valid_until,
            account_number=line.account.account_number,
            account_name=line.account.short_name or line.account.name,
            may_tick=True,
        )


def _line_reason(days: int) -> str:
    if days < 0:
        return _("There is no credit any more, and nobody has applied for a new line.")
    if not days:
        return _("Today is its last day, and nobody has applied for a new one.")
    return ngettext(
        "Its last day is in %(days)d day, and nobody has applied for a new one.",
        "Its last day is in %(days)d days, and nobody has applied for a new one.",
        days,
    ) % {"days": days}


def to_submit(user: User, now: datetime) -> Iterator[Item]:
    """Reviews of the newest campaign that nobody has submitted: to finance all of them, to others
    those of the customers in their care."""
    today = timezone.localdate(now)
    campaign = ReviewCampaign.objects.first()
    if campaign is None:
        return
    waiting = campaign.reviews.visible_to(user).to_submit()
    if not user.has_perm("credit.prepare_review"):
        waiting = waiting.filter(account__in=Account.objects.in_care_of(user))
    if number := waiting.count():
        days = (campaign.due_on - today).days
        yield Item(
            key=f"credit.review:{campaign.pk}",
            title=_("Submit the credit reviews of %(period)s") % {"period": campaign.period},
            reason=ngettext(
                "%(number)s review is not submitted yet; all are to be approved by %(day)s.",
                "%(number)s reviews are not submitted yet; all are to be approved by %(day)s.",
                number,
            )
            % {"number": number, "day": campaign.due_on},
            url=campaign.get_absolute_url(),
            urgency=max(60, min(90, 85 - days)),
            due=campaign.due_on,
        )


def lapsing_lines(user: User, now: datetime) -> Iterator[Item]:
    """Lines of one's customers whose review is overdue, and that lapsed; the oldest first."""
    today = timezone.localdate(now)
    mine = set(Account.objects.in_care_of(user).values_list("pk", flat=True))
    found = lapsing(today, mine).items()
    late = [one for one in found if one[1].state is not ReviewState.DUE_SOON][:LIMIT]
    accounts = Account.objects.in_bulk([pk for pk, _standing in late])
    for pk, standing in late:
        account = accounts[pk]
        has_lapsed = standing.state is ReviewState.LAPSED
        yield Item(
            key=f"credit.lapse:{pk}:{standing.due_on}",
            title=_("Credit line has lapsed") if has_lapsed else _("Credit line is about to lapse"),
            reason=(
                _("It was not reviewed in time and gives no credit until its review is approved.")
                if has_lapsed
                else _("Its review was due on %(due)s; after %(last)s it gives no credit.")
                % {"due": standing.due_on, "last": standing.counts_until}
            ),
            url=reverse("credit:campaigns"),
            urgency=85 if has_lapsed else 80,
            due=standing.counts_until,
            account_number=account.account_number,
            account_name=account.short_name or account.name,
        )


def groups_to_confirm(user: User, now: datetime) -> Iterator[Item]:
    """Customers that came under another parent company than credit knows, by number."""
    moves = [move for move in groups.to_confirm() if move.account.manager_id != user.pk]
    for move in moves[:LIMIT]:
        yield Item(
            key=f"credit.group:{move.account.pk}:{move.head.pk if move.head else 0}",
            title=_("Confirm the credit group of %(account)s") % {"account": move.account},
            reason=_("The archive says: %(head)s. For credit it is still: %(now)s.")
            % {"head": move.head or _("on its own"), "now": move.now or _("on its own")},
            url=reverse("credit:account_terms", args=[move.account.account_number]),
            urgency=70,
        )


KINDS = (
    Kind(
        key="credit.held",
        label=gettext_lazy("Orders on credit hold"),
        icon="lock",
        provide=held,
        permission="credit.view_creditparty",
        goes=gettext_lazy("Goes when the order is released or cancelled."),
    ),
    Kind(
        key="credit.release",
        label=gettext_lazy("Releases asked for"),
        icon="shield-check",
        provide=to_release,
        permission="credit.release_order",
        goes=gettext_lazy("Goes when the release is decided on."),
    ),
    Kind(
        key="credit.overdue",
        label=gettext_lazy("Overdue payments"),
        icon="cash",
        provide=overdue_payments,
        permission="credit.view_creditparty",
        goes=gettext_lazy("Goes when it is paid, or collections put it off."),
    ),
    Kind(
        key="credit.line",
        label=gettext_lazy("Credit lines that expire"),
        icon="calendar-due",
        provide=expiring_lines,
        permission="credit.add_lineproposal",
    ),
    Kind(
        key="credit.review",
        label=gettext_lazy("Credit reviews to submit"),
        icon="clipboard-check",
        provide=to_submit,
        permission="credit.submit_review",
        goes=gettext_lazy("Goes when all are submitted."),
    ),
    Kind(
        key="credit.lapse",
        label=gettext_lazy("Credit lines that lapse"),
        icon="calendar-due",
        provide=lapsing_lines,
        permission="credit.submit_review",
        goes=gettext_lazy("Goes when the review is approved."),
    ),
    Kind(
        key="credit.group",
        label=gettext_lazy("Credit groups to confirm"),
        icon="building-skyscraper",
        provide=groups_to_confirm,
        permission="credit.supervise_credit",
        goes=gettext_lazy("Goes when the group is confirmed."),
    ),
)


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for kind in KINDS:
        register(kind)
