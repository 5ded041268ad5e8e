"""Behaviour that worsens raises an alert, once for each cause."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import timeline
from accounts.models import Event
from credit import explanations
from credit.models import CreditAlert, Rating
from credit.services import alerts
from kam.core.errors import RuleViolation
from tests.credit.documents import make_invoice
from tests.factories import make_account

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


def nights(*days):
    return [alerts.watch(DAY + timedelta(days=days_later)) for days_later in days]


def rate(account, grade, on):
    return Rating.objects.create(
        account=account, as_of=on, grade=grade, points=50, policy_version=1, cause="manual"
    )


@pytest.mark.parametrize(("more", "raised"), [("9999.99", 0), ("10000", 1)])
def test_an_exposure_that_grew_is_told_from_the_bound_on(k1, more, raised):
    make_invoice(k1, 20_000, due_on=date(2027, 1, 1))
    nights(0)
    make_invoice(k1, more, due_on=date(2027, 1, 1))

    assert nights(1) == [raised]


def test_a_cause_is_told_once_and_the_next_one_again(k1):
    make_invoice(k1, 20_000, due_on=date(2027, 1, 1))
    nights(0)
    make_invoice(k1, 10_000, due_on=date(2027, 1, 1))

    assert nights(1, 1, 2, 3) == [1, 0, 0, 0]
    make_invoice(k1, 15_000, due_on=date(2027, 1, 1))
    assert nights(4, 5) == [1, 0]

    second, first = CreditAlert.objects.all()
    assert (first.figures["before"], first.figures["now"]) == ("20000.0000", "30000.0000")
    assert (second.figures["before"], second.figures["now"]) == ("30000.0000", "45000.0000")


@pytest.mark.parametrize(("renewed_after", "raised"), [(29, 1), (30, 0)])
def test_it_is_compared_with_one_day_for_thirty_days(k1, renewed_after, raised):
    """Growth of 9,000 and then of 1,000 is growth of 10,000 only against the same day."""
    make_invoice(k1, 20_000, due_on=date(2027, 1, 1))
    nights(0)
    make_invoice(k1, 9_000, due_on=date(2027, 1, 1))
    assert nights(renewed_after) == [0]
    make_invoice(k1, 1_000, due_on=date(2027, 1, 1))

    assert nights(renewed_after + 1) == [raised]


def test_what_became_overdue_and_a_lower_grade_are_told(k1):
    make_invoice(k1, 100, due_on=DAY)
    rate(k1, "A", DAY)
    nights(0)
    rate(k1, "BBB", DAY + timedelta(days=1))

    assert nights(1) == [2]

    kinds = set(CreditAlert.objects.values_list("kind", flat=True))
    assert kinds == {"overdue_share_rose", "grade_dropped"}


def test_the_timeline_tells_it_in_words(k1):
    rate(k1, "A", DAY)
    make_invoice(k1, 100, due_on=date(2027, 1, 1))
    nights(0)
    rate(k1, "D", DAY + timedelta(days=1))
    nights(1)

    event = Event.objects.get(kind="credit.alert_raised")

    assert "A → D" in timeline.say(event)
    assert event.account == k1


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("overdue_share_rose", "0.63", "63.00 %"),
        ("exposure_grew", "13114.6900", "13,114.69"),
        ("payment_index_fell", "71.5", "71.50"),
        ("grade_dropped", "BBB", "BBB"),
        ("grade_dropped", None, "—"),
    ],
)
def test_the_figures_of_an_alert_are_for_people(kind, value, said):
    assert explanations.alert_figure(kind, value) == said


def test_the_number_of_queries_does_not_grow_with_the_accounts():
    def queries(accounts, day):
        for _ in range(accounts):
            make_invoice(make_account(), 20_000, due_on=date(2027, 1, 1))
        with CaptureQueriesContext(connection) as caught:
            nights(day)
        return len(caught)

    queries(1, 0)

    assert queries(10, 1) == queries(1, 2)


def test_somebody_acknowledges_it_with_a_comment(k1, anna, boris):
    alert = CreditAlert.objects.create(account=k1, kind="exposure_grew", day=timezone.localdate())

    with pytest.raises(RuleViolation) as refusal:
        alerts.acknowledge(alert.pk, comment=" ", actor=anna)
    assert refusal.value.code == "comment_required"
    alerts.acknowledge(alert.pk, comment="A big order, agreed", actor=anna)

    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.comment) == (anna, "A big order, agreed")
    with pytest.raises(RuleViolation) as refusal:
        alerts.acknowledge(alert.pk, comment="me too", actor=boris)
    assert refusal.value.code == "acknowledged"
