from __future__ import annotations

import hashlib
import json
import logging
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from approvals import desks, kinds, listeners, rules, tasks
from approvals.models import Request, Route, Signature, voices_of
from approvals.people import holders
from kam.core import audit, money
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

logger = logging.getLogger(__name__)
Status = Request.Status
Decision = Signature.Decision


@transaction.atomic
def open_request(
    *,
    kind: str,
    subject: models.Model,
    reason: str,
    actor: User,
    amount: Decimal | None = None,
    title: str = "",
) -> Request:
    """Ask for the signatures that the route in force wants for this amount.

    amount: in the reporting currency, not negative; with none the highest band of the route signs.
    Refused: reason_required, already_requested (one open request per kind and subject),
    no_route, no_signer (a seat nobody but the requester could fill, naming its role).
    Source: docs/policies/approvals.md sections 1 and 2.
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    request = Request(
        kind=kind,
        content_type=ContentType.objects.get_for_model(subject),
        object_id=subject.pk,
        requested_by=actor,
        requested_at=timezone.now(),
    )
    subject = _locked_subject(request)  # whoever asks at the same time waits here
    if Request.objects.of(subject, kind).open().exists():
        raise RuleViolation("already_requested", _("A request about this is open already."))
    _lay_down(request, subject, title=title or str(subject), amount=amount, reason=reason)
    request.save()
    _record(request, "opened", actor=actor, reason=reason)
    _call_signers(request, actor)
    return request


@transaction.atomic
def sign(request_id: int, *, actor: User, decision: str, comment: str = "", seen: str) -> Request:
    """Approve, reject or return a request; `seen` is the digest of what the actor had before them.

    With the last signature the kind's `on_approved` runs in this transaction. Refused: closed,
    stale, own_request, already_signed, not_your_turn, comment_required, no_signer (this person
    is the last who could sign a later stage). Source: docs/policies/approvals.md sections 3 to 5.
    """
    request = _locked(request_id)
    if request.status != Status.PENDING or request.expires_at <= timezone.now():
        raise RuleViolation("closed", _("The request does not wait for signatures any more."))
    if seen != request.digest:
        raise _stale()
    turn = _turn(request, actor)
    if decision != Decision.APPROVE and not comment.strip():
        raise RuleViolation("comment_required", _("Say why."))
    subject = _locked_subject(request)
    if decision == Decision.APPROVE and _snapshot(request.kind, subject) != request.snapshot:
        raise RuleViolation(
            "stale",
            _("What is asked for has changed since. Return the request, so that it is asked anew."),
        )
    Signature.objects.create(
        request=request,
        round=request.round,
        stage=turn.stage,
        seat=turn.seat,
        signer=actor,
        on_behalf_of_id=turn.voice if turn.voice != actor.pk else None,
        decision=Decision(decision),
        comment=comment.strip(),
        digest=request.digest,
        snapshot=request.snapshot,
    )
    _record(request, f"signature_{decision}", actor=actor, reason=comment)
    _move_on(request, Decision(decision), actor=actor, reason=comment)
    return request


@transaction.atomic
def recall(request_id: int, *, actor: User, reason: str = "") -> Request:
    """Take one's own request back while it is open. Refused: closed, not_requester."""
    request = _locked(request_id)
    _refuse_closed(request)
    _refuse_stranger(request, actor)
    _close(request, Status.RECALLED, actor=actor, reason=reason)
    return request


@transaction.atomic
def resubmit(
    request_id: int,
    *,
    actor: User,
    reason: str,
    amount: Decimal | None = None,
    title: str = "",
) -> Request:
    """Ask again after a return: a new round with a new snapshot; all signatures start again.

    amount: without one it stays as it was. Refused: not_returned, not_requester, reason_required
    and what `open_request` refuses.
    """
    request = _locked(request_id)
    if request.status != Status.RETURNED:
        raise RuleViolation("not_returned", _("Only a returned request can be submitted again."))
    _refuse_stranger(request, actor)
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    request.round += 1
    request.status = Status.PENDING
    _lay_down(
        request,
        _locked_subject(request),
        title=title or request.title,
        amount=request.amount if amount is None else amount,
        reason=reason,
    )
    request.save()
    _record(request, "resubmitted", actor=actor, reason=reason)
    _call_signers(request, actor)
    return request


@transaction.atomic
def remind(request_id: int, *, actor: User) -> Request:
    """Mail those who must sign now; once a day at most.

    Refused: closed, not_requester (nor one who sees all requests), reminded.
    """
    request = _locked(request_id)
    if request.status != Status.PENDING:
        raise RuleViolation("closed", _("The request does not wait for signatures any more."))
    if not actor.has_perm("approvals.view_all_requests"):
        _refuse_stranger(request, actor)
    today = timezone.localdate()
    if request.reminded_on == today:
        raise RuleViolation("reminded", _("A reminder went out today already."))
    request.reminded_on = today
    request.save(update_fields=["reminded_on"])
    _record(request, "reminded", actor=actor)
    _call_signers(request, actor)
    return request


