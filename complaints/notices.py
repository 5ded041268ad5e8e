"""Whom complaints are told to: notices of people, and the webhooks of other systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import timeline
from complaints.models import Complaint
from notifications import kinds, webhooks

if TYPE_CHECKING:
    from accounts.models import Event

WORK_GIVEN = "complaints.work_given"
CUSTOMER_UNKNOWN = "complaints.customer_unknown"
NOBODY_HAS_IT = "complaints.nobody_has_it"
ESCALATED = "complaints.complaint_escalated"
REGISTERED = "complaints.complaint_registered"
# Told to who solves the complaint, also where there is no account with a timeline.
OF_THE_SOLVER = {
    "complaints.clock_resumed": gettext_lazy("Customer has answered"),
    "complaints.solution_contested": gettext_lazy("Customer is not content"),
    "complaints.complaint_reopened": gettext_lazy("Complaint reopened"),
    "complaints.solution_confirmed": gettext_lazy("Customer is content"),
}


def register_own() -> None:
    """The kinds and webhooks of this app; called when it is ready."""
    for key, label, mail in (
        (REGISTERED, gettext_lazy("Complaint of a customer of mine"), "soon"),
        ("complaints.similar_trouble_noted", gettext_lazy("Another customer complains"), "daily"),
    ):
        kinds.register(key, label=label, mail=mail, link=_page)
    for key, label in OF_THE_SOLVER.items():
        kinds.register(key, label=label, recipients=_solver, link=_page)
    kinds.register(
        ESCALATED,
        label=gettext_lazy("Complaint escalated to me"),
        recipients=_called,
        link=_page,
        mail="soon",
    )
    kinds.register(WORK_GIVEN, label=gettext_lazy("Work on a complaint"), say=_given, mail="soon")
    kinds.register(
        CUSTOMER_UNKNOWN,
        label=gettext_lazy("Complaint of an unknown customer"),
        say=_unknown,
        mail="soon",
    )
    kinds.register(
        NOBODY_HAS_IT,
        label=gettext_lazy("Complaint that nobody is to solve"),
        say=_nobodys,
        mail="soon",
    )
    for key, say in (
        (WORK_GIVEN, _given),
        (CUSTOMER_UNKNOWN, _unknown),
        (NOBODY_HAS_IT, _nobodys),
    ):
        timeline.register(key, icon="message-report", say=say)
    webhooks.register(
        "complaint_opened",
        label=gettext_lazy("Complaint registered"),
        event_kind=REGISTERED,
        payload=_opened,
    )
    webhooks.register(
        "complaint_escalated",
        label=gettext_lazy("Complaint escalated"),
        event_kind=ESCALATED,
        payload=_escalated,
    )


def _page(event: Event) -> str:
    """The complaint; of a similar customer's trouble the page of the account."""
    if number := event.data.get("complaint"):
        return reverse("complaints:complaint", args=[number])
    return event.account.get_absolute_url()


def _solver(event: Event) -> Iterable[int]:
    rows = Complaint.objects.filter(complaint_number=event.data.get("complaint", ""))
    return rows.exclude(assignee=None).values_list("assignee", flat=True)


def _called(event: Event) -> Iterable[int]:
    people: list[int] = event.data.get("people", [])
    return people


def _given(data: Mapping[str, Any]) -> str:
    known = defaultdict(str, data)
    if known["text"]:
        return _("To do because of complaint %(complaint)s: %(text)s") % known
    return _("Complaint %(complaint)s is yours to solve: %(title)s") % known


def _unknown(data: Mapping[str, Any]) -> str:
    return _("Whose complaint is %(complaint)s? %(title)s") % defaultdict(str, data)


def _nobodys(data: Mapping[str, Any]) -> str:
    text = _("Nobody is to solve complaint %(complaint)s yet, please assign it: %(title)s")
    return text % defaultdict(str, data)


def _opened(event: Event) -> dict[str, Any]:
    known = ("complaint", "title", "channel", "category", "severity")
    return _outside(event, known)


def _escalated(event: Event) -> dict[str, Any]:
    return _outside(event, ("complaint", "title", "cause", "rung", "deadline", "reason"))


def _outside(event: Event, names: Iterable[str]) -> dict[str, Any]:
    outer = {"complaint": "complaint_number"}
    members = {outer.get(name, name): event.data.get(name, "") for name in names}
    number = event.account.account_number if event.account_id else None
    return {"account_number": number, **members}
