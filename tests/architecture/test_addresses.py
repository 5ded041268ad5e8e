"""Every stored number can be opened: no fixed address stands where a number could."""

from collections.abc import Iterator

import pytest
from django.urls import URLResolver, get_resolver

from accounts.models import Account
from accounts.rules import RESERVED_NUMBERS
from sales.models import Order
from tests.factories import make_account, make_order, make_token


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


def test_the_words_after_accounts_are_those_that_are_reserved():
    words = set()
    for route in routes(get_resolver()):
        for prefix in ("accounts/", "api/v1/accounts/"):
            word = route.removeprefix(prefix).split("/")[0]
            if route.startswith(prefix) and word and not word.startswith("<"):
                words.add(word)

    assert words == RESERVED_NUMBERS - {".", ".."}


@pytest.fixture
def erp_call(client):
    """The answer to a call with a token that may write."""
    key = make_token("accounts:write", "orders:write")

    def call(address, document):
        headers = {"Authorization": f"Bearer {key}"}
        answer = client.post(address, document, content_type="application/json", headers=headers)
        return answer.json()

    return call


@pytest.mark.parametrize("word", sorted(RESERVED_NUMBERS))
def test_no_door_makes_an_account_of_a_reserved_word(client, admin_staff, erp_call, word):
    account = {"account_number": word, "name": "新公司"}

    answer = erp_call("/api/v1/accounts/bulk/", {"accounts": [account]})
    order = {"order_number": "O-1", "account_number": word, "ordered_on": "2026-01-05", "lines": []}
    of_orders = erp_call(
        "/api/v1/orders/bulk/", {"orders": [order], "create_missing_accounts": True}
    )
    client.force_login(admin_staff)
    page = client.post("/accounts/new/", account)

    assert [(e["field"], e["code"]) for e in answer["errors"]] == [("account_number", "reserved")]
    assert of_orders["errors"][0]["code"] == "unknown_account"
    assert page.status_code == 422
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "number", ["panel", "panel/K1", "orders", "edit", "New", "a/", "new", "1/edit"]
)
def test_an_order_of_any_other_number_opens(client, diana, anna, number):
    make_order(make_account(account_number="K1", manager=anna), order_number=number)
    client.force_login(diana)

    assert client.get(f"/orders/{number}/").status_code == 200
    assert client.get(f"/api/v1/orders/{number}/").json()["order_number"] == number


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["bulk", ".", "..", "a/../b"])
def test_an_order_number_that_is_part_of_an_address_is_refused(erp_call, number):
    order = {"order_number": number, "account_number": None, "ordered_on": "2026-01-05"}

    answer = erp_call("/api/v1/orders/bulk/", {"orders": [order | {"lines": []}]})

    assert [(e["field"], e["code"]) for e in answer["errors"]] == [("order_number", "reserved")]
    assert not Order.objects.exists()
