"""POST /api/v1/orders/bulk/: what an ERP may send and what becomes of it."""

import gzip
import json
from decimal import Decimal

import pytest

from accounts.models import Account
from kam.core.models import AuditEntry
from sales.models import ExchangeRate, Order, OrderLine, Product
from tests.factories import make_account

URL = "/api/v1/orders/bulk/"


@pytest.fixture
def erp(api):
    return api("orders:write", "orders:read")


@pytest.fixture(autouse=True)
def k1(db):
    return make_account(account_number="K1", name="华锐科技有限公司")


def line(**fields):
    return {"product_code": "P1", "quantity": "2", "unit_price": "10.50", **fields}


def order(number="SO-1", **fields):
    return {
        "order_number": number,
        "account_number": "K1",
        "ordered_on": "2026-03-01",
        "lines": [line()],
        **fields,
    }


def send(client, *orders, query="", **members):
    body = {"orders": list(orders), **members}
    return client.post(URL + query, json.dumps(body), content_type="application/json")


def counts(response):
    assert response.status_code == 200, response.text
    answer = response.json()
    parts = [answer[name] for name in ("created", "updated", "unchanged", "rejected")]
    assert answer["received"] == sum(parts)
    return parts


def only_error(response):
    created, updated, unchanged, rejected = counts(response)
    assert (created, updated, unchanged, rejected) == (0, 0, 0, 1)
    (error,) = response.json()["errors"]
    return error


def test_an_order_is_stored_with_its_defaults(erp, k1):
    response = send(erp, order())

    assert counts(response) == [1, 0, 0, 0]
    stored = Order.objects.get()
    assert (stored.order_number, stored.account, stored.status) == ("SO-1", k1, "delivered")
    assert (stored.currency, stored.exchange_rate, stored.version) == ("CNY", 1, None)
    assert stored.net_amount == Decimal("21.0000")
    (item,) = stored.lines.all()
    assert (item.line_number, item.product.code, item.amount) == (1, "P1", Decimal("21.0000"))


def test_a_walk_in_sale_has_no_account(erp):
    assert counts(send(erp, order(account_number=None))) == [1, 0, 0, 0]
    assert Order.objects.get().account is None


def test_the_account_number_must_be_said_even_for_a_walk_in_sale(erp):
    row = order()
    del row["account_number"]

    error = only_error(send(erp, row))

    assert (error["field"], error["code"], error["key"]) == ("account_number", "required", "SO-1")


def test_sending_the_same_again_changes_no_row(erp):
    send(erp, order(version=3))
    before = list(Order.objects.values()) + list(OrderLine.objects.values())

    response = send(erp, order(version=3))

    assert counts(response) == [0, 0, 1, 0]
    assert list(Order.objects.values()) + list(OrderLine.objects.values()) == before
    assert AuditEntry.objects.filter(action="sales.orders_synced").count() == 1


def test_the_same_content_written_otherwise_is_unchanged(erp):
    send(erp, order(lines=[line(quantity=2, unit_price=10.5), line(product_code="P2")]))

    again = order(
        currency="CNY",
        exchange_rate=1,
        status="delivered",
        lines=[
            line(product_code="P2", line_number=2, quantity="2.000"),
            line(line_number=1, unit_price="10.5000"),
        ],
    )

    assert counts(send(erp, again)) == [0, 0, 1, 0]


def test_a_change_replaces_the_lines(erp):
    send(erp, order(lines=[line(), line(product_code="P2"), line(product_code="P3")]))

    response = send(erp, order(status="open", lines=[line(quantity="-1"), line(quantity=5)]))

    assert counts(response) == [0, 1, 0, 0]
    stored = Order.objects.get()
    assert stored.status == "open"
    assert stored.net_amount == Decimal("42.0000")
    assert [item.quantity for item in stored.lines.all()] == [-1, 5]


@pytest.mark.parametrize(
    ("stored", "sent", "outcome", "kept_version"),
    [
        (5, 4, "unchanged", 5),
        (5, 5, "updated", 5),
        (5, 6, "updated", 6),
        (5, None, "updated", 5),
        (None, 1, "updated", 1),
        (None, None, "updated", None),
    ],
)
def test_only_a_lower_version_is_ignored(erp, stored, sent, outcome, kept_version):
    send(erp, order(version=stored, status="open"))

    response = send(erp, order(version=sent, status="cancelled"))

    assert response.json()[outcome] == 1
    kept = Order.objects.get()
    assert kept.version == kept_version
    assert kept.status == ("open" if outcome == "unchanged" else "cancelled")


def test_a_higher_version_of_the_same_content_is_kept_as_a_version(erp):
    send(erp, order(version=1))
    assert counts(send(erp, order(version=2))) == [0, 1, 0, 0]
    assert counts(send(erp, order(version=1, status="open"))) == [0, 0, 1, 0]