def expire_due(on: date) -> int:
    """Close what should have been decided before this day; how many that were. Safe to repeat.

    One that cannot be closed is logged and stays open; the others do not wait for it.
    """
    moment = _start_of(on)
    due = Request.objects.open().filter(expires_at__lte=moment).order_by("pk")
    expired = 0
    for request_id in due.values_list("pk", flat=True):
        try:
            expired += _expire(request_id, moment)
        except Exception:  # whatever its kind does when it is told
            logger.exception("Request %s could not be closed as expired", request_id)
    return expired


@transaction.atomic
def _expire(request_id: int, moment: datetime) -> bool:
    request = _locked(request_id)
    if not request.is_open or request.expires_at > moment:
        return False
    _close(request, Status.EXPIRED, actor=None)
    return True


# --- what is asked, and who signs


def _lay_down(
    request: Request, subject: models.Model, *, title: str, amount: Decimal | None, reason: str
) -> None:
    """Freeze what the signers will see and the plan of who they are, for a new round."""
    kind = kinds.get(request.kind)
    today = timezone.localdate()
    request.title, request.amount, request.reason = title[:200], amount, reason.strip()
    request.snapshot = _snapshot(request.kind, subject)
    request.digest = _digest(request)
    request.expires_at = _start_of(today + timedelta(days=kind.expires_days + 1))
    request.route = _route(request.kind, today)
    band = rules.choose_band(request.route.terms(), amount)
    known = holders({who.role for stage in band.stages for who in stage.signers if who.role})
    requester = request.requested_by_id
    plan = rules.make_plan(band.stages, holders=known, requester=requester)
    _refuse_unsignable(rules.Desk(plan=plan, requester=requester, holders=known), band)
    request.plan = rules.plan_to_json(plan)
    seats = [seat for stage in plan for seat in stage.seats]
    request.roles = sorted({*request.roles, *(seat.role for seat in seats if seat.role)})
    request.people = sorted({*request.people, *(seat.person for seat in seats if seat.person)})
    _await(request, plan, rules.progress(plan, []))


def renew_round(request: Request, plan: rules.Plan, *, actor: User, reason: str) -> None:
    """Begin a new round of a locked pending request with another plan; what is asked stays.

    Refused: no_signer (a seat that nobody could fill now).
    """
    request.round += 1
    request.digest = _digest(request)
    seats = [seat for stage in plan for seat in stage.seats]
    desk = rules.Desk(
        plan=plan,
        requester=request.requested_by_id,
        holders=holders({seat.role for seat in seats if seat.role}),
    )
    if (empty := rules.unsignable(desk)) is not None:
        message = _("Nobody could sign “%(request)s” as “%(who)s” then.")
        told = {"request": request, "who": _alternatives(plan, empty)}
        raise RuleViolation("no_signer", message % told)
    request.plan = rules.plan_to_json(plan)
    request.people = sorted({*request.people, *(seat.person for seat in seats if seat.person)})
    _await(request, plan, rules.progress(plan, []))
    request.save()
    _record(request, "reseated", actor=actor, reason=reason)
    _call_signers(request, actor)


def _route(kind: str, on: date) -> Route:
    route = Route.objects.filter(kind=kind).in_force(on).prefetch_related("bands").first()
    if route is None:
        raise RuleViolation("no_route", _("There is no approval route for this yet."))
    return route


def _refuse_unsignable(desk: rules.Desk, band: rules.Band) -> None:
    empty = next((i for i, stage in enumerate(desk.plan) if not stage.seats), None)
    if empty is not None:
        seat = rules.Seat(role=band.stages[empty].signers[0].role)
    elif (found := rules.unsignable(desk)) is not None:
        seat = found
    else:
        return
    raise RuleViolation(
        "no_signer",
        _(
            "Nobody else could sign as “%(who)s”. Let the system administrator give somebody"
            " the role, or have the approval route name somebody else."
        )
        % {"who": _alternatives(desk.plan, seat)},
    )


def _alternatives(plan: rules.Plan, seat: rules.Seat) -> str:
    """The seat, with those beside it where any of them would do."""
    stage = next((stage for stage in plan if seat in stage.seats), None)
    seats = stage.seats if stage and stage.rule is rules.Rule.ANY else (seat,)
    return " / ".join(desks.seat_name(one) for one in seats)


def _snapshot(kind: str, subject: models.Model) -> dict[str, Any]:
    """The kind's snapshot as it will be read back, the same in whatever language it is taken."""
    with translation.override("en"):
        text = json.dumps(kinds.get(kind).snapshot(subject), cls=DjangoJSONEncoder)
    frozen: dict[str, Any] = json.loads(text)
    return frozen


