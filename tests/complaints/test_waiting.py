"""What of complaints waits for whom today, whom they are told to, and how they are handed over."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import HandoverCase
from accounts.services import cover
from complaints import handover, today
from complaints.models import Compensation, Complaint
from complaints.services import escalations, procedure, registering, reports
from kam.core.today import registered
from notifications.models import Notification
from notifications.services import dispatch_events
from notifications.webhooks import hooks_of
from tests.complaints.factories import bring_to, make_complaint
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
HOUR = timedelta(hours=1)


@pytest.fixture
def complaint(anna):
    """To be acknowledged by 11:00 of Monday."""
    with time_machine.travel(MONDAY, tick=False):
        return make_complaint(make_account(manager=anna, tier="strategic"), severity="severe")


def items(user, now=None):
    now = now or timezone.now()
    kinds = [kind for key, kind in registered().items() if key.startswith("complaints.")]
    return [item for kind in kinds for item in kind.provide(user, now)]


@pytest.mark.parametrize(
    ("after", "urgency"),
    [(timedelta(0), 92), (2 * HOUR, 92), (2 * HOUR + timedelta(seconds=1), 100)],
)
def test_the_nearer_the_deadline_the_more_urgent(complaint, anna, boris, after, urgency):
    (item,) = items(anna, MONDAY + after)

    assert (item.urgency, item.key) == (urgency, f"complaints.deadline:{complaint.pk}")
    assert item.due == complaint.acknowledge_due_at
    assert items(boris, MONDAY + after) == []


def test_who_covers_for_somebody_sees_what_waits_for_them(complaint, anna, boris):
    today_ = timezone.localdate()
    named = cover.propose_cover(
        person=anna, cover=boris, since=today_, until=today_ + timedelta(days=9), actor=anna
    )
    assert items(boris, MONDAY) == []

    cover.accept_cover(named.pk, actor=boris)

    assert [item.key for item in items(boris, MONDAY)] == [f"complaints.deadline:{complaint.pk}"]
    assert Complaint.objects.visible_to(boris).get() == complaint


def test_what_has_no_deadline_waits_as_a_next_step(complaint, anna):
    bring_to(complaint, "acknowledged", actor=anna)
    procedure.wait(complaint.pk, actor=anna, reason="等样品")
    assert items(anna) == []
    later = timezone.now() + timedelta(days=3)
    assert [item.key for item in items(anna, later)] == [f"complaints.next:{complaint.pk}"]

    bring_to(complaint, "resolved", actor=anna)
    assert [item.key for item in items(anna)] == [f"complaints.next:{complaint.pk}"]
    bring_to(Complaint.objects.get(), "replied", actor=anna)
    assert items(anna) == []
    assert len(items(anna, timezone.now() + timedelta(days=7))) == 1


def test_an_escalated_one_waits_for_whom_it_was_escalated_to(complaint, anna, diana, gm):
    lin = make_user("lin", "deputy_gm")
    escalations.escalate(complaint.pk, rung="director", reason="停产", actor=anna)

    assert [item.urgency for item in items(diana, MONDAY)] == [95]
    assert items(lin, MONDAY) == items(gm, MONDAY) == []


def test_actions_and_promises_wait_and_those_of_unknown_customers(complaint, anna, boris, diana):
    day = date(2026, 6, 10)
    action = reports.add_action(
        complaint.pk, kind="corrective", text="换", owner=boris, due_on=day, actor=anna
    )
    with time_machine.travel(MONDAY, tick=False):
        nobodys = make_complaint(None, channel="web")
    Compensation.objects.create(
        complaint=complaint,
        kind="gift",
        amount=1,
        promise="x",
        reason="y",
        due_on=day,
        proposed_by=anna,
        status="approved",
        decided_at=MONDAY,
    )

    def keys(user, now=MONDAY):
        return {item.key.split(":")[0] for item in items(user, now)}

    assert keys(boris) == {"complaints.action"}
    assert keys(boris, MONDAY - timedelta(days=6)) == set()
    assert keys(anna) == {"complaints.deadline", "complaints.promise"}
    assert keys(diana) == {"complaints.nobody"}
    reports.finish_action(action.pk, note="已换", actor=boris)
    assert keys(anna) == {"complaints.deadline", "complaints.promise", "complaints.action"}
    registering.assign(nobodys.pk, to=diana, actor=diana)
    assert keys(diana) == {"complaints.deadline"}


def test_each_kind_costs_the_same_for_one_as_for_ten(
    complaint, anna, django_assert_max_num_queries
):
    for _number in range(10):
        make_complaint(complaint.account)

    for kind in today.KINDS:
        with django_assert_max_num_queries(4):
            list(kind.provide(anna, timezone.now()))


# --- notices


def told(user):
    dispatch_events()
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("kind", "url"))


def test_the_manager_is_told_of_a_complaint_and_the_called_of_an_escalation(complaint, anna, diana):
    address = complaint.get_absolute_url()
    assert told(anna) == [("complaints.complaint_registered", address)]

    for _again in range(2):
        escalations.escalate_due(MONDAY + 8 * HOUR)
        assert told(anna)[1:] == [("complaints.complaint_escalated", address)]
        assert told(diana) == [("complaints.complaint_escalated", address)]


def test_who_is_given_work_is_told_even_of_an_account_they_do_not_see(complaint, anna, boris):
    registering.assign(complaint.pk, to=boris, actor=anna)
    reports.add_action(
        complaint.pk, kind="corrective", text="x", owner=boris, due_on=date(2026, 6, 9), actor=anna
    )

    assert told(boris) == 2 * [("complaints.work_given", complaint.get_absolute_url())]


def test_of_an_unknown_customers_complaint_the_department_is_told(diana, admin_staff, anna):
    complaint = make_complaint(None, channel="web")
    escalations.escalate_due(timezone.now() + timedelta(days=60))

    kinds = [kind for kind, _url in told(diana)]
    assert kinds == ["complaints.customer_unknown"] + 2 * ["complaints.complaint_escalated"]
    assert told(admin_staff) == [("complaints.customer_unknown", complaint.get_absolute_url())]
    assert told(anna) == []


def test_other_systems_hear_of_new_and_escalated_complaints(complaint):
    event = complaint.account.events.get(kind="complaints.complaint_registered")

    (hook,) = hooks_of(event.kind)

    assert hook.name == "complaint_opened"
    assert hook.payload(event) == {
        "account_number": complaint.account.account_number,
        "complaint_number": complaint.complaint_number,
        "title": complaint.title,
        "channel": "phone",
        "category": "quality",
        "severity": "severe",
    }
    assert [hook.name for hook in hooks_of("complaints.complaint_escalated")] == [
        "complaint_escalated"
    ]


# --- handover


def test_open_complaints_and_actions_move_to_the_successor(complaint, anna, boris, diana):
    closed = bring_to(make_complaint(complaint.account), "closed", actor=anna)
    action = reports.add_action(
        complaint.pk, kind="corrective", text="x", owner=anna, due_on=date(2026, 6, 9), actor=anna
    )
    case = HandoverCase.objects.create(
        giver=anna, kind="leaving", last_day=date(2026, 6, 30), opened_by=diana
    )
    (held,), (act,) = handover.complaints_of(anna), handover.actions_of(anna)
    assert (held.url, held.account_id) == (complaint.get_absolute_url(), complaint.account_id)

    for _again in range(2):
        handover.move_complaints([held.key], to=boris, actor=diana, case=case)
        handover.move_actions([act.key], to=boris, actor=diana, case=case)

    complaint.refresh_from_db()
    action.refresh_from_db()
    closed.refresh_from_db()
    assert (complaint.assignee, action.owner, closed.assignee) == (boris, boris, anna)
    assert handover.complaints_of(anna) == handover.actions_of(anna) == []
    assert Notification.objects.filter(user=boris).count() == 2