def test_of_one_number_sent_twice_the_last_counts(erp):
    response = send(erp, order(status="open"), order("SO-2"), order(status="cancelled"))

    assert counts(response) == [2, 0, 0, 1]
    (error,) = response.json()["errors"]
    assert (error["index"], error["key"], error["code"]) == (0, "SO-1", "duplicate_in_request")
    assert Order.objects.get(order_number="SO-1").status == "cancelled"


def test_good_rows_are_stored_and_bad_ones_named(erp):
    response = send(
        erp,
        order("A", account_number="K9"),
        order("B"),
        order("C", lines=[line(), line(quantity="-1", unit_price="-2")]),
        order("D", ordered_on="2026-02-30"),
        order("E", colour="red"),
        order("F", currency="USD"),
    )

    assert counts(response) == [1, 0, 0, 5]
    named = [(e["index"], e["key"], e["field"], e["code"]) for e in response.json()["errors"]]
    assert named == [
        (0, "A", "account_number", "unknown_account"),
        (2, "C", "lines.1.quantity", "double_negative"),
        (3, "D", "ordered_on", "invalid"),
        (4, "E", "colour", "unknown_field"),
        (5, "F", "exchange_rate", "no_exchange_rate"),
    ]
    assert [o.order_number for o in Order.objects.all()] == ["B"]


@pytest.mark.parametrize(
    "bad",
    [
        {"account_number": "K9"},
        {"lines": [line(quantity="1.0001")]},
        {"status": "lost"},
    ],
)
def test_atomic_stores_nothing_when_one_is_bad(erp, bad):
    response = send(erp, order("A", account_number="NEW"), order("B", **bad), query="?atomic=true")

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][-1]["index"] == 1
    assert not Order.objects.exists()
    assert not Product.objects.exists()
    assert not Account.objects.filter(account_number="NEW").exists()


def test_atomic_stores_all_when_all_are_good(erp):
    assert counts(send(erp, order("A"), order("B"), query="?atomic=true")) == [2, 0, 0, 0]


# --- accounts and products


def test_missing_accounts_are_made_on_request(erp):
    response = send(
        erp, order("A", account_number="17850"), order("B", account_number="no way/"),
        create_missing_accounts=True,
    )  # fmt: skip

    assert counts(response) == [1, 0, 0, 1]
    assert response.json()["errors"][0]["code"] == "unknown_account"
    account = Account.objects.get(account_number="17850")
    assert account.name == "17850"
    assert account.search_grams
    assert account.orders.count() == 1


def test_an_account_that_was_merged_away_gives_its_orders_to_the_survivor(erp, k1):
    make_account(account_number="OLD", merged_into=k1)

    assert counts(send(erp, order(account_number="OLD"))) == [1, 0, 0, 0]
    assert Order.objects.get().account == k1
    assert counts(send(erp, order(account_number="OLD"))) == [0, 0, 1, 0]


def test_an_order_whose_account_was_merged_since_is_still_unchanged(erp, k1):
    old = make_account(account_number="OLD")
    send(erp, order(account_number="OLD"))
    Order.objects.update(account=k1)
    old.merged_into = k1
    old.save()

    assert counts(send(erp, order(account_number="OLD"))) == [0, 0, 1, 0]


def test_products_are_made_from_the_first_line_that_describes_them(erp):
    lines = [line(), line(description="灯 \\ lamp\twith tab\nand line"), line(description="other")]

    send(erp, order(lines=lines))

    assert Product.objects.get().name == "灯 \\ lamp\twith tab\nand line"
    stored = [item.description for item in OrderLine.objects.all()]
    assert stored == [one.get("description", "") for one in lines]


def test_a_description_does_not_rename_a_known_product(erp):
    Product.objects.create(code="P1", name="Lamp")
    send(erp, order(lines=[line(description="Other")]))
    assert Product.objects.get().name == "Lamp"


# --- currencies and amounts


def test_a_foreign_order_is_converted_by_the_rate_it_gives(erp):
    send(erp, order(currency="USD", exchange_rate="7.12345678"))

    stored = Order.objects.get()
    assert stored.exchange_rate == Decimal("7.12345678")
    assert stored.net_amount == Decimal("149.5926")  # 21 x 7.12345678 = 149.59259238