def _digest(request: Request) -> str:
    shown = [
        request.kind,
        request.object_id,
        request.round,
        request.title,
        None if request.amount is None else money.plain(request.amount),
        request.reason,
        request.snapshot,
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _await(request: Request, plan: rules.Plan, now: rules.Progress) -> None:
    """Note whom the request waits for, for the lists."""
    seats = (
        [plan[now.stage].seats[seat] for seat in now.open_seats] if now.stage is not None else []
    )
    request.stage = now.stage
    request.awaits_roles = sorted({seat.role for seat in seats if seat.person is None})
    request.awaits_people = sorted({seat.person for seat in seats if seat.person is not None})


# --- signing


def _turn(request: Request, actor: User) -> rules.Turn:
    if request.is_asked_by(actor):
        raise RuleViolation("own_request", _("Nobody decides on their own request."))
    desk = desks.desk(request)
    if any(actor.pk in (signed.signer, signed.voice) for signed in desk.signatures):
        raise RuleViolation("already_signed", _("You signed this request already."))
    principals = [who for who in voices_of(actor) if who not in (actor.pk, request.kept_by_id)]
    possible = rules.turns(desk, actor.pk, principals)
    if not possible:
        raise RuleViolation("not_your_turn", _("The request does not wait for you now."))
    turn = rules.choose_turn(desk, possible, actor.pk)
    if turn is None:
        raise RuleViolation(
            "no_signer",
            _("You are the last who could sign a later stage; somebody else signs now."),
        )
    return turn


def _move_on(request: Request, decision: Decision, *, actor: User, reason: str) -> None:
    """What a new signature does to its request."""
    if decision == Decision.REJECT:
        _close(request, Status.REJECTED, actor=actor, reason=reason)
    elif decision == Decision.RETURN:
        request.status = Status.RETURNED
        request.awaits_roles, request.awaits_people = [], []
        request.save(update_fields=["status", "awaits_roles", "awaits_people"])
        _record(request, "returned", actor=actor, reason=reason)
        listeners.request_moved(request, actor)
    else:
        desk, before = desks.desk(request), request.stage
        _await(request, desk.plan, desk.progress)
        request.save(update_fields=["stage", "awaits_roles", "awaits_people"])
        if request.stage is None:
            _approve(request, actor)
        elif request.stage != before or desk.plan[request.stage].rule is rules.Rule.IN_ORDER:
            _call_signers(request, actor)


def _call_signers(request: Request, actor: User) -> None:
    """Mail those whose turn it is, after the commit; whether that works changes nothing here."""
    listeners.request_moved(request, actor)
    moment = (request.pk, request.round, request.stage)
    transaction.on_commit(lambda: tasks.mail_signers.delay(*moment), robust=True)


def _approve(request: Request, actor: User) -> None:
    request.status, request.closed_at = Status.APPROVED, timezone.now()
    request.save(update_fields=["status", "closed_at"])
    _record(request, "approved", actor=actor)
    listeners.request_moved(request, actor)
    kinds.get(request.kind).on_approved(request, actor)


def _close(request: Request, status: Status, *, actor: User | None, reason: str = "") -> None:
    """End a request that came to nothing and tell its kind."""
    request.status, request.closed_at = status, timezone.now()
    request.awaits_roles, request.awaits_people = [], []
    request.save(update_fields=["status", "closed_at", "awaits_roles", "awaits_people"])
    _record(request, str(status), actor=actor, reason=reason)
    listeners.request_moved(request, actor)
    _locked_subject(request)
    kinds.get(request.kind).on_closed(request, actor)


def _locked(request_id: int) -> Request:
    return Request.objects.select_for_update(of=("self",)).get(pk=request_id)


def _locked_subject(request: Request) -> models.Model:
    """The subject as it is now. Locked after its request, always in this order."""
    model: Any = request.content_type.model_class()
    subject: models.Model = model._base_manager.select_for_update(of=("self",)).get(
        pk=request.object_id
    )
    return subject


def _refuse_closed(request: Request) -> None:
    if not request.is_open:
        raise RuleViolation("closed", _("The request is closed."))


def _refuse_stranger(request: Request, actor: User) -> None:
    if not request.is_asked_by(actor):
        raise RuleViolation("not_requester", _("Only who asked for this may do that."))


def _stale() -> RuleViolation:
    return RuleViolation("stale", _("The request has changed since you read it; please reload."))


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _record(request: Request, verb: str, *, actor: User | None, reason: str = "") -> None:
    changes = {"kind": request.kind, "round": request.round, "digest": request.digest}
    audit.record(request, f"approvals.request_{verb}", actor=actor, changes=changes, reason=reason)
