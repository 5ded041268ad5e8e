"""What a person holds of approvals goes to another: seats, requests, routes; deputies end.

Source: docs/policies/handover.md section 3.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import rules
from approvals.models import Deputy, Request, Route, Signature
from approvals.services.requests import renew_round
from approvals.services.routes import propose_route
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


def awaiting(person: User) -> list[Request]:
    """Pending requests that wait, now or at a later stage, for this very person. Two queries."""
    found = list(
        Request.objects.filter(status=Request.Status.PENDING, people__contains=[person.pk])
        .select_related("requested_by")
        .order_by("pk")
    )
    given = Signature.objects.filter(Q(signer=person, on_behalf_of=None) | Q(on_behalf_of=person))
    signed = set(given.filter(request__in=found).values_list("request", "round"))
    return [
        request
        for request in found
        if (request.pk, request.round) not in signed and _still_sits(request, person.pk)
    ]


def asked_by(person: User) -> list[Request]:
    """Open requests that this person answers for: asked by them, or taken over."""
    mine = Q(requested_by=person, kept_by=None) | Q(kept_by=person)
    return list(Request.objects.open().filter(mine).order_by("pk"))


def deputies_of(person: User) -> list[Deputy]:
    """Deputies not over yet on either side of which this person stands."""
    return list(
        Deputy.objects.filter(
            Q(principal=person) | Q(deputy=person), until__gt=timezone.localdate()
        )
        .select_related("principal", "deputy")
        .order_by("pk")
    )


def routes_naming(person: User) -> list[Route]:
    """Routes in force or to come that name this person, unless a newer one is proposed."""
    today = timezone.localdate()
    standing: dict[str, list[Route]] = {}
    proposed: dict[str, int] = {}
    for route in Route.objects.order_by("kind", "version").prefetch_related("bands"):
        if route.status == Route.Status.PROPOSED:
            proposed[route.kind] = route.version
        elif route.status == Route.Status.APPROVED:
            begun = route.effective_from <= today
            later = [] if begun else standing.get(route.kind, [])
            standing[route.kind] = [*later, route]
    return [
        route
        for routes in standing.values()
        for route in routes
        if proposed.get(route.kind, 0) < route.version and _names(route, person.pk)
    ]


@transaction.atomic
def reseat(request_id: int, *, giver: User, to: User, actor: User, reason: str) -> Request:
    """Let `to` sign in the seats of `giver`: a new round, in which all sign again.

    Nothing happens when it does not wait for the giver any more. Refused: own_request.
    """
    request = Request.objects.select_for_update(of=("self",)).get(pk=request_id)
    if request.status != Request.Status.PENDING or not _still_sits(request, giver.pk):
        return request
    if request.is_asked_by(to):
        raise _own_request(request, to)
    _reseat(request, giver, to, actor=actor, reason=reason)
    return request


@transaction.atomic
def keep(request_id: int, *, giver: User, to: User, actor: User, reason: str) -> Request:
    """Let `to` answer for a request that `giver` asked for: recall it, or submit it again.

    Nothing happens when it is closed or not the giver's. Refused: already_signed.
    """
    request = Request.objects.select_for_update(of=("self",)).get(pk=request_id)
    if not request.is_open or giver.pk != (request.kept_by_id or request.requested_by_id):
        return request
    if request.signatures.filter(round=request.round, signer=to).exists():
        message = _("%(user)s signed “%(request)s”; somebody else must answer for it.")
        raise RuleViolation("already_signed", message % {"user": to, "request": request})
    request.kept_by = to if to.pk != request.requested_by_id else None
    request.save(update_fields=["kept_by"])
    changes = {"kept_by": [str(giver), str(to)]}
    audit.record(request, "approvals.request_kept", actor=actor, changes=changes, reason=reason)
    return request


@transaction.atomic
def end_deputies(deputy_ids: Collection[int], *, person: User, actor: User, reason: str) -> None:
    """From today on nobody signs for this person by these, nor they for others.

    The power to sign is lent by its owner's word only, so it does not pass on.
    """
    today = timezone.localdate()
    ending = Deputy.objects.filter(
        Q(principal=person) | Q(deputy=person), pk__in=deputy_ids, until__gt=today
    )
    for named in ending.select_for_update(of=("self",)).order_by("pk"):
        changes = {"until": [str(named.until), str(max(today, named.since))]}
        named.until = max(today, named.since)
        named.save(update_fields=["until"])
        audit.record(named, "approvals.deputy_ended", actor=actor, changes=changes, reason=reason)


@transaction.atomic
def replace_in_route(route_id: int, *, giver: User, to: User, actor: User, reason: str) -> Route:
    """Propose the route anew with `to` in the place of `giver`; it needs its own approval."""
    route = Route.objects.get(pk=route_id)
    bands = [
        replace(
            band,
            stages=tuple(
                replace(
                    stage,
                    signers=tuple(
                        replace(who, person=to.pk) if who.person == giver.pk else who
                        for who in stage.signers
                    ),
                )
                for stage in band.stages
            ),
        )
        for band in route.terms()
    ]
    since = max(route.effective_from, timezone.localdate() + timedelta(days=1))
    proposed = propose_route(
        kind=route.kind, bands=bands, effective_from=since, note=reason, actor=actor
    )
    # The route in force may name the giver for this very request.
    request = Request.objects.of(proposed).open().get()
    if _still_sits(request, giver.pk):
        _reseat(request, giver, to, actor=actor, reason=reason)
    return proposed


def _reseat(request: Request, giver: User, to: User, *, actor: User, reason: str) -> None:
    """Begin a new round with `to` in the giver's seats.

    Who asked for the request does not sign it: where any of a stage will do, the seat is left
    out for them; elsewhere that is refused.
    """
    plan = []
    for stage in rules.plan_from_json(request.plan):
        seats = _reseated(stage.seats, giver.pk, to.pk)
        if seats != stage.seats and request.is_asked_by(to):
            seats = tuple(seat for seat in seats if seat.person != to.pk)
            if stage.rule is not rules.Rule.ANY or not seats:
                raise _own_request(request, to)
        plan.append(replace(stage, seats=seats))
    renew_round(request, plan, actor=actor, reason=reason)


def _own_request(request: Request, to: User) -> RuleViolation:
    message = _("%(user)s asked for “%(request)s”; somebody else must sign it.")
    return RuleViolation("own_request", message % {"user": to, "request": request})


def _still_sits(request: Request, person: int) -> bool:
    plan = rules.plan_from_json(request.plan)
    return any(
        seat.person == person for stage in plan[request.stage or 0 :] for seat in stage.seats
    )


def _reseated(seats: tuple[rules.Seat, ...], giver: int, to: int) -> tuple[rules.Seat, ...]:
    """The seats with `to` for `giver`; nobody sits twice at one stage."""
    swapped = (replace(seat, person=to) if seat.person == giver else seat for seat in seats)
    return tuple(dict.fromkeys(swapped))


def _names(route: Route, person: int) -> bool:
    return any(
        who.person == person
        for band in route.terms()
        for stage in band.stages
        for who in stage.signers
    )
