"""The notices of handovers and leave covers: who is to sign, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import handover_listeners, timeline
from notifications import kinds, services
from notifications.models import Mail

if TYPE_CHECKING:
    from accounts.models import Cover, HandoverTransfer
    from staff.models import User

TRANSFER_WAITS = "accounts.transfer_waits"
TRANSFER_ENDED = "accounts.transfer_ended"
COVER_WAITS = "accounts.cover_waits"
COVER_ANSWERED = "accounts.cover_answered"

TRANSFERS = {
    "moved": gettext_noop("%(items)s items of %(giver)s are with %(taker)s now."),
    "withdrawn": gettext_noop(
        "What %(giver)s was to hand over to %(taker)s stays: %(who)s has withdrawn it."
    ),
}
COVERS = {
    "accepted": gettext_noop("%(cover)s covers for %(person)s from %(since)s to %(until)s."),
    "ended": gettext_noop("%(cover)s does not cover for %(person)s: %(who)s has ended it."),
}


def transfer_changed(transfer: HandoverTransfer, what: str, actor: User) -> None:
    """Ask for the signatures that are missing; at the end tell both sides and who directs it."""
    case = transfer.case
    cause = f"accounts.transfer:{transfer.pk}:"
    url = case.get_absolute_url()
    data = {
        "giver": str(case.giver),
        "taker": str(transfer.taker),
        "items": transfer.count,
        "what": what,
        "who": str(actor),
    }
    people = {case.giver_id, transfer.taker_id, case.opened_by_id}
    if what in TRANSFERS:
        services.settle(TRANSFER_WAITS, causes_begin=cause)
        others = people - {actor.pk}
        services.notify(others, TRANSFER_ENDED, cause=f"{cause}{what}", url=url, data=data)
        return
    awaited = _awaited(transfer)
    for person in people - awaited:
        services.settle(TRANSFER_WAITS, causes_begin=f"{cause}{person}:")
    for person in awaited - {actor.pk}:
        services.notify([person], TRANSFER_WAITS, cause=f"{cause}{person}:", url=url, data=data)


def _awaited(transfer: HandoverTransfer) -> set[int]:
    """Who is to sign; for a giver who has left it is whoever opened the handover."""
    case = transfer.case
    giver = case.giver_id if case.giver.is_active else case.opened_by_id
    sides = {transfer.taker_id: transfer.taker_signed_at, giver: transfer.giver_signed_at}
    return {person for person, signed_at in sides.items() if signed_at is None}


def cover_changed(cover: Cover, what: str, actor: User) -> None:
    """Ask whoever is to cover; tell the other side what came of it."""
    cause = f"accounts.cover:{cover.pk}:"
    url = reverse("accounts:covers")
    data = {
        "person": str(cover.person),
        "cover": str(cover.cover),
        "since": str(cover.since),
        "until": str(cover.until),
        "what": what,
        "who": str(actor),
    }
    services.settle(COVER_WAITS, causes_begin=cause)
    if what == "proposed":
        services.notify([cover.cover_id], COVER_WAITS, cause=cause, url=url, data=data)
        return
    people = {cover.person_id, cover.cover_id} - {actor.pk}
    services.notify(people, COVER_ANSWERED, cause=f"{cause}{what}", url=url, data=data)


def _transfer_waits(data: Mapping[str, Any]) -> str:
    return _(
        "%(giver)s hands %(items)s items over to %(taker)s: your signature is awaited."
    ) % defaultdict(str, data)


def _transfer_ended(data: Mapping[str, Any]) -> str:
    return _(TRANSFERS.get(data.get("what", ""), "%(giver)s → %(taker)s")) % defaultdict(str, data)


def _cover_waits(data: Mapping[str, Any]) -> str:
    return _("%(person)s asks you to cover for them from %(since)s to %(until)s.") % defaultdict(
        str, data
    )


def _cover_answered(data: Mapping[str, Any]) -> str:
    return _(COVERS.get(data.get("what", ""), "%(person)s → %(cover)s")) % defaultdict(str, data)


def register_own() -> None:
    """The kinds of this module; called when the app is ready."""
    for key, label, say in (
        (TRANSFER_WAITS, gettext_lazy("A handover awaits my signature"), _transfer_waits),
        (TRANSFER_ENDED, gettext_lazy("A handover has moved or was withdrawn"), _transfer_ended),
        (COVER_WAITS, gettext_lazy("I am asked to cover for somebody"), _cover_waits),
        (COVER_ANSWERED, gettext_lazy("My leave cover was accepted or ended"), _cover_answered),
    ):
        kinds.register(key, label=label, say=say, mail=Mail.SOON)
        timeline.register(key, icon="users", say=say)
    handover_listeners.register(transfer_changed, cover_changed)
