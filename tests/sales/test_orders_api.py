"""GET /api/v1/orders/ and /api/v1/orders/{order_number}/."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_account, make_order, make_product

URL = "/api/v1/orders/"


@pytest.fixture
def reader(api):
    return api("orders:read")


def numbers(response):
    assert response.status_code == 200, response.text
    return [row["order_number"] for row in response.json()["results"]]


def test_an_order_is_shown_with_its_lines_and_money_as_strings(reader, k1):
    lines = [(make_product("P1"), "3", "2.125"), (make_product("P2"), "-1", "0.5")]
    make_order(k1, "2026-03-01", lines=lines, order_number="A/1/2026", version=4)

    response = reader.get(URL + "A/1/2026/")

    assert response.status_code == 200
    body = response.json()
    assert body.pop("updated_at").endswith("+08:00")
    assert body == {
        "order_number": "A/1/2026",
        "account_number": "K1",
        "ordered_on": "2026-03-01",
        "currency": "CNY",
        "exchange_rate": "1.00000000",
        "status": "delivered",
        "credit_status": "",
        "promised_on": None,
        "delivered_on": None,
        "version": 4,
        "net_amount": "5.88",
        "lines": [
            {
                "line_number": 1,
                "product_code": "P1",
                "description": "",
                "quantity": "3.000",
                "unit_price": "2.1250",
                "unit_cost": None,
                "amount": "6.38",
            },
            {
                "line_number": 2,
                "product_code": "P2",
                "description": "",
                "quantity": "-1.000",
                "unit_price": "0.5000",
                "unit_cost": None,
                "amount": "-0.50",
            },
        ],
    }


def test_an_unknown_order_is_not_found(reader):
    assert reader.get(URL + "nothing/").status_code == 404


def test_orders_are_filtered(reader, k1):
    other = make_account(account_number="K2")
    make_account(account_number="OLD", merged_into=k1)
    make_order(k1, "2026-01-01", order_number="A")
    make_order(k1, "2026-02-01", order_number="B", status="open")
    make_order(other, "2026-03-01", order_number="C")
    make_order(None, "2026-04-01", order_number="D")

    assert numbers(reader.get(URL)) == ["D", "C", "B", "A"]
    assert numbers(reader.get(URL + "?account=K1")) == ["B", "A"]
    assert numbers(reader.get(URL + "?account=OLD")) == ["B", "A"]
    assert numbers(reader.get(URL + "?account=none")) == []
    assert numbers(reader.get(URL + "?since=2026-02-01&until=2026-03-01")) == ["C", "B"]
    assert numbers(reader.get(URL + "?status=open")) == ["B"]
    assert len(numbers(reader.get(URL + "?updated_since=2000-01-01T00:00:00Z"))) == 4
    assert numbers(reader.get(URL + "?updated_since=2100-01-01T00:00:00Z")) == []


@pytest.mark.parametrize(
    "query", ["since=soon", "status=lost", "page_size=0", "cursor=x", "updated_since=x"]
)
def test_a_wrong_parameter_is_named(reader, query):
    response = reader.get(f"{URL}?{query}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == query.partition("=")[0]


def test_pages_are_followed_to_the_end(reader, k1):
    for number in range(5):
        make_order(k1, "2026-01-01", order_number=f"N{number}")
    seen, url = [], URL + "?page_size=2"
    while url:
        page = reader.get(url)
        seen += numbers(page)
        url = page.json()["next"]
    assert sorted(seen) == [f"N{number}" for number in range(5)]


def test_the_number_of_queries_is_constant(reader, k1):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(URL).status_code == 200
        return len(queries)

    make_order(k1)
    count()  # notes that the token was used
    one = count()
    for _ in range(9):
        make_order(make_account())
    assert count() == one


def test_a_person_reads_only_orders_of_accounts_one_sees(client, k1, anna, boris):
    make_order(k1, order_number="A")
    make_order(None, order_number="W")

    client.force_login(anna)
    assert numbers(client.get(URL)) == ["A"]
    client.force_login(boris)
    assert numbers(client.get(URL)) == []
    assert client.get(URL + "A/").status_code == 404


@pytest.mark.parametrize("path", ["", "A/"])
def test_reading_needs_the_scope(client, api, path):
    assert client.get(URL + path).status_code == 401
    assert api("orders:write").get(URL + path).status_code == 403
