"""The queue of orders on hold: who sees which, why they wait, and what would clear them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.credit.erp import grant, order, send
from tests.factories import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(k1):
    grant(k1, 100)
    make_account(account_number="K2")
    send(order("O1", "150"), order("O2", "10", account="K2"))


def test_finance_sees_every_held_order_with_its_reasons_and_remedies(client, fiona, held):
    client.force_login(fiona)

    page = client.get("/credit/").text

    assert ">O1<" in page
    assert "O2" in page
    assert "150.00" in page
    assert "50.00" in page  # what it is over, and what the customer would have to pay


def test_a_manager_sees_only_own_customers(client, anna, boris, held):
    client.force_login(anna)
    page = client.get("/credit/").text
    assert ">O1<" in page
    assert "O2" not in page

    client.force_login(boris)
    assert ">O1<" not in client.get("/credit/").text


@pytest.mark.parametrize(
    ("query", "shown"), [("search=O1", True), ("search=O2", False), ("asked=on", False)]
)
def test_the_filters_narrow(client, fiona, held, query, shown):
    client.force_login(fiona)

    part = client.get(f"/credit/?{query}", headers={"HX-Request": "true"}).text

    assert (">O1<" in part) == shown
    assert "<html" not in part


def test_ten_orders_cost_as_many_queries_as_one(client, fiona, k1):
    client.force_login(fiona)
    send(order("O0", "10"))
    client.get("/credit/")

    with CaptureQueriesContext(connection) as few:
        client.get("/credit/")
    send(*(order(f"O{i}", "10") for i in range(1, 10)))
    with CaptureQueriesContext(connection) as many:
        page = client.get("/credit/").text

    assert "O9" in page
    assert len(many) == len(few)
