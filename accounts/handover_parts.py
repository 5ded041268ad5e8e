"""What a person holds of the archives, of teams and of approvals, and how it moves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.handover import OpenItem, Part, register
from accounts.models import Account, Contact, HandoverCase, Need, Segment, ServiceMember
from accounts.services import cover, giving, handover, needs
from approvals import services as approvals
from kam.core.words import labelled
from staff.models import Team
from staff.services import change_leader

if TYPE_CHECKING:
    from staff.models import User


class Give(Protocol):
    """Gives rows of the giver to somebody."""

    def __call__(
        self, ids: Collection[int], /, *, giver: User, to: User, actor: User, reason: str
    ) -> Any: ...


def _with(give: Give, keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    """A move that one service does for all rows."""
    give([int(key) for key in keys], giver=case.giver, to=to, actor=actor, reason=str(case))


def _each(
    give: Callable[..., Any],
    keys: Collection[str],
    *,
    to: User,
    actor: User,
    case: HandoverCase,
) -> None:
    """A move that a service does row by row."""
    for key in sorted(keys, key=int):
        give(int(key), giver=case.giver, to=to, actor=actor, reason=str(case))


def _managed(user: User) -> list[OpenItem]:
    accounts = Account.objects.filter(manager=user).order_by("name_sort", "pk")
    return [
        OpenItem(
            str(account.pk),
            _("%(account)s (merged)") % {"account": account}
            if account.merged_into_id
            else str(account),
            account.get_absolute_url(),
            account.pk,
        )
        for account in accounts.only("account_number", "name", "short_name", "merged_into")
    ]


def _served(user: User) -> list[OpenItem]:
    members = ServiceMember.objects.filter(user=user, until=None).select_related("account")
    return [
        OpenItem(
            str(member.pk),
            f"{member.account} · {member.get_role_display()}",
            member.account.get_absolute_url(),
            member.account_id,
        )
        for member in members.order_by("account", "pk")
    ]


def _counterparts(user: User) -> list[OpenItem]:
    contacts = Contact.objects.filter(counterpart=user).select_related("account")
    return [
        OpenItem(
            str(contact.pk),
            f"{contact.account} · {contact.position or contact.get_buying_role_display()}",
            contact.account.get_absolute_url(),
            contact.account_id,
        )
        for contact in contacts.order_by("account", "pk")
    ]


def _needs(user: User) -> list[OpenItem]:
    found = Need.objects.open().filter(owner=user).select_related("account").order_by("pk")
    return [
        OpenItem(
            str(need.pk), labelled(need.account, need), need.get_absolute_url(), need.account_id
        )
        for need in found
    ]


def _give_needs(ids: Collection[int], *, giver: User, to: User, actor: User, reason: str) -> None:
    mine = Need.objects.open().filter(pk__in=ids, owner=giver).order_by("pk")
    for pk in mine.values_list("pk", flat=True):
        needs.give(pk, owner=to, actor=actor, reason=reason)


def _views(user: User) -> list[OpenItem]:
    url = reverse("accounts:segments")
    shared = Segment.objects.filter(owner=user, is_shared=True).order_by("pk")
    return [OpenItem(str(segment.pk), segment.name, url) for segment in shared]


def _teams(user: User) -> list[OpenItem]:
    return [OpenItem(str(team.pk), team.name) for team in Team.objects.filter(leader=user)]


def _give_teams(ids: Collection[int], *, giver: User, to: User, actor: User, reason: str) -> None:
    led = Team.objects.filter(pk__in=ids, leader=giver).order_by("pk")
    for pk in led.values_list("pk", flat=True):
        change_leader(pk, leader=to, actor=actor, reason=reason)


def _covers(user: User) -> list[OpenItem]:
    told = _("%(cover)s covers for %(person)s until %(day)s")
    return [
        OpenItem(
            str(named.pk),
            told
            % {
                "cover": named.cover,
                "person": named.person,
                "day": formats.date_format(named.until, "Y-m-d"),
            },
            reverse("accounts:covers"),
        )
        for named in cover.covers_of(user)
    ]


def _transfers(user: User) -> list[OpenItem]:
    return [
        OpenItem(str(transfer.pk), str(transfer.case), transfer.case.get_absolute_url())
        for transfer in handover.to_take_over(user)
    ]


def _withdraw(ids: Collection[int], *, giver: User, to: User, actor: User, reason: str) -> None:
    handover.give_back(ids, taker=giver, actor=actor, reason=reason)


def _awaiting(user: User) -> list[OpenItem]:
    return [
        OpenItem(str(request.pk), str(request), request.get_absolute_url())
        for request in approvals.awaiting(user)
    ]


def _asked(user: User) -> list[OpenItem]:
    return [
        OpenItem(str(request.pk), str(request), request.get_absolute_url())
        for request in approvals.asked_by(user)
    ]


def _deputies(user: User) -> list[OpenItem]:
    told = _("%(deputy)s signs for %(principal)s until %(day)s")
    return [
        OpenItem(
            str(named.pk),
            told
            % {
                "deputy": named.deputy,
                "principal": named.principal,
                "day": formats.date_format(named.until, "Y-m-d"),
            },
        )
        for named in approvals.deputies_of(user)
    ]


def _end_deputies(ids: Collection[int], *, giver: User, to: User, actor: User, reason: str) -> None:
    approvals.end_deputies(ids, person=giver, actor=actor, reason=reason)


def _routes(user: User) -> list[OpenItem]:
    return [
        OpenItem(str(route.pk), str(route), route.get_absolute_url())
        for route in approvals.routes_naming(user)
    ]


OWN = (
    Part(
        "accounts.manager",
        gettext_lazy("Accounts they manage"),
        _managed,
        partial(_with, giving.give_accounts),
        ("accounts.Account.manager",),
        opens=lambda keys: Account.objects.filter(pk__in=keys),
    ),
    Part(
        "accounts.member",
        gettext_lazy("Service teams they are in"),
        _served,
        partial(_with, giving.give_memberships),
        ("accounts.ServiceMember.user",),
        opens=lambda keys: Account.objects.filter(service_team__in=map(int, keys)),
    ),
    Part(
        "accounts.counterpart",
        gettext_lazy("Contacts whose person of ours they are"),
        _counterparts,
        partial(_with, giving.give_counterparts),
        ("accounts.Contact.counterpart",),
    ),
    Part(
        "accounts.need",
        gettext_lazy("Needs they answer"),
        _needs,
        partial(_with, _give_needs),
        ("accounts.Need.owner",),
        permission=needs.MAY_ANSWER,
    ),
    Part(
        "accounts.segment",
        gettext_lazy("Saved views that others use"),
        _views,
        partial(_with, giving.give_segments),
        ("accounts.Segment.owner",),
    ),
    Part(
        "staff.team",
        gettext_lazy("Teams they lead"),
        _teams,
        partial(_with, _give_teams),
        ("staff.Team.leader",),
        opens=lambda keys: Account.objects.filter(manager__teams__in=map(int, keys)),
    ),
    Part(
        "accounts.cover",
        gettext_lazy("Leave covers (their own end)"),
        _covers,
        partial(_with, cover.pass_on_covers),
        ("accounts.Cover.person", "accounts.Cover.cover"),
    ),
    Part(
        "accounts.transfer",
        gettext_lazy("What they were to take over (to be proposed again)"),
        _transfers,
        partial(_with, _withdraw),
        ("accounts.HandoverTransfer.taker",),
    ),
    Part(
        "approvals.seat",
        gettext_lazy("Requests that wait for them in person (all sign again)"),
        _awaiting,
        partial(_each, approvals.reseat),
    ),
    Part(
        "approvals.request",
        gettext_lazy("Open requests they asked for"),
        _asked,
        partial(_each, approvals.keep),
        ("approvals.Request.requested_by", "approvals.Request.kept_by"),
    ),
    Part(
        "approvals.deputy",
        gettext_lazy("Signing as a deputy (it ends, and is not passed on)"),
        _deputies,
        partial(_with, _end_deputies),
        ("approvals.Deputy.principal", "approvals.Deputy.deputy"),
    ),
    Part(
        "approvals.route",
        gettext_lazy("Approval routes that name them (a new version is proposed)"),
        _routes,
        partial(_each, approvals.replace_in_route),
    ),
)


def register_own() -> None:
    """The parts of this app and of the apps below it; called when it is ready."""
    for part in OWN:
        register(part)
