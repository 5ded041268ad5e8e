"""Every step of a complaint and of a visit, sent by people who may not take it.

Boris does not see K1: for him it is not there. The gm reads and changes nothing.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Action, Compensation, Finding, SimilarCustomer
from complaints.views.steps import PART_STEPS, STEPS
from kam.core.models import AuditEntry
from tests.complaints.factories import make_complaint
from tests.factories import make_account
from tests.visits.factories import make_follow_up, make_schedule, make_visit
from visits.models import VisitPlan

pytestmark = pytest.mark.django_db
VISIT_STEPS = ("edit", "move", "check-in", "report", "cancel")
TABLE = [
    *(f"/complaints/{{complaint}}/{key}/" for key in STEPS),
    *(f"/complaints/{{complaint}}/{key}/{{{key}}}/" for key in PART_STEPS),
    *(f"/visits/{{visit}}/{step}/" for step in VISIT_STEPS),
    "/visits/follow-ups/{follow_up}/",
    "/visits/maintenance/{schedule}/end/",
    "/visits/plans/{plan}/accept/",
    "/complaints/new/",
    "/visits/new/",
    "/visits/maintenance/new/",
    "/visits/plans/",
]
# These ask whose it is to be: a customer or a person whom one may not name is a wrong answer.
ASKING = [address for address in TABLE if address.endswith("/new/")] + ["/visits/plans/"]


@pytest.fixture
def world(k1, anna):
    """What the addresses of the table hold, all of it K1's and Anna's."""
    today = timezone.localdate()
    complaint, visit = make_complaint(k1), make_visit(k1, planned_on=today + timedelta(days=3))
    mine = {"complaint": complaint, "due_on": today}
    parts = {
        Finding: Finding(complaint=complaint, verdict="bad", evidence="x", proposed_by=anna),
        Action: Action(kind="corrective", text="x", owner=anna, added_by=anna, **mine),
        SimilarCustomer: SimilarCustomer(
            complaint=complaint, account=make_account(), added_by=anna
        ),
        Compensation: Compensation(
            kind="gift", amount=1, promise="x", reason="y", proposed_by=anna, **mine
        ),
    }
    for part in parts.values():
        part.save()
    plan = VisitPlan.objects.create(
        owner=anna,
        month=today.replace(day=1),
        capacity=2,
        proposed_by=anna,
        proposed_at=timezone.now(),
    )
    return {
        **{key: parts[step.part].pk for key, step in PART_STEPS.items()},
        "complaint": complaint.complaint_number,
        "visit": visit.pk,
        "follow_up": make_follow_up(visit).pk,
        "schedule": make_schedule(k1).pk,
        "plan": plan.pk,
    }


def filled_in(anna):
    """Something for every field that the forms ask for."""
    day = timezone.localdate() + timedelta(days=3)
    return {
        **dict.fromkeys(("note", "reason", "text", "evidence", "solution", "title"), "x"),
        **dict.fromkeys(("purpose", "next_step", "result", "promise", "subject"), "x"),
        **{name: str(day) for name in ("planned_on", "due_on", "on", "next_on")},
        "account": "K1",
        "owner": anna.pk,
        "to": anna.pk,
        "month": f"{day:%Y-%m}",
        "category": "quality",
        "severity": "minor",
        "channel": "phone",
        "kind": "on_site",
        "rung": "director",
        "expected": str(day),
        "capacity": 2,
        "every_days": 90,
    }


@pytest.mark.parametrize("address", TABLE)
def test_a_step_is_not_there_for_a_stranger_and_refused_to_a_reader(
    client, anna, boris, gm, world, address
):
    url, data = address.format_map(world), filled_in(anna)
    before = AuditEntry.objects.count()

    def sent_by(user):
        client.force_login(user)
        return client.post(url, data).status_code

    assert sent_by(boris) == (422 if address in ASKING else 404)
    assert sent_by(gm) == 403
    assert AuditEntry.objects.count() == before
    assert sent_by(anna) in (302, 422)  # it was refused for who they are, not for what they sent