def test_without_a_rate_the_stored_one_of_the_day_counts(erp):
    for day, rate in [("2026-02-01", 7), ("2026-03-01", 8), ("2026-03-02", 9)]:
        ExchangeRate.objects.create(currency="USD", valid_from=day, rate=rate)

    response = send(
        erp,
        order("A", currency="USD", ordered_on="2026-02-28"),
        order("B", currency="USD", ordered_on="2026-03-01"),
        order("C", currency="USD", ordered_on="2026-01-31"),
        order("D", currency="EUR"),
    )

    assert counts(response) == [2, 0, 0, 2]
    assert {e["code"] for e in response.json()["errors"]} == {"no_exchange_rate"}
    rates = dict(Order.objects.values_list("order_number", "exchange_rate"))
    assert rates == {"A": 7, "B": 8}


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        ("0.001", "0.05", "0.0000"),  # half to even: 0.00005 -> 0.0000
        ("0.001", "0.15", "0.0002"),  # 0.00015 -> 0.0002
        ("0.001", "0.25", "0.0002"),
        ("-0.001", "0.15", "-0.0002"),
        ("3", "-5.5", "-16.5000"),  # an adjustment
        ("0", "9", "0.0000"),
        ("-0", "9", "0.0000"),
        ("999999999999.999", "0.0001", "100000000.0000"),
    ],
)
def test_amounts_are_kept_with_4_decimals_half_even(erp, quantity, price, amount):
    send(erp, order(lines=[line(quantity=quantity, unit_price=price)]))

    assert str(OrderLine.objects.get().amount) == str(Decimal(amount))


def test_numbers_are_read_exactly_and_never_through_a_float(erp):
    body = json.dumps({"orders": [order(lines=[line(quantity="Q", unit_price="R")])]})
    body = body.replace('"Q"', "123456789012.345").replace('"R"', "0.0001")

    erp.post(URL, body, content_type="application/json")

    item = OrderLine.objects.get()
    assert (item.quantity, item.unit_price) == (Decimal("123456789012.345"), Decimal("0.0001"))


