"""The demo data: what `make run` fills an empty database with."""

from collections import Counter
from datetime import date
from random import Random

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Account, Contact, Segment
from accounts.rules import credit_code_warning
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
def test_the_archive_has_all_tiers_every_role_and_is_filled_once(client, capsys):
    call_command("sync_roles")

    assert load(timezone.localdate()) == 240

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
    assert {role for _, _, role in PEOPLE} == set(ROLES)
    assert client.login(username="wang.jun", password=PASSWORD)
    users, ordered = User.objects.count(), Order.objects.count()

    assert load(timezone.localdate()) == 0
    assert (User.objects.count(), Order.objects.count()) == (users, ordered)
