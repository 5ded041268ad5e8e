"""Whatever way an order takes, it gets the decision that a new one of its amount would get."""

from datetime import date
from decimal import Decimal

import pytest

from credit.models import CreditParty
from credit.services import groups, orders
from sales.models import Order
from sales.rules import LineIn
from tests.credit.erp import grant, order, send
from tests.credit.terms import put_in_force
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
LIMIT = 100


def new(amount, account, api):
    send(order("O1", amount))


def amend(amount, account, api):
    send(order("O1", "1"))
    send(order("O1", amount))


def reopen_a_delivered_one(amount, account, api):
    send(order("O1", amount, status="delivered"))
    send(order("O1", amount))


def reopen_a_closed_one(amount, account, api):
    send(order("O1", "1"))
    send(order("O1", "1", status="delivered"))
    send(order("O1", amount))


def reopen_a_cancelled_one(amount, account, api):
    send(order("O1", amount, status="cancelled"))
    send(order("O1", amount))


def copy(amount, account, api):
    send(order("O0", amount, status="cancelled"), order("O1", amount))


def rest_api(amount, account, api):
    line = {"product_code": "P1", "quantity": "1", "unit_price": amount}
    sent = {"order_number": "O1", "account_number": "K1", "ordered_on": "2026-03-01"}
    body = {"orders": [{**sent, "status": "open", "lines": [line]}]}
    client = api("orders:write")
    assert client.post("/api/v1/orders/bulk/", body, content_type="application/json").json()[
        "created"
    ]


def change_of_currency(amount, account, api):
    send(order("O1", "10"))
    send(order("O1", "10", currency="USD", exchange_rate=Decimal(amount) / 10))


def change_of_account(amount, account, api):
    grant(make_account(account_number="K2"), 10_000)
    send(order("O1", amount, account="K2"))
    send(order("O1", amount))


def cut_of_the_limit(amount, account, api):
    send(order("O1", amount))
    assert Order.objects.get().credit_status == "approved"
    put_in_force(account, LIMIT)


def move_into_a_group(amount, account, api):
    head = make_account()
    grant(head, LIMIT, covers_group=True)
    send(order("O1", amount))
    assert Order.objects.get().credit_status == "approved"
    account.parent = head
    account.save()
    groups.confirm(account.pk, head=head.pk, actor=make_user(role="finance"))


def partly_returned(amount, account, api):
    lines = [
        LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(500)),
        LineIn(product_code="P1", quantity=Decimal(-1), unit_price=500 - Decimal(amount)),
    ]
    send(order("O1", lines=lines))


def delivered_after_it_was_raised(amount, account, api):
    send(order("O1", "1"))
    send(order("O1", amount, status="delivered", delivered_on=date(2026, 3, 5)))


PATHS = [
    new,
    amend,
    reopen_a_delivered_one,
    reopen_a_closed_one,
    reopen_a_cancelled_one,
    copy,
    rest_api,
    change_of_currency,
    change_of_account,
    cut_of_the_limit,
    move_into_a_group,
    partly_returned,
    delivered_after_it_was_raised,
]
WITH_MORE_BEFORE = [cut_of_the_limit, move_into_a_group]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
@pytest.mark.parametrize(("amount", "decision"), [("100", "approved"), ("100.0001", "held")])
def test_every_path_gets_the_same_decision(k1, api, path, amount, decision):
    grant(k1, 10_000 if path in WITH_MORE_BEFORE else LIMIT)

    path(amount, k1, api)

    assert Order.objects.get(order_number="O1").credit_status == decision
    if decision == "approved":
        assert CreditParty.objects.get(pk=k1.pk).exposure == LIMIT


@pytest.mark.parametrize(
    "path",
    [
        amend,
        reopen_a_closed_one,
        change_of_currency,
        change_of_account,
        delivered_after_it_was_raised,
    ],
    ids=lambda path: path.__name__,
)
def test_control_an_order_that_is_not_decided_again_keeps_an_approval_too_many(
    k1, api, path, monkeypatch
):
    monkeypatch.setattr(orders, "_is_to_decide", lambda order, row, standing: False)
    grant(k1, LIMIT)

    path("100.0001", k1, api)

    assert Order.objects.get(order_number="O1").credit_status == "approved"


@pytest.mark.parametrize("path", WITH_MORE_BEFORE, ids=lambda path: path.__name__)
def test_control_a_line_that_takes_nothing_back_leaves_what_passes_the_limit(
    k1, api, path, monkeypatch
):
    monkeypatch.setattr(orders, "TAKES_BACK", {})
    grant(k1, 10_000)

    path("100.0001", k1, api)

    assert Order.objects.get(order_number="O1").credit_status == "approved"
