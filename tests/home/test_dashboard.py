"""The dashboard: everybody sees their own figures, and only what waits for them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.factories import make_account, make_order
from tiering import services
from tiering.models import TierRun

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def recompute(day):
    return services.recompute(day, actor=None, trigger=TierRun.Trigger.COMMAND)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def sales(k1, boris, today):
    """K1 of Anna's sold 900 and Boris's account 100 yesterday; recomputed."""
    other = make_account(account_number="B1", name="北京云帆物流有限公司", manager=boris)
    make_order(k1, today - timedelta(days=1), "900.00")
    make_order(other, today - timedelta(days=1), "100.00")
    return recompute(today)


def test_a_fresh_system_says_what_to_do_first(client, diana):
    client.force_login(diana)

    page = client.get("/", headers=ENGLISH).text

    assert "Three steps to the first tiers" in page


def test_the_director_sees_the_sales_of_every_account(client, diana, sales):
    client.force_login(diana)

    page = client.get("/", headers=ENGLISH).text

    assert "1,000.00" in page  # both are strategic
    assert "华锐科技有限公司" in page
    assert "北京云帆物流有限公司" in page


def test_an_account_manager_sees_their_own_accounts_only(client, anna, sales):
    client.force_login(anna)

    page = client.get("/", headers=ENGLISH).text

    assert "900.00" in page
    assert "北京云帆物流有限公司" not in page


def test_the_system_administrator_sees_no_business_data(client, sysadmin, sales):
    client.force_login(sysadmin)

    page = client.get("/", headers=ENGLISH).text

    assert "900.00" not in page
    assert "华锐" not in page
    assert 'href="/audit/"' in page


def test_sales_are_compared_with_the_year_before(client, diana, sales, k1, today):
    make_order(k1, today - timedelta(days=400), "500.00")
    client.force_login(diana)

    panel = client.get("/sales-trend/", headers=ENGLISH | {"HX-Request": "true"}).text
    assert "Net sales by month (CNY)" in panel

    assert "+100.0 %" in panel
    assert "<html" not in panel


def test_who_moved_within_a_month_is_named_with_the_figures(client, diana, sales, today):
    riser = make_account(account_number="R1", name="成都恒泰电子有限公司")
    recompute(today - timedelta(days=20))
    make_order(riser, today - timedelta(days=2), "50000.00")
    recompute(today)
    client.force_login(diana)

    page = client.get("/", headers=ENGLISH).text

    assert "0.00 → 50,000.00" in page


def test_late_deliveries_and_due_reviews_wait_for_the_manager(client, anna, k1, today):
    k1.review_due_on = today
    k1.save()
    make_order(
        k1,
        today - timedelta(days=9),
        order_number="SO-LATE",
        status="open",
        promised_on=today - timedelta(days=1),
    )
    client.force_login(anna)

    page = client.get("/", headers=ENGLISH).text

    assert "SO-LATE" in page
    assert "Archives due for review" in page


def test_only_who_decides_is_told_of_proposed_designations(client, anna, diana, gm, k1, today):
    services.propose_designation(
        k1.pk,
        tier="strategic",
        reason="新能源标杆客户",
        effective_from=today,
        expires_on=today + timedelta(days=365),
        actor=diana,
    )

    seen = {}
    for user in (gm, diana, anna):
        client.force_login(user)
        seen[user.username] = ">decide<" in client.get("/", headers=ENGLISH).text

    assert seen == {"gm": True, "diana": False, "anna": False}


def test_the_dashboard_asks_as_many_queries_for_ten_accounts_as_for_one(
    client, diana, sales, today, django_assert_max_num_queries
):
    client.force_login(diana)
    with django_assert_max_num_queries(100) as few:
        client.get("/")
    for n in range(10):
        account = make_account(account_number=f"X{n}", review_due_on=today)
        make_order(account, date(today.year - 1, 1, 1) + timedelta(days=300 + n), "10.00")
    recompute(today)

    with django_assert_max_num_queries(len(few)):
        client.get("/")
