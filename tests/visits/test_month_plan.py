"""The generator at its door: a month proposed, adjusted, agreed to."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from kam.core.calendar import is_workday
from staff.models import Region, Team
from tests.factories import make_account
from tests.visits.factories import days_ago, make_held_visit, make_visit
from visits.models import Visit, VisitPlan
from visits.services.plans import following_month


@pytest.fixture
def month():
    return following_month(timezone.localdate())


def propose(client, user, owner, month, capacity=2):
    client.force_login(user)
    data = {"owner": owner.pk, "month": f"{month:%Y-%m}", "capacity": capacity}
    return client.post("/visits/plans/", data)


def test_next_month_is_proposed_from_tier_and_last_visit(client, anna, k1, month):
    k1.region = Region.objects.create(name="华东")
    k1.tier = "strategic"
    k1.save()
    make_held_visit(k1, month - timedelta(days=20))
    fresh = make_account(manager=anna)  # ordinary, 180 days: not due

    response = propose(client, anna, anna, month)

    plan = VisitPlan.objects.get()
    (visit,) = plan.visits.all()
    assert response.url == f"/visits/plans/{plan.pk}/"
    assert (visit.account, visit.status, visit.due_on) == (
        k1,
        "proposed",
        month + timedelta(days=10),
    )
    assert month <= visit.planned_on <= visit.due_on
    assert is_workday(visit.planned_on)
    page = client.get(response.url).text
    assert str(visit.due_on) in page
    assert fresh.name not in page


def test_agreeing_plans_what_is_left(client, anna, k1, month):
    Visit.objects.all().delete()
    make_held_visit(k1, days_ago(200))
    propose(client, anna, anna, month)
    plan = VisitPlan.objects.get()

    client.post(f"/visits/plans/{plan.pk}/accept/")

    plan.refresh_from_db()
    assert plan.accepted_by == anna
    assert set(plan.visits.values_list("status", flat=True)) == {"planned"}


def test_proposing_again_replaces_what_is_not_agreed_to(client, anna, k1, month):
    make_held_visit(k1, days_ago(200))
    propose(client, anna, anna, month)
    propose(client, anna, anna, month, capacity=3)
    plan = VisitPlan.objects.get()
    assert (plan.capacity, plan.visits.count()) == (3, 1)

    client.post(f"/visits/plans/{plan.pk}/accept/")
    propose(client, anna, anna, month)

    assert plan.visits.count() == 1  # the visit agreed to counts as made


def test_a_report_that_is_written_already_outlives_the_next_proposal(client, anna, k1, month):
    make_held_visit(k1, days_ago(200))
    propose(client, anna, anna, month)
    visit = VisitPlan.objects.get().visits.get()
    report = {
        "purpose": "提前电话拜访",
        "expected": visit.updated_at.isoformat(timespec="microseconds"),
        "action": "save",
        "follow_up0-text": "寄样品",
        "follow_up0-owner": anna.pk,
        "follow_up0-due_on": str(visit.planned_on),
    }
    assert client.post(f"/visits/{visit.pk}/report/", report).status_code == 302

    propose(client, anna, anna, month, capacity=3)

    visit.refresh_from_db()
    assert (visit.status, visit.purpose) == ("planned", "提前电话拜访")
    assert VisitPlan.objects.get().visits.get() == visit  # it counts as made, so none beside it


def test_what_has_no_room_is_named(client, anna, month):
    for _ in range(30):
        make_held_visit(make_account(manager=anna), days_ago(400))

    propose(client, anna, anna, month, capacity=1)

    plan = VisitPlan.objects.get()
    placed, left = plan.visits.count(), plan.explanation["unplaced"]
    assert (
        placed
        == plan.explanation["workdays"]
        == plan.visits.values("planned_on").distinct().count()
        or placed <= 10
    )
    assert placed + len(left) == 30
    assert len(left) > 0


def test_a_visit_planned_by_hand_takes_room_and_counts_as_made(client, anna, k1, month):
    make_held_visit(k1, days_ago(200))
    first = month
    while not is_workday(first):
        first += timedelta(days=1)
    make_visit(k1, planned_on=first)

    propose(client, anna, anna, month)

    assert VisitPlan.objects.get().visits.count() == 0


def test_a_leader_plans_for_the_team_and_nobody_else(client, anna, boris, k1, month):
    make_held_visit(k1, days_ago(200))

    assert propose(client, boris, anna, month).status_code == 422
    team = Team.objects.create(name="华东组", leader=boris)
    team.members.add(anna)
    assert propose(client, boris, anna, month).status_code == 302


def test_a_plan_is_hidden_from_strangers(client, anna, boris, month):
    propose(client, anna, anna, month)
    client.force_login(boris)

    assert client.get(f"/visits/plans/{VisitPlan.objects.get().pk}/").status_code == 404


def test_a_month_that_is_over_is_not_planned(client, anna, k1):
    assert propose(client, anna, anna, date(2020, 1, 1)).status_code == 422


def test_each_day_of_a_plan_can_be_changed_without_javascript(client, anna, k1, month):
    make_held_visit(k1, days_ago(200))
    propose(client, anna, anna, month)
    plan, visit = VisitPlan.objects.get(), Visit.objects.get(status="proposed")
    url = f"/visits/plans/{plan.pk}/"
    to = visit.planned_on + timedelta(days=1)
    assert f'action="/visits/{visit.pk}/move/"' in client.get(url).text

    data = {"on": str(to), "expected": str(visit.planned_on), "next": url}
    response = client.post(f"/visits/{visit.pk}/move/", data)

    visit.refresh_from_db()
    assert (response.url, visit.planned_on, visit.status) == (url, to, "proposed")


def test_the_plan_asks_the_same_number_of_questions_for_more_customers(
    client, anna, month, django_assert_max_num_queries
):
    for _ in range(10):
        make_held_visit(make_account(manager=anna), days_ago(400))
    with django_assert_max_num_queries(40):
        propose(client, anna, anna, month)
    plan = VisitPlan.objects.get()
    with django_assert_max_num_queries(12):
        client.get(f"/visits/plans/{plan.pk}/")
