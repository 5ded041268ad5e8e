"""The plan of a month, proposed and agreed to. docs/policies/visits.md section 4."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Tier
from accounts.services import kept_live
from kam.core import audit
from kam.core.calendar import is_workday, workdays
from kam.core.errors import RuleViolation
from tiering import standards
from visits import queries, rules
from visits.models import Status, Visit, VisitPlan

if TYPE_CHECKING:
    from staff.models import User

DEFAULT_CAPACITY = 2


def following_month(day: date) -> date:
    """The first day of the month after this day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@transaction.atomic
def propose_month(
    owner: User, *, month: date, actor: User, capacity: int = DEFAULT_CAPACITY
) -> VisitPlan:
    """Work out a month for one person; what was proposed before and not agreed to goes.

    month: its first day. Refused: past, foreign (not one of those whom the actor plans for).
    """
    today = timezone.localdate()
    if following_month(month) <= today:
        raise RuleViolation("past", _("This month is over."))
    if not queries.plannable_by(actor).filter(pk=owner.pk).exists():
        raise RuleViolation("foreign", _("You do not plan the visits of %s.") % owner)
    kept_live(Account.objects.filter(manager=owner).values_list("pk", flat=True))
    plan = _locked_plan(owner, month, capacity, actor)
    plan.visits.filter(status=Status.PROPOSED).delete()
    days = workdays(max(month, today), following_month(month) - timedelta(days=1))
    in_force = standards.in_force(max(month, today))
    accounts = queries.candidates(owner, in_force.standard, today=today)
    proposal = rules.propose(
        accounts,
        days=days,
        until=_until(month),
        capacity=capacity,
        booked=queries.bookings(owner, days),
    )
    Visit.objects.bulk_create([_visit(plan, placed, actor) for placed in proposal.placed])
    plan.capacity = capacity
    plan.proposed_by, plan.proposed_at = actor, timezone.now()
    plan.accepted_by = plan.accepted_at = None
    plan.explanation = {
        "standard_version": in_force.version,
        "accounts": len(accounts),
        "workdays": len(days),
        "proposed": len(proposal.placed),
        "unplaced": [_stored(each) for each in proposal.unplaced],
    }
    plan.save()
    audit.record(plan, "visits.plan_proposed", actor=actor)
    return plan


@transaction.atomic
def accept_plan(plan_id: int, *, actor: User) -> int:
    """Agree to all that is still proposed; how many visits those are. Refused: nothing."""
    plan = VisitPlan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    agreed = plan.visits.filter(status=Status.PROPOSED).update(
        status=Status.PLANNED, updated_at=timezone.now()
    )
    if not agreed and plan.accepted_at is not None:
        raise RuleViolation("nothing", _("Nothing is proposed any more."))
    plan.accepted_by, plan.accepted_at = actor, timezone.now()
    plan.save(update_fields=["accepted_by", "accepted_at"])
    audit.record(plan, "visits.plan_accepted", actor=actor, changes={"visits": agreed})
    return agreed


def _locked_plan(owner: User, month: date, capacity: int, actor: User) -> VisitPlan:
    VisitPlan.objects.get_or_create(
        owner=owner,
        month=month,
        defaults={"capacity": capacity, "proposed_by": actor, "proposed_at": timezone.now()},
    )
    return VisitPlan.objects.select_for_update(of=("self",)).get(owner=owner, month=month)


def _until(month: date) -> date:
    """The last day before the first working day of the month after."""
    day = following_month(month)
    while not is_workday(day):
        day += timedelta(days=1)
    return day - timedelta(days=1)


def _visit(plan: VisitPlan, placed: rules.Placed, actor: User) -> Visit:
    return Visit(
        account_id=placed.candidate.account_id,
        owner_id=plan.owner_id,
        plan=plan,
        status=Status.PROPOSED,
        planned_on=placed.day,
        due_on=placed.candidate.due_on,
        why={"why": placed.why.value, **_stored(placed.candidate)},
        created_by=actor,
    )


def _stored(candidate: rules.Candidate) -> dict[str, Any]:
    return {
        "account": candidate.account_id,
        "tier": Tier.values[candidate.rank],
        "every_days": candidate.every_days,
        "territory": candidate.territory,
        "due_on": candidate.due_on.isoformat(),
    }
