"""What an order is worth: quantities, prices, rounding, currencies."""

from datetime import date
from decimal import Decimal

import pytest

from sales.models import ExchangeRate

from .door import line, ok, only_error, order


def company(recompute):
    return recompute()["company_net_sales"]


# --- amounts ---


def test_net_sales_are_quantity_times_price_over_all_lines(api, k1, recompute):
    lines = [line("2.500", "1250.00"), line("0.125", "0.0800"), line("-1", "25.01"), line(3, "0")]
    api.load(order("O-1", lines=lines))

    assert company(recompute) == "3100.00"


@pytest.mark.parametrize(
    ("price", "each"),
    [("0.0500", "0.0000"), ("0.1500", "0.0002"), ("0.2500", "0.0002"), ("0.0510", "0.0001")],
)
def test_amounts_are_kept_with_four_decimals_half_even(api, k1, recompute, price, each):
    # A thousandth of the price: halves of the fourth decimal, 200 times over.
    api.load(order("O-1", lines=[line("0.001", price) for _ in range(200)]))

    assert Decimal(company(recompute)) == 200 * Decimal(each)


def test_rounding_comes_after_conversion(api, k1, recompute):
    # 0.5 x 0.0001 = 0.00005 would be lost before the rate of 2 makes it 0.0001.
    lines = [line("0.5", "0.0001") for _ in range(100)]
    api.load(order("O-1", lines=lines, currency="USD", exchange_rate="2"))

    assert company(recompute) == "0.01"


@pytest.mark.parametrize(
    ("quantity", "price", "field"),
    [
        ("1000000000000", "1", "quantity"),
        ("1", "100000000000000", "unit_price"),
        ("9" * 30, "1", "quantity"),
        ("1", "9" * 30, "unit_price"),
        ("999999999999", "99999999999999", None),  # each fits, their product does not
    ],
)
def test_figures_too_great_to_be_kept_are_rejected(api, k1, quantity, price, field):
    answer = api.orders(order("O-1", lines=[line(quantity, price)]), order("O-2"))

    error = only_error(answer)
    assert (error["index"], error["key"]) == (0, "O-1")
    assert field is None or field in error["field"]
    assert answer["created"] == 1


# --- currencies ---


def test_the_reporting_currency_needs_no_rate(api, k1, recompute):
    api.load(order("O-1", amount="100.00", currency="CNY"))

    assert ok(api.get("/orders/O-1/"))["currency"] == "CNY"
    assert company(recompute) == "100.00"


def test_the_reporting_currency_is_the_default(api, k1):
    api.load(order("O-1"))

    assert ok(api.get("/orders/O-1/"))["currency"] == "CNY"


def test_a_foreign_currency_is_converted_with_the_rate_of_the_order(api, k1, recompute):
    api.load(order("O-1", amount="100.00", currency="USD", exchange_rate="7.12345678"))

    assert company(recompute) == "712.35"


def test_a_foreign_currency_without_a_rate_is_rejected(api, k1):
    error = only_error(api.orders(order("O-1", currency="USD"), order("O-2")))

    assert (error["code"], error["key"]) == ("no_exchange_rate", "O-1")


@pytest.mark.parametrize(
    ("ordered_on", "expected"),
    [
        ("2026-05-31", None),
        ("2026-06-01", "700.00"),
        ("2026-06-09", "700.00"),
        ("2026-06-10", "710.00"),
        ("2026-06-30", "710.00"),
    ],
)
def test_the_stored_rate_of_the_day_is_taken(api, k1, recompute, ordered_on, expected):
    rate = {"currency": "USD"}
    ExchangeRate.objects.create(**rate, valid_from=date(2026, 6, 1), rate=Decimal("7.0"))
    ExchangeRate.objects.create(**rate, valid_from=date(2026, 6, 10), rate=Decimal("7.1"))
    ExchangeRate.objects.create(currency="EUR", valid_from=date(2026, 1, 1), rate=Decimal("8"))

    answer = api.orders(order("O-1", amount="100.00", ordered_on=ordered_on, currency="USD"))

    if expected is None:
        assert only_error(answer)["code"] == "no_exchange_rate"
    else:
        assert company(recompute) == expected


def test_the_rate_of_the_order_goes_before_the_stored_one(api, k1, recompute):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 6, 1), rate=Decimal("7"))
    api.load(order("O-1", amount="100.00", currency="USD", exchange_rate="8"))

    assert company(recompute) == "800.00"


@pytest.mark.parametrize("rate", ["0", "-7", "x", "NaN", "Infinity", "9" * 30, [], True])
def test_a_rate_must_be_a_positive_number(api, k1, rate):
    error = only_error(api.orders(order("O-1", currency="USD", exchange_rate=rate)))

    assert error["field"] == "exchange_rate"


@pytest.mark.parametrize("currency", ["US", "DOLLAR", "U$D", "", 840, "U\x00D", "元元元", "USD\n"])
def test_a_currency_is_three_letters(api, k1, currency):
    error = only_error(api.orders(order("O-1", currency=currency, exchange_rate="7")))

    assert error["field"] == "currency"
