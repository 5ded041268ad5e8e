"""A stored request as `approvals.rules` sees it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import rules
from approvals.models import Request, Signature
from approvals.people import holders
from staff.models import User
from staff.roles import ROLE_NAMES

RULE_NAMES = {
    rules.Rule.ALL: gettext_lazy("all sign"),
    rules.Rule.ANY: gettext_lazy("any one signs"),
    rules.Rule.IN_ORDER: gettext_lazy("all sign, in order"),
    rules.Rule.N_OF_M: gettext_lazy("this many sign"),
}


def desk(request: Request) -> rules.Desk:
    """The plan of a request, its approvals of this round and today's holders. Two queries."""
    plan = rules.plan_from_json(request.plan)
    given = Signature.objects.filter(
        request=request, round=request.round, decision=Signature.Decision.APPROVE
    )
    return rules.Desk(
        plan=plan,
        requester=request.requested_by_id,
        signatures=[signed(signature) for signature in given],
        holders=holders({seat.role for stage in plan for seat in stage.seats if seat.role}),
    )


def signed(signature: Signature) -> rules.Signed:
    """A signature as plain values."""
    return rules.Signed(
        stage=signature.stage,
        seat=signature.seat,
        signer=signature.signer_id,
        voice=signature.on_behalf_of_id or signature.signer_id,
    )


def seat_name(seat: rules.Seat) -> str:
    """What a seat is called: its role, or the person."""
    if seat.person is not None:
        person = User.objects.filter(pk=seat.person).first()
        return str(person or _("a person who is gone"))
    return role_name(seat.role)


def role_name(role: str) -> str:
    """What a role is called."""
    return str(ROLE_NAMES.get(role, role))
