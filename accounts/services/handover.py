"""Handing over 交接 what a person holds, when they leave or take another post (A10).

A case lists what is open; transfers give it, as a whole or in parts, to those who take over; a
transfer moves when both sides have signed. Source: docs/policies/handover.md.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import date
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import handover as parts
from accounts import handover_listeners
from accounts.handover import OpenItem
from accounts.models import Account, HandoverCase, HandoverTransfer
from kam.core import audit
from kam.core.errors import RuleViolation
from staff import services as staff
from staff.models import User

logger = logging.getLogger(__name__)
Kind = HandoverCase.Kind
Status = HandoverCase.Status
Held = Mapping[str, Collection[OpenItem]]


def may_direct(actor: User, giver: User) -> bool:
    """Whether this user may open a handover of that person, and sign for them once they left."""
    return (
        actor.pk != giver.pk
        and actor.has_perm("accounts.manage_handover")
        and (
            not giver.has_perm("accounts.manage_handover")
            or actor.has_perm("accounts.hand_over_managers")
        )
    )


def may_take(user: User) -> bool:
    """Whether this person could work with what they take over."""
    return user.is_active and not user.is_service and user.has_perm("accounts.view_account")


def open_items(giver: User) -> dict[str, list[OpenItem]]:
    """All that this person holds now, by part; parts without anything are left out."""
    held = {key: part.open_items(giver) for key, part in parts.registered().items()}
    return {key: items for key, items in held.items() if items}


def left_to_propose(case: HandoverCase) -> dict[str, list[OpenItem]]:
    """What is open and in no transfer that waits for a signature."""
    proposed: dict[str, set[str]] = {}
    for transfer in case.transfers.pending():
        for part, items in transfer.items.items():
            proposed.setdefault(part, set()).update(key for key, *_rest in items)
    held = open_items(case.giver)
    left = {
        part: [item for item in items if item.key not in proposed.get(part, set())]
        for part, items in held.items()
    }
    return {part: items for part, items in left.items() if items}


@transaction.atomic
def open_case(
    *, giver: User, kind: str, last_day: date, actor: User, note: str = ""
) -> HandoverCase:
    """Begin a handover. The access of who has left already ends with it.

    Refused: authority, not_staff, already_open.
    """
    _refuse_undirected(actor, giver)
    if giver.is_service:
        raise RuleViolation("not_staff", _("A service user is another system, not a person."))
    locked = User.objects.select_for_update(of=("self",)).get(pk=giver.pk)
    if HandoverCase.objects.filter(giver=locked, status=Status.OPEN).exists():
        message = _("A handover of %(user)s is open already.") % {"user": giver}
        raise RuleViolation("already_open", message)
    case = HandoverCase.objects.create(
        giver=locked, kind=Kind(kind), last_day=last_day, note=note.strip(), opened_by=actor
    )
    changes = {"giver": str(giver), "kind": case.kind, "last_day": str(last_day)}
    audit.record(case, "accounts.handover_opened", actor=actor, changes=changes, reason=note)
    if case.kind == Kind.LEAVING and last_day < timezone.localdate():
        _end_access(case, actor)
    return case


@transaction.atomic
def end_access(case_id: int, *, actor: User) -> HandoverCase:
    """Let the leaver in no more, from this moment: login, sessions, tokens.

    Refused: authority, not_leaving, superuser.
    """
    case = _locked(case_id, may_be_closed=True)
    _refuse_undirected(actor, case.giver)
    if case.kind != Kind.LEAVING:
        raise RuleViolation("not_leaving", _("Who takes another post keeps their access."))
    _end_access(case, actor)
    return case


def end_due_access(on: date) -> int:
    """End the access of those whose last day lies before this day; how many. Safe to repeat."""
    due = HandoverCase.objects.filter(kind=Kind.LEAVING, access_ended_at=None, last_day__lt=on)
    ended = 0
    for case_id in due.order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                case = _locked(case_id, may_be_closed=True)
                if case.access_ended_at is None:
                    _end_access(case, None)
                    ended += 1
        except RuleViolation as violation:
            logger.warning("Handover %s: %s", case_id, violation.message)
    return ended


@transaction.atomic
def propose(
    case_id: int,
    *,
    taker: User,
    actor: User,
    chosen: Mapping[str, Collection[str]] | None = None,
) -> HandoverTransfer:
    """Propose that somebody takes over these items ({part: keys}), or all that is left.

    Who may sign for the giver signs with it. Refused: closed, authority, same_person, not_staff,
    nothing_chosen, not_theirs (a role that may not do this), unseen (customers that the taker
    would not see, also with all that is proposed to them).
    """
    case = _locked(case_id)
    if actor.pk != case.giver_id:
        _refuse_undirected(actor, case.giver)
    _refuse_unfit(case, taker)
    held = {
        part: left
        for part, found in left_to_propose(case).items()
        if (left := [i for i in found if chosen is None or i.key in chosen.get(part, ())])
    }
    if not held:
        raise RuleViolation("nothing_chosen", _("Choose what is to be taken over."))
    _refuse_unable(taker, held)
    _refuse_unseen(taker, _unseen(taker, held, _coming_to(taker, case, held)))
    transfer = HandoverTransfer.objects.create(
        case=case,
        taker=taker,
        items={
            part: [[item.key, item.title, item.url] for item in items]
            for part, items in held.items()
        },
        count=sum(map(len, held.values())),
        proposed_by=actor,
    )
    _tell(transfer, "proposed", actor=actor)
    if may_sign_for_giver(transfer, actor):
        _sign_for_giver(transfer, actor)
    handover_listeners.transfer_changed(transfer, "proposed", actor)
    return transfer


def may_sign_for_giver(transfer: HandoverTransfer, actor: User) -> bool:
    """Whether the giver's signature is this user's: their own, or of their director once they left.

    Never of who takes over: there are two sides.
    """
    giver = transfer.case.giver
    if actor.pk == transfer.taker_id or transfer.giver_signed_at:
        return False
    return actor.pk == giver.pk or (not giver.is_active and may_direct(actor, giver))


@transaction.atomic
def sign(transfer_id: int, *, actor: User) -> HandoverTransfer:
    """Sign a transfer for one's side; with the second signature all of it moves.

    Refused: closed, not_your_turn, not_staff (the taker has left meanwhile), not_theirs, unseen
    (sign first what gives them the accounts), and what a part refuses, such as that the taker
    asked for a request they would sign.
    """
    transfer = _locked_transfer(transfer_id)
    if actor.pk == transfer.taker_id and not transfer.taker_signed_at:
        transfer.taker_signed_at = timezone.now()
        transfer.save(update_fields=["taker_signed_at"])
        _tell(transfer, "signed", actor=actor, side="taker")
    elif may_sign_for_giver(transfer, actor):
        _sign_for_giver(transfer, actor)
    else:
        raise RuleViolation("not_your_turn", _("This does not wait for your signature."))
    if transfer.giver_signed_at and transfer.taker_signed_at:
        _move(transfer, actor)
    what = "moved" if transfer.moved_at else "signed"
    handover_listeners.transfer_changed(transfer, what, actor)
    return transfer


@transaction.atomic
def withdraw(transfer_id: int, *, actor: User, reason: str) -> HandoverTransfer:
    """Take back or turn down a transfer that has not moved; what is in it is open again.

    Refused: closed, authority (neither side nor their director), reason_required.
    """
    transfer = _locked_transfer(transfer_id)
    if actor.pk not in (transfer.case.giver_id, transfer.taker_id):
        _refuse_undirected(actor, transfer.case.giver)
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why."))
    _withdraw(transfer, actor=actor, reason=reason)
    return transfer


def to_take_over(person: User) -> list[HandoverTransfer]:
    """Transfers in which this person was to take over, and that wait for a signature."""
    found = HandoverTransfer.objects.pending().filter(taker=person, case__status=Status.OPEN)
    return list(found.select_related("case__giver").order_by("pk"))


@transaction.atomic
def give_back(transfer_ids: Collection[int], *, taker: User, actor: User, reason: str) -> None:
    """Withdraw these transfers to somebody who will take nothing over any more."""
    for transfer in to_take_over(taker):
        if transfer.pk in transfer_ids:
            _withdraw(_locked_transfer(transfer.pk), actor=actor, reason=reason)


@transaction.atomic
def close_case(case_id: int, *, actor: User) -> HandoverCase:
    """End a handover. Who leaves holds nothing then, and gets nothing any more; who takes another
    post may keep the rest, as far as they still see the customers.

    Refused: closed, authority, pending (a transfer waits), access_open, not_empty, unseen.
    """
    case = _locked(case_id)
    _refuse_undirected(actor, case.giver)
    if case.transfers.pending().exists():
        raise RuleViolation("pending", _("A transfer still waits for a signature."))
    held = open_items(case.giver)
    if case.kind == Kind.LEAVING:
        _refuse_unfinished(case, sum(map(len, held.values())))
    elif titles := _unseen(case.giver, held):
        message = _("%(user)s does not see these customers any more, hand over too: %(items)s.")
        told = {"user": case.giver, "items": _some(titles)}
        raise RuleViolation("unseen", message % told)
    case.status, case.closed_by, case.closed_at = Status.CLOSED, actor, timezone.now()
    case.save(update_fields=["status", "closed_by", "closed_at"])
    audit.record(case, "accounts.handover_closed", actor=actor)
    return case


def _sign_for_giver(transfer: HandoverTransfer, actor: User) -> None:
    transfer.giver_signed_by, transfer.giver_signed_at = actor, timezone.now()
    transfer.save(update_fields=["giver_signed_by", "giver_signed_at"])
    _tell(transfer, "signed", actor=actor, side="giver")


def _withdraw(transfer: HandoverTransfer, *, actor: User, reason: str) -> None:
    transfer.withdrawn_by, transfer.withdrawn_at = actor, timezone.now()
    transfer.withdrawal = reason.strip()
    transfer.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal"])
    _tell(transfer, "withdrawn", actor=actor, reason=reason)
    handover_listeners.transfer_changed(transfer, "withdrawn", actor)


def _move(transfer: HandoverTransfer, actor: User) -> None:
    """Let each part move its items; those that are not open any more are counted as settled."""
    case = transfer.case
    _refuse_unfit(case, transfer.taker)
    moved: dict[str, list[OpenItem]] = {}
    for key, part in parts.registered().items():
        if items := transfer.items.get(key):
            signed = {item for item, *_rest in items}
            moved[key] = [item for item in part.open_items(case.giver) if item.key in signed]
            part.move([i.key for i in moved[key]], to=transfer.taker, actor=actor, case=case)
    _refuse_unable(transfer.taker, moved)
    _refuse_unseen(transfer.taker, _unseen(transfer.taker, moved))
    settled = transfer.count - sum(map(len, moved.values()))
    transfer.moved_at, transfer.settled = timezone.now(), settled
    transfer.save(update_fields=["moved_at", "settled"])
    _tell(transfer, "moved", actor=actor, settled=transfer.settled)


def _end_access(case: HandoverCase, actor: User | None) -> None:
    staff.end_access(case.giver_id, actor=actor, reason=str(case))
    if case.access_ended_at is None:
        case.access_ended_by, case.access_ended_at = actor, timezone.now()
        case.save(update_fields=["access_ended_by", "access_ended_at"])
    case.giver.refresh_from_db(fields=["is_active"])


def _locked(case_id: int, *, may_be_closed: bool = False) -> HandoverCase:
    cases = HandoverCase.objects.select_for_update(of=("self",)).select_related("giver")
    case = cases.get(pk=case_id)
    if not (case.is_open or may_be_closed):
        raise RuleViolation("closed", _("This handover is closed."))
    return case


def _locked_transfer(transfer_id: int) -> HandoverTransfer:
    """The transfer under the lock of its case, so that nothing else of it moves meanwhile."""
    transfer = HandoverTransfer.objects.select_related("taker").get(pk=transfer_id)
    case = _locked(transfer.case_id)
    transfer.refresh_from_db()
    transfer.case = case
    if not transfer.is_pending:
        raise RuleViolation("closed", _("This transfer is done or withdrawn."))
    return transfer


def _refuse_undirected(actor: User, giver: User) -> None:
    if not may_direct(actor, giver):
        message = _("You may not direct a handover of %(user)s.") % {"user": giver}
        raise RuleViolation("authority", message)


def _refuse_unfit(case: HandoverCase, taker: User) -> None:
    if taker.pk == case.giver_id:
        raise RuleViolation("same_person", _("Somebody else takes over."))
    if not may_take(taker):
        message = _("%(user)s cannot take this over.") % {"user": taker}
        raise RuleViolation("not_staff", message)


def _refuse_unfinished(case: HandoverCase, left: int) -> None:
    """Of a leaver: until the access ends, new work may still be given to them."""
    if left:
        message = _("%(user)s still holds %(number)s items.")
        raise RuleViolation("not_empty", message % {"user": case.giver, "number": left})
    if case.access_ended_at is None:
        message = _(
            "%(user)s still has access, and can be given new work until it ends, after "
            "%(day)s by itself. Close the handover then, or end the access now."
        )
        told = {"user": case.giver, "day": case.last_day}
        raise RuleViolation("access_open", message % told)


def _refuse_unable(taker: User, held: Held) -> None:
    """Refused: not_theirs (their roles do not allow it)."""
    lacking = [
        str(part.label)
        for key, part in parts.registered().items()
        if held.get(key) and part.permission and not taker.has_perm(part.permission)
    ]
    if lacking:
        message = _("The roles of %(user)s do not allow: %(parts)s. Give it to somebody else.")
        raise RuleViolation("not_theirs", message % {"user": taker, "parts": ", ".join(lacking)})


def _refuse_unseen(taker: User, unseen: list[str]) -> None:
    """Refused: unseen."""
    if unseen:
        message = _(
            "%(user)s would not see the customers of: %(items)s. Give them these accounts first, "
            "or put them into the service teams."
        )
        raise RuleViolation("unseen", message % {"user": taker, "items": _some(unseen)})


def _unseen(
    person: User, held: Held, coming: Mapping[str, Collection[str]] | None = None
) -> list[str]:
    """What of this lies with customers that this person does not see, nor by what is coming to
    them ({part: keys})."""
    kinds = parts.registered()
    found = [items for key, items in held.items() if not kinds[key].by_itself]
    items = list(chain.from_iterable(found))
    wanted = {item.account_id for item in items if item.account_id}
    known = Account.objects.filter(pk__in=wanted)
    seen = set(known.visible_to(person).values_list("pk", flat=True))
    for key, part in kinds.items():
        if coming and part.opens and key in coming:
            seen |= set(part.opens(coming[key]).filter(pk__in=wanted).values_list("pk", flat=True))
    return [item.title for item in items if item.account_id and item.account_id not in seen]


def _coming_to(taker: User, case: HandoverCase, held: Held) -> dict[str, set[str]]:
    """The keys that go to this person if all that is proposed to them in this case moves."""
    coming = {part: {item.key for item in items} for part, items in held.items()}
    for transfer in case.transfers.pending().filter(taker=taker):
        for part, items in transfer.items.items():
            coming.setdefault(part, set()).update(key for key, *_rest in items)
    return coming


def _some(titles: list[str]) -> str:
    """The first few of these, for a message."""
    return "; ".join(titles[:3]) + (" …" if len(titles) > 3 else "")


def _tell(
    transfer: HandoverTransfer, what: str, *, actor: User, reason: str = "", **more: Any
) -> None:
    changes = {
        "giver": str(transfer.case.giver),
        "taker": str(transfer.taker),
        "items": transfer.count,
        **more,
    }
    kind = f"accounts.transfer_{what}"
    audit.record(transfer, kind, actor=actor, changes=changes, reason=reason)
