"""What a person holds of visits, and how it moves to another (A10)."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Protocol

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.handover import OpenItem, Part, register
from kam.core.words import labelled
from visits.models import FollowUp, MaintenanceSchedule, Visit
from visits.services import giving

if TYPE_CHECKING:
    from accounts.models import HandoverCase
    from staff.models import User


class Give(Protocol):
    """Gives rows of the giver to somebody."""

    def __call__(
        self, ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
    ) -> object: ...


def _move(give: Give, keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    give([int(key) for key in keys], giver=case.giver, to=to, actor=actor, reason=str(case))


def _visits(user: User) -> list[OpenItem]:
    """Open visits they make, and those they go along to."""
    mine = Visit.objects.open().filter(owner=user).values("pk")
    joined = Visit.objects.open().filter(colleagues=user).values("pk")
    rows = Visit.objects.filter(Q(pk__in=mine) | Q(pk__in=joined)).for_list()
    return [
        OpenItem(
            str(visit.pk),
            labelled(f"{visit.planned_on} {visit.get_kind_display()}", visit.account),
            visit.get_absolute_url(),
            visit.account_id,
        )
        for visit in rows
    ]


def _follow_ups(user: User) -> list[OpenItem]:
    rows = FollowUp.objects.open().filter(owner=user).select_related("visit__account")
    return [
        OpenItem(
            str(each.pk),
            labelled(f"{each.due_on} {each.visit.account}", each.text),
            each.get_absolute_url(),
            each.visit.account_id,
        )
        for each in rows
    ]


def _schedules(user: User) -> list[OpenItem]:
    rows = MaintenanceSchedule.objects.filter(owner=user, ended_on=None).select_related("account")
    url = reverse("visits:maintenance")
    return [
        OpenItem(str(each.pk), labelled(each.account, each.subject), url, each.account_id)
        for each in rows
    ]


def register_own() -> None:
    """The parts of this app; called when it is ready."""
    for key, label, fields, open_items, give in (
        (
            "visits.visit",
            _("Visits"),
            ("visits.Visit.owner", "visits.Visit_colleagues.user"),
            _visits,
            giving.give_visits,
        ),
        (
            "visits.follow_up",
            _("Follow-ups of visits"),
            ("visits.FollowUp.owner",),
            _follow_ups,
            giving.give_follow_ups,
        ),
        (
            "visits.schedule",
            _("Maintenance schedules"),
            ("visits.MaintenanceSchedule.owner",),
            _schedules,
            giving.give_schedules,
        ),
    ):
        register(
            Part(
                key=key,
                label=label,
                open_items=open_items,
                move=partial(_move, give),
                fields=fields,
                permission=giving.MAY_VISIT,
            )
        )
