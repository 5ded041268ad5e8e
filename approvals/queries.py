from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from approvals import desks, kinds, rules
from approvals.models import Band, Deputy, Request, Route, Signature
from kam.core.words import listed
from staff.models import User

AMOUNT = re.compile(r"-?\d+\.\d{2,4}")


def awaited(request: Request) -> list[User]:
    """Everybody who may sign this request now, deputies included, by name."""
    desk = desks.desk(request)
    if request.status != Request.Status.PENDING or desk.progress.stage is None:
        return []
    askers = {request.requested_by_id, request.kept_by_id or request.requested_by_id}
    hands = {signed.signer for signed in desk.signatures} | askers
    voices = {signed.voice for signed in desk.signatures} | askers
    seats = desk.plan[desk.progress.stage].seats
    wanted = {
        who
        for seat in desk.progress.open_seats
        for who in rules.entitled(seats[seat], desk.holders)
    } - voices
    today = timezone.localdate()
    deputies = Deputy.objects.in_force(today).filter(principal__in=wanted)
    people = User.objects.filter(
        Q(pk__in=wanted) | Q(pk__in=deputies.values("deputy")), is_active=True
    )
    return list(people.exclude(pk__in=hands).order_by("full_name", "username"))


@dataclass(frozen=True)
class SeatRow:
    """A seat as the page shows it: who it is for, who signed it, whether it is awaited now."""

    name: str
    signature: Signature | None
    awaited: bool


@dataclass(frozen=True)
class StageRow:
    rule: str
    needed: int
    seats: list[SeatRow]
    state: str  # "done", "now" or "later"


def stage_rows(request: Request, signatures: Iterable[Signature]) -> list[StageRow]:
    """The stages of this round with who signed and who is awaited."""
    given = {
        (s.stage, s.seat): s
        for s in signatures
        if s.round == request.round and s.decision == Signature.Decision.APPROVE
    }
    plan = rules.plan_from_json(request.plan)
    now = rules.progress(plan, map(desks.signed, given.values()))
    pending = request.status == Request.Status.PENDING
    people = User.objects.in_bulk({s.person for stage in plan for s in stage.seats if s.person})
    return [
        StageRow(
            rule=str(desks.RULE_NAMES[stage.rule]),
            needed=stage.needed,
            state="now" if number == now.stage else _state(number, now),
            seats=[
                SeatRow(
                    name=str(people.get(who.person or 0) or desks.role_name(who.role)),
                    signature=given.get((number, seat)),
                    awaited=pending and number == now.stage and seat in now.open_seats,
                )
                for seat, who in enumerate(stage.seats)
            ],
        )
        for number, stage in enumerate(plan)
    ]


def _state(number: int, now: rules.Progress) -> str:
    return "done" if now.stage is None or number < now.stage else "later"


@dataclass(frozen=True)
class SnapshotRow:
    """A line of what is asked: a figure, or what it was and what it shall be."""

    label: str
    value: Any
    old: Any = None
    is_change: bool = False

    @property
    def differs(self) -> bool:
        return self.is_change and self.old != self.value


def snapshot_rows(request: Request) -> list[SnapshotRow]:
    """The snapshot as the signer reads it."""
    kind = kinds.registered().get(request.kind)
    labels = kind.labels if kind else {}
    words = kind.words if kind else {}
    texts = kind.texts if kind else {}
    rows = []
    known = [name for name in labels if name in request.snapshot]  # JSON keeps no order
    for name in [*known, *(name for name in request.snapshot if name not in labels)]:
        value = _readable(request.snapshot[name], words.get(name, {}), texts.get(name))
        label = str(labels.get(name, name))
        if isinstance(value, list) and len(value) == 2:
            rows.append(SnapshotRow(label, value[1], value[0], is_change=True))
        else:
            rows.append(SnapshotRow(label, value))
    return rows


def is_returned(subject: Model, kind: str) -> bool:
    """Whether the request about this object was sent back, so that its author changes it."""
    asked = Request.objects.of(subject, kind)
    return asked.filter(status=Request.Status.RETURNED).exists()


def _readable(
    value: Any, words: Mapping[str, str | Promise], text: Callable[[str], str] | None
) -> Any:
    """Codes and amounts as people read them; they are frozen as codes and plain decimals."""
    if isinstance(value, list):
        return [_readable(one, words, text) for one in value]
    if isinstance(value, str) and text:
        return text(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        amount = Decimal(value)
        return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,}"
    if isinstance(value, str) and words:
        return listed(words.get(code, code) for code in value.split(", "))
    return value


@dataclass(frozen=True)
class Desk:
    """What one user may do with a request; the page and `decision_form.html` read it."""

    request: Request
    may_sign: bool
    is_own: bool
    may_recall: bool
    may_remind: bool
    may_resubmit: bool


def desk_of(request: Request, user: User) -> Desk:
    """What this user may do with this request now."""
    pending = request.status == Request.Status.PENDING
    own = request.is_asked_by(user)
    waits = pending and Request.objects.waiting_for(user).filter(pk=request.pk).exists()
    return Desk(
        request=request,
        may_sign=waits,
        is_own=own,
        may_recall=own and request.is_open,
        may_remind=pending
        and (own or user.has_perm("approvals.view_all_requests"))
        and request.reminded_on != timezone.localdate(),
        may_resubmit=own and request.status == Request.Status.RETURNED,
    )


def waiting_count(user: User) -> int:
    """How many requests wait for this user, for the navigation. Three queries."""
    return Request.objects.waiting_for(user).count()


def band_rows(routes: Sequence[Route]) -> dict[str, list[tuple[Band, list[tuple[Any, ...]]]]]:
    """By kind the bands of these routes; for each stage its rule, its number and its signers."""
    terms = {route.kind: [(band, band.terms()) for band in route.bands.all()] for route in routes}
    signers = [
        who
        for bands in terms.values()
        for _row, plain in bands
        for stage in plain.stages
        for who in stage.signers
    ]
    people = User.objects.in_bulk({who.person for who in signers if who.person})

    def name(who: rules.Signer) -> str:
        if who.person is not None:
            return str(people.get(who.person, who.person))
        role = desks.role_name(who.role)
        return _("%s (every member)") % role if who.each_member else role

    return {
        kind: [
            (
                band,
                [
                    (desks.RULE_NAMES[s.rule], s.n, [name(who) for who in s.signers])
                    for s in plain.stages
                ],
            )
            for band, plain in bands
        ]
        for kind, bands in terms.items()
    }
