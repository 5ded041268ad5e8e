"""What of complaints must not stay with somebody who leaves: those to solve, and actions to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.handover import OpenItem, Part, register
from complaints.models import Action, Complaint
from complaints.services import registering, reports
from kam.core.words import labelled

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import HandoverCase
    from staff.models import User


def register_own() -> None:
    """The parts of this app; called when it is ready."""
    register(
        Part(
            key="complaints.complaint",
            label=_("Complaints to solve"),
            open_items=complaints_of,
            move=move_complaints,
            fields=("complaints.Complaint.assignee",),
            permission="complaints.change_complaint",
            by_itself=True,
        )
    )
    register(
        Part(
            key="complaints.action",
            label=_("Actions because of complaints"),
            open_items=actions_of,
            move=move_actions,
            fields=("complaints.Action.owner",),
            permission="complaints.view_complaint",
            by_itself=True,
        )
    )


def complaints_of(user: User) -> list[OpenItem]:
    """The open complaints this person is to solve, the most urgent first."""
    rows = Complaint.objects.open().filter(assignee=user).order_by("due_at", "pk")
    return [OpenItem(str(row.pk), str(row), row.get_absolute_url(), row.account_id) for row in rows]


def actions_of(user: User) -> list[OpenItem]:
    """The actions this person is to do, the first due first."""
    rows = _undone(user).select_related("complaint").order_by("due_on", "pk")
    return [
        OpenItem(
            str(row.pk),
            labelled(row.get_kind_display(), row.text[:100]),
            row.complaint.get_absolute_url(),
            row.complaint.account_id,
        )
        for row in rows
    ]


def move_complaints(keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    """Give complaints to another. Refused: not_a_solver."""
    rows = Complaint.objects.open().filter(assignee=case.giver, pk__in=list(keys)).order_by("pk")
    for pk in rows.values_list("pk", flat=True):
        registering.assign(pk, to=to, actor=actor, reason=str(case))


def move_actions(keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    """Give actions to another."""
    rows = _undone(case.giver).filter(pk__in=list(keys)).order_by("complaint", "pk")
    for pk in rows.values_list("pk", flat=True):
        reports.give_action(pk, to=to, actor=actor, reason=str(case))


def _undone(user: User) -> QuerySet[Action]:
    return Action.objects.filter(owner=user, done_at=None, complaint__closed_at=None)
