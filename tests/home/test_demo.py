"""The demo data: what `make run` fills an empty database with."""

from collections import Counter
from datetime import date
from random import Random

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Account, Contact, Qualification, Segment
from accounts.rules import credit_code_warning
from credit.models import (
    CollectionAction,
    CreditAlert,
    CreditLine,
    Decision,
    Investigation,
    Invoice,
    OrderCredit,
    PaymentPromise,
    Reservation,
    Review,
    Statement,
)
from kam.home.demo import debtors as plans
from kam.home.demo import ledger, names
from kam.home.demo.load import load
from kam.home.demo.people import PASSWORD, PEOPLE
from sales.models import Order
from staff.models import User
from staff.roles import ROLES
from tiering.models import Designation, TierRun

TODAY = date(2026, 11, 22)
NUMBERS = [f"K{n}" for n in range(1001, 1237)]


def orders(today):
    rng = Random(20)
    return ledger.orders(rng, ledger.customers(rng, NUMBERS), today)


def test_the_same_day_gives_the_same_orders():
    assert orders(TODAY) == orders(TODAY)


def test_the_orders_end_today_and_go_back_24_months():
    days = [order["ordered_on"] for order in orders(TODAY)]

    assert max(days) <= "2026-11-22"
    assert min(days) < "2024-12-31"


def test_the_orders_have_returns_walk_in_sales_currencies_and_late_deliveries():
    made = orders(TODAY)

    assert any(order["order_number"].startswith("RT") for order in made)
    assert any(order["account_number"] is None for order in made)
    assert {order["currency"] for order in made} == {"CNY", "USD", "EUR"}
    assert {order["status"] for order in made} == {"open", "delivered", "cancelled"}
    assert any(o["status"] == "open" and o["promised_on"] < "2026-11-22" for o in made)


def test_no_order_number_comes_twice():
    made = Counter(order["order_number"] for order in orders(TODAY))

    assert made.most_common(1)[0][1] == 1


def test_social_credit_codes_have_a_right_check_character():
    rng = Random(1)

    assert all(not credit_code_warning(names.credit_code(rng, "310115")) for _ in range(100))


@pytest.mark.django_db
def test_the_demo_fills_an_empty_archive_once_and_everybody_finds_something_to_do(client):
    call_command("sync_roles")

    assert load(timezone.localdate()) == 240

    the_archive_has_all_tiers_and_every_role(client)
    everybody_finds_something_to_do(client)
    credit_is_at_work()
    models = (User, Order, Invoice, CreditLine, Review, Decision)
    filled = [model.objects.count() for model in models]
    assert load(timezone.localdate()) == 0
    assert [model.objects.count() for model in models] == filled


def the_archive_has_all_tiers_and_every_role(client):
    tiers = Counter(Account.objects.values_list("tier", flat=True))
    assert 2 <= tiers["strategic"] <= 3
    assert 15 <= tiers["key"] <= 26
    assert tiers["ordinary"] > 200
    assert not TierRun.objects.exclude(status="succeeded").exists()
    assert TierRun.objects.count() >= 15
    assert set(Designation.objects.values_list("status", flat=True)) == {"approved", "proposed"}
    views = dict(Segment.objects.values_list("name", "query"))
    assert views["战略客户"] == "tier=strategic"
    assert set(views) == {"战略客户", "华东重点客户", "待复核档案"}
    assert Contact.objects.filter(account__account_number="K1001").count() == 6
    steps = {(row.status, row.screening().advice) for row in Qualification.objects.all()}
    assert steps == {
        ("open", "incomplete"),
        ("open", "accept"),
        ("open", "barred"),
        ("accepted", "conditional"),
        ("rejected", "cultivate"),
    }
    assert {role for _, _, role in PEOPLE} == set(ROLES)
    assert client.login(username="wang.jun", password=PASSWORD)


def test_the_same_day_gives_the_same_invoices():
    made = orders(TODAY)

    def documents():
        debtors = plans.debtors(Random(20), made, TODAY)
        return debtors, plans.invoices(debtors, made, TODAY)

    assert documents() == documents()


def test_sixty_customers_buy_on_credit_and_pay_in_their_own_ways():
    debtors = plans.debtors(Random(20), orders(TODAY), TODAY)

    assert len({debtor.account_number for debtor in debtors}) == 60
    assert {debtor.habit for debtor in debtors} == {"good", "late", "very_late"}
    assert [d.place for d in debtors if d.valid_until < TODAY] == [plans.EXPIRED]
    assert debtors[plans.EXPIRING].valid_until == date(2026, 12, 12)


PAGES = {  # who opens which pages of credit and finds something there
    "xu.fang": [
        "/credit/",
        "/credit/limits/",
        "/credit/receivables/",
        "/credit/receivables/open/",
        "/credit/receivables/payers/",
        "/credit/invoices/",
        "/credit/payments/",
        "/credit/reviews/",
        "/credit/collections/",
        "/credit/disputes/",
        "/credit/write-offs/",
        "/credit/legal-cases/",
        "/credit/policies/",
        "/credit/supervision/",
        "/credit/supervision/overdue/",
        "/credit/supervision/budget/",
        "/credit/supervision/ceiling/",
        "/approvals/",
    ],
    "li.na": ["/credit/", "/credit/limits/", "/credit/receivables/", "/credit/invoices/"],
    "wang.jun": ["/credit/", "/credit/collections/", "/credit/reviews/", "/approvals/"],
    "deng.hui": ["/credit/limits/", "/approvals/"],
    "he.li": ["/credit/legal-cases/", "/approvals/"],
    "guo.tao": ["/credit/", "/approvals/"],
    "lin.feng": ["/credit/", "/approvals/"],
}


def everybody_finds_something_to_do(client):
    for username, pages in PAGES.items():
        client.force_login(User.objects.get(username=username))
        for page in pages:
            response = client.get(page)
            assert response.status_code == 200, (username, page)
            assert 'class="empty' not in response.text, (username, page)


def credit_is_at_work():
    assert set(OrderCredit.objects.values_list("status", flat=True)) == {
        "approved",
        "held",
        "released",
    }
    assert OrderCredit.objects.filter(status="held").exclude(release_request="").count() == 1
    held_for = Decision.objects.filter(outcome="held").values_list("reasons", flat=True)
    codes = {reason["code"] for reasons in held_for for reason in reasons}
    assert codes >= {"no_credit_line", "exposure_over_limit", "overdue_share", "manual_hold"}
    assert Reservation.objects.live().count() == 1
    assert Investigation.objects.count() > 50
    statuses = {"approved", "submitted", "not_approved", "prepared"}
    assert set(Review.objects.values_list("status", flat=True)) == statuses
    assert set(PaymentPromise.objects.values_list("status", flat=True)) == {
        "open",
        "kept",
        "broken",
    }
    assert CollectionAction.objects.filter(kind="formal_demand").exists()
    assert CreditAlert.objects.exclude(acknowledged_at=None).count() == 1
    assert set(Statement.objects.values_list("outcome", flat=True)) == {
        "sent",
        "confirmed",
        "disputed",
    }
    assert Invoice.objects.filter(amount__lt=0).exists()
    assert Invoice.objects.filter(instalments__number=6).exists()
    day = timezone.localdate()
    owed = [(day - due).days for due in Invoice.objects.unpaid().values_list("due_on", flat=True)]
    for low, high in ((0, 30), (30, 60), (60, 90), (90, 180), (180, 365), (365, 9999)):
        assert any(low < days <= high for days in owed), (low, high)
    assert sum(days <= 0 for days in owed) > len(owed) / 2
