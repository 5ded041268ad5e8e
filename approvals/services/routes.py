from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import kinds, rules
from approvals.models import Band, Request, Route
from approvals.people import holders
from approvals.services.requests import open_request
from kam.core import audit
from kam.core.errors import RuleViolation
from staff.models import User
from staff.roles import ROLES

ROUTE_KIND = "approvals.route"


@transaction.atomic
def ship_default_routes() -> None:
    """Version 1 for every registered kind that has no route: in force from 2000, nobody's."""
    known = set(Route.objects.values_list("kind", flat=True))
    for kind in kinds.registered().values():
        if kind.key not in known:
            _create(
                kind.key,
                kind.default_route,
                version=1,
                effective_from=date(2000, 1, 1),
                note="系统默认流程 Shipped default",
                approved=True,
            )


@transaction.atomic
def propose_route(
    *, kind: str, bands: Sequence[rules.Band], effective_from: date, note: str, actor: User
) -> Route:
    """Write a new version of a route and ask for its approval; in force from its day once approved.

    Refused: unknown_kind, invalid_route (a gap, an overlap, a stage without signers),
    unknown_role, no_signer, retroactive, and what `open_request` refuses.
    Source: docs/policies/approvals.md section 2.
    """
    if kind not in kinds.registered():
        raise RuleViolation("unknown_kind", _("There is no such kind of request."))
    if found := rules.problems(bands):
        raise RuleViolation("invalid_route", " ".join(problem_texts()[one] for one in found))
    _refuse_unknown_signers(bands)
    refuse_retroactive(effective_from)
    # Whoever proposes at the same time waits here, so that versions follow one another.
    rows = Route.objects.filter(kind=kind).select_for_update(of=("self",))
    newest = max((route.version for route in rows), default=0)
    route = _create(
        kind, bands, version=newest + 1, effective_from=effective_from, note=note, actor=actor
    )
    audit.record(route, "approvals.route_proposed", actor=actor, reason=note)
    open_request(kind=ROUTE_KIND, subject=route, reason=note, actor=actor)
    return route


def _create(
    kind: str,
    bands: Sequence[rules.Band],
    *,
    version: int,
    effective_from: date,
    note: str,
    actor: User | None = None,
    approved: bool = False,
) -> Route:
    """Save a route with its bands; approved only once they are there, for they are fixed then."""
    if found := rules.problems(bands):
        raise ValueError(f"{kind}: {', '.join(found)}")
    route = Route.objects.create(
        kind=kind,
        version=version,
        effective_from=effective_from,
        note=note,
        proposed_by=actor,
    )
    Band.objects.bulk_create(
        Band(
            route=route,
            since=band.since,
            until=band.until,
            stages=rules.stages_to_json(band.stages),
        )
        for band in bands
    )
    if approved:
        route.status = Route.Status.APPROVED
        route.save(update_fields=["status"])
    return route


def approve_route(request: Request, actor: User) -> None:
    """The request for a route is approved: it is in force from its day on."""
    route = _decide(request, Route.Status.APPROVED)
    refuse_retroactive(route.effective_from)


def reject_route(request: Request, actor: User | None) -> None:
    """The request for a route came to nothing. A next try is a new version."""
    _decide(request, Route.Status.REJECTED)


def _decide(request: Request, status: Route.Status) -> Route:
    route = Route.objects.select_for_update(of=("self",)).get(pk=request.object_id)
    route.status = status
    route.save(update_fields=["status"])
    return route


def snapshot_route(route: Route) -> dict[str, Any]:
    """A route beside the version that was approved before it, band by band."""
    earlier = Route.objects.filter(
        kind=route.kind, status=Route.Status.APPROVED, version__lt=route.version
    ).order_by("-effective_from", "-version")
    before = earlier.first()
    return {
        "kind": route.kind,
        "effective_from": [str(before.effective_from) if before else "", str(route.effective_from)],
        "bands": [described(before.terms()) if before else "", described(route.terms())],
    }


def described(bands: Sequence[rules.Band]) -> str:
    """Bands as text: who signs for which amounts, in order."""
    return "\n".join(
        f"{band.since:,.2f} – {'…' if band.until is None else format(band.until, ',.2f')}: "
        + " → ".join(_described_stage(stage) for stage in band.stages)
        for band in bands
    )


def _described_stage(stage: rules.Stage) -> str:
    names = [
        f"#{who.person}" if who.person else f"{who.role}{'*' if who.each_member else ''}"
        for who in stage.signers
    ]
    number = f" {stage.n}" if stage.rule is rules.Rule.N_OF_M else ""
    return f"{stage.rule.value}{number} ({', '.join(names)})"


def _refuse_unknown_signers(bands: Sequence[rules.Band]) -> None:
    signers = [who for band in bands for stage in band.stages for who in stage.signers]
    roles = {who.role for who in signers if who.role}
    if unknown := sorted(roles - ROLES.keys()):
        raise RuleViolation("unknown_role", _("Unknown role: %s.") % ", ".join(unknown))
    if vacant := sorted(role for role, people in holders(roles).items() if not people):
        raise RuleViolation("no_signer", _("Nobody holds the role %s.") % ", ".join(vacant))
    people = {who.person for who in signers if who.person}
    known = User.objects.filter(pk__in=people, is_active=True, is_service=False)
    if known.count() != len(people):
        raise RuleViolation("no_signer", _("A person named here does not log in."))


def refuse_retroactive(effective_from: date) -> None:
    """A rule takes effect today or later. Source: docs/policies/approvals.md section 2."""
    if effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A route takes effect today or later: rules do not reach back.")
        )


def problem_texts() -> dict[rules.Problem, str]:
    """What is wrong with a route, for people."""
    return {
        rules.Problem.NO_BAND: _("A route needs at least one band of amounts."),
        rules.Problem.NOT_FROM_ZERO: _("The first band must begin at 0."),
        rules.Problem.BACKWARDS: _("A band must end above its beginning."),
        rules.Problem.GAP: _("There is a gap between two bands."),
        rules.Problem.OVERLAP: _("Two bands overlap."),
        rules.Problem.CLOSED_END: _("The last band must have no end."),
        rules.Problem.NO_STAGE: _("Every band needs at least one stage."),
        rules.Problem.NO_SIGNER: _("Every stage needs at least one signer."),
        rules.Problem.WRONG_NUMBER: _("A stage asks for more signatures than it has signers."),
    }
