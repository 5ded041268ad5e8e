"""A complaint always waits for somebody who can log in; where there is none the directors hear."""

import json
from contextlib import suppress

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Event
from complaints.services import escalations, registering
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from notifications.models import Delivery, Endpoint, Notification
from notifications.services import dispatch_events, endpoints_due
from tests.complaints.factories import make_complaint
from tests.factories import make_account

pytestmark = pytest.mark.django_db
NOBODY, GIVEN = "complaints.nobody_has_it", "complaints.work_given"
UNKNOWN, OF_MINE = "complaints.customer_unknown", "complaints.complaint_registered"


def told(user):
    dispatch_events()
    rows = Notification.objects.filter(user=user, kind__startswith="complaints.")
    return list(rows.order_by("pk").values_list("kind", flat=True))


def correct(complaint, account, actor):
    return registering.correct(
        complaint.pk,
        account=account,
        category=complaint.category,
        severity=complaint.severity,
        product=None,
        reason="找到客户",
        actor=actor,
    )


@pytest.fixture
def boris_has_left(boris):
    boris.is_active = False
    boris.save()
    return boris


def test_of_an_account_without_a_manager_the_directors_are_told(diana, admin_staff):
    complaint = make_complaint(make_account())

    assert complaint.assignee is None
    assert told(diana) == [NOBODY]
    assert told(admin_staff) == []
    notice = Notification.objects.get(user=diana)
    assert notice.url == complaint.get_absolute_url()
    assert notice.mail_due_at is None  # no address; else within minutes


def test_a_manager_who_cannot_log_in_any_more_is_given_nothing(diana, boris_has_left):
    complaint = make_complaint(make_account(manager=boris_has_left))

    assert complaint.assignee is None
    assert told(diana) == [NOBODY]


def test_with_a_manager_the_directors_are_left_alone(k1, anna, diana):
    assert make_complaint(k1).assignee == anna
    assert told(diana) == []
    assert told(anna) == [OF_MINE]


def test_who_gets_it_by_a_correction_is_told_once(k1, anna, diana, admin_staff):
    complaint = make_complaint(None, channel="web")
    assert told(diana) == told(admin_staff) == [UNKNOWN]

    corrected = correct(complaint, k1, admin_staff)

    assert corrected.assignee == anna
    assert told(anna) == [GIVEN]
    assert told(diana) == [UNKNOWN]
    entry = AuditEntry.objects.get(action="complaints.complaint_corrected")
    assert entry.changes["assignee"] == ["None", "Anna"]


def test_a_found_account_without_a_manager_calls_the_directors_once(diana, admin_staff):
    complaint = make_complaint(None, channel="web")
    account = make_account()
    correct(complaint, account, admin_staff)

    complaint.category = "delivery"
    correct(complaint, account, admin_staff)

    assert told(diana) == [UNKNOWN, NOBODY]


@pytest.fixture
def endpoint(sysadmin):
    events = ["complaint_opened", "complaint_escalated"]
    return Endpoint.objects.create(
        url="https://bi.example.com/", events=events, created_by=sysadmin
    )


def sent():
    """Type, account number and data of every message, and that both account numbers agree."""
    dispatch_events()
    messages = [json.loads(delivery.body) for delivery in Delivery.objects.order_by("pk")]
    assert [m["account_number"] for m in messages] == [
        m["data"].pop("account_number") for m in messages
    ]
    return [(m["type"], m["account_number"], m["data"]) for m in messages]


def test_outside_one_hears_of_the_complaint_of_an_unknown_customer(endpoint):
    complaint = make_complaint(None, channel="web")

    assert endpoints_due() == [endpoint.pk]  # it waits for nobody to dispatch it
    data = {
        "complaint_number": complaint.complaint_number,
        "title": complaint.title,
        "channel": "web",
        "category": "quality",
        "severity": "moderate",
    }
    assert sent() == [("complaint_opened", None, data)]


def test_outside_one_hears_when_the_complaint_of_an_unknown_customer_is_escalated(endpoint, diana):
    complaint = make_complaint(None, channel="web")
    due = complaint.acknowledge_due_at

    for _again in range(2):
        escalations.escalate_due(complaint.escalate_at)
    escalations.escalate(complaint.pk, rung="deputy_gm", reason="很急", actor=diana)

    (_opened, *escalated) = sent()
    known = {"complaint_number": complaint.complaint_number, "title": complaint.title}
    missed = {"cause": "acknowledge", "deadline": timezone.localtime(due).isoformat()}
    by_hand = {"cause": "asked", "deadline": "", "rung": "deputy_gm", "reason": "很急"}
    assert escalated == [
        ("complaint_escalated", None, known | missed | {"rung": "manager", "reason": ""}),
        ("complaint_escalated", None, known | by_hand),
    ]


def test_what_is_rolled_back_is_not_sent(endpoint):
    with suppress(RuleViolation), transaction.atomic():
        make_complaint(None, channel="web")
        raise RuleViolation("other", "")

    assert sent() == []


def test_finding_the_customer_opens_the_complaint_outside_again_and_for_the_team(
    k1, anna, admin_staff, endpoint
):
    complaint = make_complaint(None, channel="web")

    correct(complaint, k1, admin_staff)

    assert [number for _type, number, _data in sent()] == [None, "K1"]
    delivery = Delivery.objects.get(event__isnull=False)
    assert (delivery.name, delivery.event.account) == ("complaint_opened", k1)
    assert delivery.event.data["complaint"] == complaint.complaint_number
    assert delivery.event.data["channel"] == "web"
    correct(complaint, make_account(manager=anna), admin_staff)
    assert len(sent()) == 2
    assert Event.objects.filter(kind=OF_MINE).count() == 1
