"""Figures of the ledger and the metrics registered from it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kam.core import metrics
from sales import queries, rules
from tests.factories import make_account, make_order

DAY = date(2026, 3, 31)


@pytest.fixture
def ledger(db):
    first, second = make_account(), make_account()
    make_order(first, "2026-03-31", "100")
    make_order(first, "2025-04-01", "50.5")
    make_order(first, "2025-03-31", "999")  # a year and a day ago
    make_order(first, "2026-03-01", "-20")  # a return
    make_order(first, "2026-03-02", "7", status="cancelled")
    make_order(second, "2026-01-05", "-5")
    make_order(None, "2026-02-02", "1000")
    return first, second


def test_net_sales_count_returns_but_nothing_cancelled_nor_outside_the_window(ledger):
    first, second = ledger
    ids = [first.pk, second.pk]

    assert queries.net_sales(ids, date(2025, 4, 1), DAY) == {
        first.pk: Decimal("130.5"),
        second.pk: Decimal("-5"),
    }
    assert queries.company_net_sales(date(2025, 4, 1), DAY) == Decimal("1125.5")


def test_monthly_net_sales_has_every_month(ledger):
    months = queries.monthly_net_sales(ledger[0].pk, DAY)

    assert len(months) == 24
    assert months[0] == (date(2024, 4, 1), Decimal(0), 0)
    assert months[-1] == (date(2026, 3, 1), Decimal("80"), 2)
    assert months[11] == (date(2025, 3, 1), Decimal("999"), 1)


@pytest.mark.parametrize(
    ("name", "of_first", "of_second"),
    [
        ("net_sales", Decimal("130.5"), Decimal("-5")),
        ("purchases", 2, None),
        ("days_since_purchase", 0, None),
        ("late_orders", 1, None),
    ],
)
def test_metrics_are_one_grouped_query(
    ledger, django_assert_num_queries, name, of_first, of_second
):
    first, second = ledger
    late = {"promised_on": DAY - timedelta(days=2), "delivered_on": DAY - timedelta(days=1)}
    make_order(first, "2026-03-05", "0", **late)

    with django_assert_num_queries(1):
        values = metrics.values(name, DAY, [first.pk, second.pk])

    assert values.get(first.pk) == of_first
    assert values.get(second.pk) == of_second
    assert metrics.registered()[name].better in ("high", "low")


def test_an_unknown_metric_and_no_accounts_give_nothing(db):
    assert metrics.values("no_such", DAY, [1]).empty
    assert metrics.values("net_sales", DAY, []).empty


def test_a_metric_name_is_taken_once():
    with pytest.raises(ValueError, match="net_sales"):
        metrics.register(
            metrics.Metric(
                name="net_sales", label="", unit="", better="high", values=lambda *_: None
            )
        )


@pytest.mark.parametrize(
    ("status", "promised", "delivered", "late"),
    [
        ("open", date(2026, 3, 30), None, 1),
        ("open", date(2026, 3, 31), None, 0),
        ("delivered", date(2026, 3, 1), date(2026, 3, 1), 0),
        ("delivered", date(2026, 3, 1), date(2026, 3, 2), 1),
        ("delivered", date(2026, 3, 1), None, 0),
        ("delivered", None, date(2026, 3, 2), 0),
        ("cancelled", date(2026, 3, 1), date(2026, 3, 9), 0),
        ("cancelled", date(2026, 3, 1), None, 0),
    ],
)
def test_days_late_and_the_late_filter_agree(db, status, promised, delivered, late):
    order = make_order(
        None, "2026-02-01", promised_on=promised, delivered_on=delivered, status=status
    )

    days = rules.days_late(status=status, promised_on=promised, delivered_on=delivered, on=DAY)

    assert days == late
    assert type(order).objects.late(DAY).exists() == bool(late)


@pytest.mark.parametrize(
    ("day", "before"),
    [("2026-03-31", "2025-03-31"), ("2024-02-29", "2023-02-28"), ("2025-02-28", "2024-02-28")],
)
def test_a_year_before(day, before):
    assert rules.year_before(date.fromisoformat(day)) == date.fromisoformat(before)