# --- bad values, one at a time


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"order_number": ""}, "order_number", "invalid"),
        ({"order_number": "x" * 61}, "order_number", "invalid"),
        ({"order_number": "a\tb"}, "order_number", "invalid"),
        ({"order_number": " a"}, "order_number", "invalid"),
        ({"order_number": 7}, "order_number", "invalid"),
        ({"account_number": "x" * 41}, "account_number", "invalid"),
        ({"account_number": ""}, "account_number", "invalid"),
        ({"ordered_on": None}, "ordered_on", "invalid"),
        ({"ordered_on": "2026-13-01"}, "ordered_on", "invalid"),
        ({"ordered_on": "01.03.2026"}, "ordered_on", "invalid"),
        ({"promised_on": "soon"}, "promised_on", "invalid"),
        ({"status": "shipped"}, "status", "invalid"),
        ({"currency": "usd", "exchange_rate": 7}, "currency", "invalid"),
        ({"currency": "DOLLAR"}, "currency", "invalid"),
        ({"currency": "USD", "exchange_rate": 0}, "exchange_rate", "out_of_range"),
        ({"currency": "USD", "exchange_rate": -7}, "exchange_rate", "out_of_range"),
        ({"currency": "USD", "exchange_rate": "1.123456789"}, "exchange_rate", "too_many_decimals"),
        ({"currency": "USD", "exchange_rate": "NaN"}, "exchange_rate", "invalid"),
        ({"currency": "CNY", "exchange_rate": "2"}, "exchange_rate", "invalid"),
        ({"version": "1"}, "version", "invalid"),
        ({"version": 10**30}, "version", "invalid"),
        ({"version": 1.5}, "version", "invalid"),
        ({"lines": None}, "lines", "invalid"),
        ({"lines": [line(line_number=1), line(), line(line_number=1)]}, "lines.2.line_number",
         "duplicate_line_number"),
        ({"lines": [line(line_number=2), line()]}, "lines.1.line_number", "duplicate_line_number"),
        ({"lines": [line(line_number=-1)]}, "lines.0.line_number", "invalid"),
        ({"lines": [line(line_number=2**31)]}, "lines.0.line_number", "invalid"),
        ({"lines": [line(product_code="")]}, "lines.0.product_code", "invalid"),
        ({"lines": [line(product_code="x" * 61)]}, "lines.0.product_code", "invalid"),
        ({"lines": [line(product_code="a\0b")]}, "lines.0.product_code", "invalid"),
        ({"lines": [line(description="x" * 201)]}, "lines.0.description", "invalid"),
        ({"lines": [line(description="a\0b")]}, "lines.0.description", "invalid"),
        ({"lines": [line(quantity="1.0001")]}, "lines.0.quantity", "too_many_decimals"),
        ({"lines": [line(quantity="1e-999999")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity="1e999999")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity=int("9" * 30))]}, "lines.0.quantity", "out_of_range"),
        ({"lines": [line(quantity="1000000000000")]}, "lines.0.quantity", "out_of_range"),
        ({"lines": [line(quantity="NaN")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity="sNaN")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity="Infinity")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity=True)]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(quantity="ten")]}, "lines.0.quantity", "invalid"),
        ({"lines": [line(unit_price="0.00001")]}, "lines.0.unit_price", "too_many_decimals"),
        ({"lines": [line(unit_price="1" * 30)]}, "lines.0.unit_price", "out_of_range"),
        ({"lines": [line(unit_cost="0.00001")]}, "lines.0.unit_cost", "too_many_decimals"),
        ({"lines": [line(quantity="9" * 12, unit_price="9" * 14)]}, "lines.0.quantity",
         "out_of_range"),
        ({"lines": [line(quantity=1, unit_price="9" * 14), line(quantity=1, unit_price=1)]},
         "lines", "out_of_range"),
        ({"lines": [line(size="XL")]}, "lines.0.size", "unknown_field"),
        ({"lines": [{"product_code": "P1", "quantity": 1}]}, "lines.0.unit_price", "required"),
        ({"lines": ["P1"]}, "lines.0", "invalid"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_spoils_only_its_order(erp, fields, field, code):
    response = send(erp, {**order("BAD"), **fields}, order("GOOD"))

    assert counts(response) == [1, 0, 0, 1]
    (error,) = response.json()["errors"]
    assert (error["index"], error["field"], error["code"]) == (0, field, code)
    assert [o.order_number for o in Order.objects.all()] == ["GOOD"]


@pytest.mark.parametrize("row", [3, None, "SO-1", [], {}])
def test_what_is_no_order_is_rejected(erp, row):
    assert only_error(send(erp, row))["index"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"orders":[{"quantity":NaN}]}', 400, "malformed"),
        (b'{"orders":[', 400, "malformed"),
        (b'{"orders":["\xff"]}', 400, "malformed"),
        (b"", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"orders":{}}', 422, "invalid"),
        (b'{"orders":[],"colour":1}', 422, "invalid"),
        (b'{"orders":[],"create_missing_accounts":"yes"}', 422, "invalid"),
        (b'{"orders":[' + b"{}," * 5000 + b"{}]}", 413, "too_many"),
        (b'{"orders":["' + b"x" * 25_000_000 + b'"]}', 413, "too_large"),
    ],
    ids=lambda value: str(value[:30]) if isinstance(value, bytes) else None,
)
def test_a_body_that_is_no_call_at_all_is_a_problem(erp, body, status, code):
    response = erp.post(URL, body, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"


def test_a_lone_surrogate_is_refused_and_nothing_breaks(erp):
    body = json.dumps({"orders": [order("GOOD"), order("BAD", lines=[line(description="\ud800")])]})

    response = erp.post(URL, body, content_type="application/json")

    assert response.status_code in (200, 400)
    assert not Order.objects.filter(order_number="BAD").exists()


def test_a_gzip_body_is_read(erp):
    body = gzip.compress(json.dumps({"orders": [order()]}).encode())
    headers = {"Content-Encoding": "gzip"}

    response = erp.post(URL, body, content_type="application/json", headers=headers)

    assert counts(response) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("broken", "status", "code"),
    [
        (lambda packed: packed[:-9], 400, "broken_gzip"),
        (lambda packed: b"PK" + packed, 400, "broken_gzip"),
        (lambda packed: gzip.compress(b" " * 25_000_000), 413, "too_large"),
    ],
)
def test_broken_gzip_is_refused_and_nothing_is_stored(erp, broken, status, code):
    body = broken(gzip.compress(json.dumps({"orders": [order()]}).encode()))
    headers = {"Content-Encoding": "gzip"}

    response = erp.post(URL, body, content_type="application/json", headers=headers)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Order.objects.exists()


def test_orders_are_accepted_while_redis_is_dead(erp, settings):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert counts(send(erp, order())) == [1, 0, 0, 0]


def test_an_idempotency_key_replays_the_answer(erp):
    body = json.dumps({"orders": [order()]})
    first, second = (
        erp.post(URL, body, content_type="application/json", headers={"Idempotency-Key": "k-1"})
        for _ in range(2)
    )

    assert counts(first) == [1, 0, 0, 0]
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("scopes", "status"), [((), 401), (("orders:read",), 403)])
def test_writing_needs_the_scope(api, client, scopes, status):
    caller = api(*scopes) if scopes else client
    assert send(caller, order()).status_code == status
    assert not Order.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_orders(erp, django_assert_max_num_queries):
    many = [
        order(f"N{i}", lines=[line(product_code=f"X{i}")], account_number=f"C{i}")
        for i in range(300)
    ]
    with django_assert_max_num_queries(35):
        assert counts(send(erp, *many, create_missing_accounts=True)) == [300, 0, 0, 0]
