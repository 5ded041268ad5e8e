"""Overdue visits, told once; coverage by manager and tier; what Today says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import timeline
from accounts.models import Account, Event
from tests.factories import make_account
from tests.visits.factories import days_ago, make_follow_up, make_held_visit, make_visit
from tiering import standards
from visits import queries, today
from visits.models import OverdueNotice
from visits.services.overdue import note_overdue
from visits.tasks import nightly

TODAY = timezone.localdate


@pytest.fixture
def strategic(k1):
    k1.tier = "strategic"
    k1.save()
    return k1


@pytest.mark.parametrize(("days", "events"), [(30, 0), (31, 1)])
def test_a_visit_is_overdue_the_day_after_its_interval(strategic, days, events):
    make_held_visit(strategic, days_ago(days))

    assert note_overdue(TODAY()) == events
    assert Event.objects.filter(kind="visits.visit_overdue").count() == events


def test_it_is_told_once_until_the_next_one_is_missed(strategic):
    make_held_visit(strategic, days_ago(100))

    nightly()
    nightly()
    assert note_overdue(TODAY() + timedelta(days=5)) == 0
    make_held_visit(strategic, days_ago(40))
    assert note_overdue(TODAY()) == 1

    first, second = Event.objects.filter(kind="visits.visit_overdue").order_by("pk")
    assert first.data["due_on"] == str(days_ago(70))
    assert second.data["due_on"] == str(days_ago(10))
    assert second.data["tier"] == "strategic"
    assert second.data["standard_version"] == standards.in_force(TODAY()).version
    assert str(days_ago(10)) in timeline.say(second)
    assert OverdueNotice.objects.count() == 2


def test_maintenance_and_merged_archives_do_not_count(strategic, anna):
    make_held_visit(strategic, days_ago(100))
    make_held_visit(strategic, days_ago(1), kind="maintenance")
    gone = make_account(manager=anna, tier="strategic", merged_into=strategic)
    make_held_visit(gone, days_ago(100))

    assert note_overdue(TODAY()) == 1


def test_a_prospect_is_promised_nothing(strategic):
    strategic.stage = "prospect"
    strategic.save()
    make_held_visit(strategic, days_ago(100))

    assert note_overdue(TODAY()) == 0


def test_a_customer_never_visited_counts_from_its_opening(strategic):
    assert note_overdue(TODAY() + timedelta(days=30)) == 0
    assert note_overdue(TODAY() + timedelta(days=31)) == 1


def test_coverage_counts_by_manager_and_tier(client, diana, anna, boris, strategic):
    make_held_visit(strategic, days_ago(31))
    kept = make_account(manager=anna, tier="strategic")
    make_held_visit(kept, days_ago(30))
    make_account(manager=boris)

    cells = queries.coverage(
        Account.objects.visible_to(diana), standards.in_force(TODAY()).standard, TODAY()
    )

    of_anna = cells[anna.pk, "strategic"]
    assert (of_anna.accounts, of_anna.overdue, of_anna.share) == (2, 1, 0.5)
    assert cells[boris.pk, "ordinary"].share == 1
    client.force_login(diana)
    page = client.get("/visits/coverage/").text
    assert f"/visits/overdue/?manager={anna.pk}&amp;tier=strategic" in page


def test_every_figure_of_coverage_opens_its_customers(client, diana, anna, strategic):
    make_held_visit(strategic, days_ago(31))
    client.force_login(diana)

    assert "华锐" in client.get(f"/visits/overdue/?manager={anna.pk}&tier=strategic").text
    assert "华锐" not in client.get(f"/visits/overdue/?manager={anna.pk}&tier=key").text
    assert "华锐" not in client.get("/visits/overdue/?manager=none").text
    assert client.get("/visits/overdue/?tier=gold").status_code == 422


def test_a_manager_sees_the_coverage_of_their_own_customers(client, boris, anna, strategic):
    client.force_login(boris)

    assert str(anna) not in client.get("/visits/coverage/").text


def test_the_plan_of_the_month_counts_what_was_held(strategic, diana):
    month = TODAY().replace(day=1)
    make_held_visit(strategic, month)
    make_visit(strategic, planned_on=TODAY())
    make_visit(strategic, planned_on=TODAY(), status="cancelled", cancel_reason="x")
    make_visit(strategic, planned_on=TODAY() + timedelta(days=40))

    cells = queries.coverage(
        Account.objects.visible_to(diana), standards.in_force(TODAY()).standard, TODAY()
    )

    (cell,) = cells.values()
    assert (cell.planned, cell.held, cell.held_share) == (2, 1, 0.5)


@pytest.mark.parametrize("page", ["overdue", "coverage"])
def test_pages_ask_the_same_number_of_questions_for_more_customers(
    client, diana, anna, django_assert_num_queries, page
):
    client.force_login(diana)
    make_held_visit(make_account(manager=anna), days_ago(400))
    client.get(f"/visits/{page}/")
    number = _queries(client, page)
    for _ in range(9):
        make_held_visit(make_account(manager=anna), days_ago(400))

    with django_assert_num_queries(number):
        client.get(f"/visits/{page}/")


def _queries(client, page):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(f"/visits/{page}/")
    return len(captured)


# --- today


def items(provide, user):
    return list(provide(user, timezone.now()))


def test_today_holds_visits_reports_follow_ups_and_overdue_customers(anna, strategic):
    make_held_visit(strategic, days_ago(60))
    (overdue,) = items(today.customers_overdue, anna)
    due = make_visit(strategic, planned_on=days_ago(2))
    begun = make_visit(strategic, status="started", started_at=timezone.now())
    follow_up = make_follow_up(due, due_on=days_ago(1))

    assert [item.key for item in items(today.visits_due, anna)] == [f"visits.due:{due.pk}"]
    assert [item.key for item in items(today.reports_due, anna)] == [f"visits.report:{begun.pk}"]
    (item,) = items(today.follow_ups_due, anna)
    assert (item.key, item.account_number) == (f"visits.follow_up:{follow_up.pk}", "K1")
    assert overdue.account_number == "K1"
    assert str(days_ago(30)) in overdue.reason


def test_an_overdue_customer_with_a_visit_to_come_is_no_item(anna, strategic):
    make_held_visit(strategic, days_ago(60))
    make_visit(strategic, planned_on=TODAY() + timedelta(days=3))

    assert items(today.customers_overdue, anna) == []


def test_a_stranger_has_no_items_of_it(boris, strategic):
    make_held_visit(strategic, days_ago(60))
    visit = make_visit(strategic)
    make_follow_up(visit, due_on=days_ago(1))

    for provide in (
        today.visits_due,
        today.reports_due,
        today.follow_ups_due,
        today.customers_overdue,
    ):
        assert items(provide, boris) == []


@pytest.mark.parametrize("provide", [today.visits_due, today.customers_overdue])
def test_items_come_by_a_constant_number_of_queries(anna, django_assert_max_num_queries, provide):
    for _ in range(10):
        account = make_account(manager=anna)
        make_held_visit(account, days_ago(400))
        if provide is today.visits_due:
            make_visit(account)

    with django_assert_max_num_queries(6):
        assert len(items(provide, anna)) == 10
