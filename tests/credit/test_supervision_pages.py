"""Budget, ceiling, alerts and overdue accounts in the pages."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request
from credit.models import BudgetFigure, CreditAlert, CreditBudget, OverdueEpisode
from credit.queries import budget as budgets
from credit.services import measures
from credit.services.supervision import Figure, propose_budget
from kam.core.errors import RuleViolation
from staff.models import Region
from tests.credit.documents import make_invoice
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db

BUDGET = "/credit/supervision/budget/"
CEILING = "/credit/supervision/ceiling/"
ALERTS = "/credit/supervision/"
OVERDUE = "/credit/supervision/overdue/"


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def deputy_gm(db):
    return make_user("dora", "deputy_gm", full_name="Dora")


@pytest.fixture
def north(k1):
    region = Region.objects.create(name="North")
    k1.region = region
    k1.save()
    return region


def sign(subject, *people):
    request = Request.objects.of(subject).get()
    for person in people:
        approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)


# --- budget


def test_finance_enters_a_budget_and_it_counts_once_signed(client, fiona, deputy_gm, gm, north):
    client.force_login(fiona)
    entered = {"reason": "Plan", "company-1": "1000", f"region_{north.pk}-1": "600"}

    page = client.post(f"{BUDGET}new/2026/", entered, follow=True)

    assert "The budget awaits approval." in page.text
    made = CreditBudget.objects.get()
    assert budgets.in_force(2026) is None
    sign(made, deputy_gm, gm)
    found = budgets.year_of(2026, budget=budgets.in_force(2026))
    assert (found.company.months[0].budget, found.regions[0].total.budget) == (1000, 600)
    assert "1,000.00" in client.get(f"{BUDGET}?year=2026").text


def test_nothing_entered_is_no_budget(client, fiona, deputy_gm, gm):
    client.force_login(fiona)

    page = client.post(f"{BUDGET}new/2026/", {"reason": "Plan"})

    assert page.status_code == 422
    assert "at least one figure" in page.text


def test_a_second_version_waits_for_the_first(fiona, deputy_gm, gm):
    figures = [Figure(month=1, amount=Decimal(1))]
    first = propose_budget(year=2026, figures=figures, reason="x", actor=fiona)
    with pytest.raises(RuleViolation) as refusal:
        propose_budget(year=2026, figures=figures, reason="x", actor=fiona)
    assert refusal.value.code == "already_requested"
    sign(first, deputy_gm, gm)

    second = propose_budget(
        year=2026, figures=[Figure(month=1, amount=Decimal(2))], reason="x", actor=fiona
    )

    assert second.version == 2
    assert budgets.in_force(2026) == first
    sign(second, deputy_gm, gm)
    assert budgets.in_force(2026) == second


def test_an_approved_budget_is_not_changed_by_any_door(fiona, deputy_gm, gm):
    figures = [Figure(month=1, amount=Decimal(1))]
    made = propose_budget(year=2026, figures=figures, reason="x", actor=fiona)
    sign(made, deputy_gm, gm)

    for change in (
        lambda: BudgetFigure.objects.update(amount=9),
        lambda: BudgetFigure.objects.all().delete(),
        lambda: BudgetFigure.objects.create(budget=made, month=2, amount=1),
        lambda: CreditBudget.objects.update(year=2027),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"issued_on": date(2026, 1, 31), "due_on": date(2026, 2, 1)}, True),
        ({"issued_on": date(2026, 1, 31), "due_on": date(2026, 1, 31)}, False),  # cash
        ({"issued_on": date(2025, 12, 31), "due_on": date(2026, 2, 1)}, False),
        ({"issued_on": date(2026, 12, 31), "due_on": date(2027, 1, 1)}, True),
        ({"issued_on": date(2027, 1, 1), "due_on": date(2027, 1, 2)}, False),
    ],
)
def test_credit_sales_are_invoices_due_after_the_day_of_issue(k1, fields, counts):
    make_invoice(k1, 100, **fields)

    found = budgets.year_of(2026, budget=None)

    assert found.company.total.actual == (100 if counts else 0)


def test_every_actual_figure_opens_to_its_records(client, k1, anna, fiona, north):
    make_invoice(k1, 100)
    make_invoice(k1, -30)
    other = make_invoice(make_account(), 5)
    client.force_login(fiona)

    page = client.get(f"{BUDGET}?year=2026").text
    assert f"records/?year=2026&amp;region={north.pk}" in page
    listed = client.get(f"{BUDGET}records/?year=2026&month=1&region={north.pk}").text

    assert "70.00" in listed
    assert f"Credit sales 2026-01 · {north}" in listed
    assert other.invoice_number not in listed
    found = budgets.year_of(2026, budget=None)
    assert found.company.total.actual == 75
    assert [(part.name, part.total.actual) for part in found.managers] == [("Anna", 70)]


def test_the_budget_is_exported_and_the_export_logged(client, fiona, k1):
    make_invoice(k1, 100)
    client.force_login(fiona)

    answer = client.get(f"{BUDGET}export/?year=2026")

    answer.close()
    assert answer["Content-Disposition"].endswith('credit-budget-2026.xlsx"')


def test_the_budget_takes_as_many_queries_for_ten_parts_as_for_one(client, fiona):
    def queries(parts):
        for number in range(parts):
            region = Region.objects.create(name=f"R{Region.objects.count()}{number}")
            manager = make_user(role="account_manager")
            make_invoice(make_account(region=region, manager=manager), 100)
        client.get(BUDGET)
        with CaptureQueriesContext(connection) as caught:
            client.get(f"{BUDGET}?year=2026")
        return len(caught)

    client.force_login(fiona)

    assert queries(1) == queries(9)


# --- ceiling


def test_finance_proposes_a_ceiling_and_sees_its_use(client, fiona, deputy_gm, gm, k1):
    make_invoice(k1, 300)
    client.force_login(fiona)
    asked = {"amount": "1000", "effective_from": timezone.localdate(), "reason": "Cash is short"}

    page = client.post(CEILING, asked, follow=True)
    assert "The ceiling awaits approval." in page.text
    request = Request.objects.get(kind="credit.ceiling")
    for person in (deputy_gm, gm):
        approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)

    page = client.get(CEILING).text
    assert "700.00" in page


def test_a_ceiling_of_yesterday_is_refused_with_the_reason(client, fiona, deputy_gm, gm):
    client.force_login(fiona)
    asked = {
        "amount": "1",
        "effective_from": timezone.localdate() - timedelta(days=1),
        "reason": "x",
    }

    page = client.post(CEILING, asked)

    assert page.status_code == 422
    assert "does not reach back" in page.text


def test_an_account_manager_sees_neither_budget_nor_ceiling(client, anna):
    client.force_login(anna)

    assert [client.get(url).status_code for url in (BUDGET, CEILING)] == [403, 403]
    assert client.get(ALERTS).status_code == 200


# --- alerts and overdue accounts


def make_alert(account, **fields):
    values = {
        "kind": "exposure_grew",
        "day": timezone.localdate(),
        "figures": {"before": "20000", "now": "30000"},
    }
    return CreditAlert.objects.create(account=account, **values | fields)


def test_anna_acknowledges_an_alert_and_boris_never_sees_it(client, k1, anna, boris):
    alert = make_alert(k1)
    url = f"/credit/supervision/alerts/{alert.pk}/acknowledge/"
    client.force_login(boris)
    assert "华锐" not in client.get(ALERTS).text
    assert client.post(url, {"comment": "mine"}).status_code == 404

    client.force_login(anna)
    assert "30,000" in client.get(ALERTS).text
    page = client.post(url, {"comment": "A big order, agreed"}, follow=True)

    assert "The alert is acknowledged." in page.text
    assert "华锐" not in client.get(ALERTS).text
    assert "A big order, agreed" in client.get(f"{ALERTS}?show=all").text


@pytest.mark.parametrize(
    ("query", "found"),
    [("", True), ("kind=grade_dropped", False), ("kind=exposure_grew", True), ("search=K1", True)],
)
def test_alerts_are_narrowed(client, k1, anna, query, found):
    make_alert(k1)
    client.force_login(anna)

    assert ("华锐" in client.get(f"{ALERTS}?{query}").text) == found


def test_an_overdue_account_is_followed_to_the_end_of_its_measures(client, k1, anna):
    make_invoice(k1, 100)
    measures.start_due(timezone.localdate())
    client.force_login(anna)
    page = client.get(OVERDUE).text
    assert "华锐" in page
    assert page.count("to do") == 0  # forms stand there for who may finish them

    for measure in OverdueEpisode.objects.get().measures.all():
        url = f"/credit/supervision/measures/{measure.pk}/finish/"
        done = client.post(url, {"comment": f"Done {measure.kind}"}, follow=True)
        assert "The measure is finished." in done.text

    assert client.get(OVERDUE).text.count("badge bg-green-lt") == 3


@pytest.mark.parametrize("url", [ALERTS, OVERDUE])
def test_lists_take_as_many_queries_for_ten_rows_as_for_one(client, fiona, url):
    def queries(accounts):
        for _ in range(accounts):
            account = make_account()
            make_alert(account)
            make_invoice(account, 100)
        measures.start_due(timezone.localdate())
        client.get(url)
        with CaptureQueriesContext(connection) as caught:
            client.get(url)
        return len(caught)

    client.force_login(fiona)

    assert queries(1) == queries(9)
