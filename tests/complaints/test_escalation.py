"""Missed deadlines call one after the other, each once, whatever happens to the scheduler."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Event
from complaints import tasks
from complaints.models import Complaint, Escalation
from complaints.services import escalations, procedure
from kam.core.calendar import WorkingHours
from kam.core.errors import RuleViolation
from tests.complaints.factories import bring_to, make_complaint
from tests.factories import make_account, make_user
from tiering import standards
from tiering.models import ServiceStandard

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, no holiday near
HOUR = timedelta(hours=1)


@pytest.fixture
def complaint(anna):
    """To be acknowledged by 11:00 of Monday, resolved by 18:00 of Wednesday."""
    with time_machine.travel(MONDAY, tick=False):
        return make_complaint(make_account(manager=anna, tier="strategic"), severity="severe")


def called():
    return list(Escalation.objects.order_by("pk").values_list("cause", "rung"))


@pytest.mark.parametrize(
    ("after", "rungs"),
    [
        (2 * HOUR - timedelta(seconds=1), []),
        (2 * HOUR, ["manager"]),
        (7 * HOUR - timedelta(seconds=1), ["manager"]),  # with an hour of lunch
        (7 * HOUR, ["manager", "director"]),
        (26 * HOUR - timedelta(seconds=1), ["manager", "director"]),
        (26 * HOUR, ["manager", "director", "deputy_gm"]),
        (500 * HOUR, ["manager", "director", "deputy_gm"]),
    ],
)
def test_each_rung_is_called_when_its_time_has_come(complaint, after, rungs):
    escalations.escalate_due(MONDAY + after)

    assert called() == [("acknowledge", rung) for rung in rungs]


def test_the_ladder_is_that_of_the_standard_on_the_day_of_receipt(anna):
    ladder = standards.Escalation(
        manager_hours=Decimal("0.5"), director_hours=Decimal(1), deputy_gm_hours=Decimal(1)
    )
    ServiceStandard.objects.create(
        version=2,
        status="approved",
        effective_from=MONDAY.date(),
        content=standards.content(replace(standards.SHIPPED, escalation=ladder)),
    )
    with time_machine.travel(MONDAY, tick=False):
        make_complaint(make_account(manager=anna, tier="strategic"), severity="severe")

    escalations.escalate_due(MONDAY + 2.5 * HOUR - timedelta(seconds=1))
    assert called() == []
    escalations.escalate_due(MONDAY + 2.5 * HOUR)
    assert called() == [("acknowledge", "manager")]
    escalations.escalate_due(MONDAY + 5 * HOUR)
    assert [rung for _cause, rung in called()] == ["manager", "director", "deputy_gm"]


def test_a_clock_that_is_started_anew_runs_by_the_standard_of_that_day(complaint, anna):
    day = MONDAY + timedelta(days=14)  # the 22nd of June, no holiday near
    evenings = WorkingHours(periods=(("18:00", "22:00"),))
    ladder = standards.Escalation(manager_hours=Decimal(1))
    with time_machine.travel(MONDAY, tick=False):
        bring_to(complaint, "replied", actor=anna)
    ServiceStandard.objects.create(
        version=2,
        status="approved",
        effective_from=day.date(),
        content=standards.content(replace(standards.SHIPPED, hours=evenings, escalation=ladder)),
    )

    with time_machine.travel(day, tick=False):
        contested = procedure.contest(complaint.pk, reason="又漏油", actor=anna)

    # 24 hours of four each evening, then one more of the next until the manager is called
    assert timezone.localtime(contested.due_at).isoformat()[:16] == "2026-06-29T22:00"
    assert contested.standard_version == 2
    assert contested.escalate_at == contested.due_at + 21 * HOUR
    with time_machine.travel(day + 10 * HOUR, tick=False):  # 19:00
        procedure.wait(complaint.pk, reason="等样品", actor=anna)
    with time_machine.travel(day + 12 * HOUR, tick=False):
        resumed = procedure.resume(complaint.pk, actor=anna)
    assert resumed.waited == 2 * HOUR
    assert resumed.due_at == contested.due_at + 22 * HOUR


def test_running_twice_calls_once(complaint):
    now = MONDAY + 3 * HOUR

    assert [escalations.escalate_due(now) for _again in range(3)] == [1, 0, 0]

    assert Event.objects.filter(kind="complaints.complaint_escalated").count() == 1
    assert Event.objects.filter(kind="complaints.acknowledgement_missed").count() == 1


def test_the_event_says_who_is_called(complaint, anna, diana, gm):
    lin = make_user("lin", "deputy_gm")

    escalations.escalate_due(MONDAY + 50 * HOUR)

    events = Event.objects.filter(kind="complaints.complaint_escalated").order_by("pk")
    assert [(event.data["rung"], event.data["people"]) for event in events] == [
        ("manager", [anna.pk]),
        ("director", [diana.pk]),
        ("deputy_gm", [lin.pk]),
    ]


def test_without_a_manager_the_director_is_called_at_once(diana):
    with time_machine.travel(MONDAY, tick=False):
        make_complaint(make_account(tier="strategic"), severity="severe")

    escalations.escalate_due(MONDAY + 2 * HOUR)

    assert Event.objects.get(kind="complaints.complaint_escalated").data["people"] == [diana.pk]


def test_after_acknowledging_the_other_deadline_counts(complaint, anna):
    with time_machine.travel(MONDAY + 3 * HOUR, tick=False):
        procedure.acknowledge(complaint.pk, actor=anna)
    due = Complaint.objects.get().due_at

    escalations.escalate_due(due - timedelta(seconds=1))
    assert called() == []
    escalations.escalate_due(due)

    assert called() == [("resolve", "manager")]
    assert Event.objects.filter(kind="complaints.resolution_missed").count() == 0  # not yet past
    escalations.escalate_due(due + 4 * HOUR + timedelta(days=1))
    assert Event.objects.filter(kind="complaints.resolution_missed").count() == 1


def test_nobody_is_called_while_the_customer_is_to_answer_or_after_a_solution(complaint, anna):
    with time_machine.travel(MONDAY + HOUR, tick=False):
        bring_to(complaint, "investigating", actor=anna)
        procedure.wait(complaint.pk, actor=anna, reason="等样品")
    assert escalations.escalate_due(MONDAY + timedelta(days=90)) == 0

    with time_machine.travel(MONDAY + 2 * HOUR, tick=False):
        procedure.resume(complaint.pk, actor=anna)
        bring_to(Complaint.objects.get(), "resolved", actor=anna)

    assert escalations.escalate_due(MONDAY + timedelta(days=90)) == 0


def test_after_reopening_all_are_called_anew(complaint, anna):
    with time_machine.travel(MONDAY, tick=False):
        bring_to(complaint, "acknowledged", actor=anna)
    escalations.escalate_due(MONDAY + timedelta(days=30))
    with time_machine.travel(MONDAY + timedelta(days=31), tick=False):
        procedure.resolve(complaint.pk, outcome="unjustified", solution="已解释", actor=anna)
        bring_to(Complaint.objects.get(), "closed", actor=anna)
        procedure.reopen(complaint.pk, reason="又漏油", actor=anna)

    escalations.escalate_due(MONDAY + timedelta(days=90))

    assert called() == 2 * [("resolve", rung) for rung in ("manager", "director", "deputy_gm")]


@pytest.mark.parametrize("failure", [DatabaseError, KeyError])
def test_one_that_fails_is_left_for_the_next_run_and_the_others_go_on(
    complaint, anna, monkeypatch, failure
):
    with time_machine.travel(MONDAY + HOUR, tick=False):
        other = make_complaint(complaint.account, severity="severe")
    work = escalations._call_next

    def fail_for_one(found, now):
        if found.pk == complaint.pk:
            work(found, now)  # what it wrote is rolled back
            raise failure
        work(found, now)

    monkeypatch.setattr(escalations, "_call_next", fail_for_one)
    now = MONDAY + 4 * HOUR
    assert escalations.escalate_due(now) == 1
    assert list(Escalation.objects.values_list("complaint", flat=True)) == [other.pk]
    monkeypatch.undo()

    assert escalations.escalate_due(now) == 1
    assert Escalation.objects.filter(complaint=complaint).count() == 1


def test_the_task_of_the_scheduler_escalates_by_the_clock(complaint):
    with time_machine.travel(MONDAY + 3 * HOUR, tick=False):
        assert tasks.escalate_due.delay().get() == 1


def test_by_hand_anybody_is_called_at_any_time(complaint, anna):
    escalations.escalate(complaint.pk, rung="deputy_gm", reason="客户威胁停单", actor=anna)

    assert called() == [("asked", "deputy_gm")]
    complaint.refresh_from_db()
    assert complaint.escalation_level == 0  # the deadlines call as before
    with pytest.raises(RuleViolation) as caught:
        escalations.escalate(complaint.pk, rung="director", reason=" ", actor=anna)
    assert caught.value.code == "empty"


def test_an_escalation_is_never_changed(complaint, anna):
    made = escalations.escalate(complaint.pk, rung="director", reason="x", actor=anna)
    made.reason = "y"

    with pytest.raises(InternalError):
        made.save()


def test_finding_what_is_due_costs_the_same_for_one_as_for_ten(
    complaint, anna, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):
        escalations.escalate_due(MONDAY)
    for _number in range(9):
        with time_machine.travel(MONDAY, tick=False):
            make_complaint(complaint.account, severity="severe")
    with django_assert_max_num_queries(3):
        escalations.escalate_due(MONDAY)
