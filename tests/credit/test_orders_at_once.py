"""A new order that is stored and approved by one message leaves what it leaves in full."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pghistory
import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from accounts.services.merge import merge_accounts
from credit.models import (
    CreditParty,
    Decision,
    Instalment,
    OrderCredit,
    ReceivablesCeiling,
    Reservation,
)
from credit.services import disputes, holds, quick_orders, reservations
from kam.core.bulk import BulkRejected
from kam.core.models import AuditEntry
from sales import listeners
from sales.models import ExchangeRate, Order, OrderLine
from sales.rules import LineIn
from sales.services import new_order
from staff.models import User
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, in_full, order, put_in_group, send
from tests.credit.terms import put_in_force
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db
MODELS = [Order, OrderLine, OrderCredit, Decision, Reservation, CreditParty]
UNTOLD = {"id", "subject_id", "subject_name"}
AT_ONCE = 5  # look, facts, and the message, in a savepoint of the test's transaction


@pytest.fixture
def erp():
    return make_service_user("erp")


@pytest.fixture
def ready(k1, erp):
    """K1 may owe 100, and has done so before; the product P1 is known."""
    grant(k1, 100)
    send(order("O0", "1"), actor=erp)
    send(order("O0", "1", status="cancelled"), actor=erp)
    return k1


def written():
    """All that there is of orders and their credit, without numbers of rows; of a moment, whether
    there is one."""

    def value(row, field):
        found = getattr(row, field.name)
        if isinstance(found, User):
            return found.is_service
        if isinstance(field, models.DateTimeField):
            return found is not None
        return str(found) if isinstance(found, models.Model) else found

    def values(row):
        told = [field for field in row._meta.concrete_fields if field.name not in UNTOLD]
        return {field.name: value(row, field) for field in told}

    calls = AuditEntry.objects.filter(action="sales.orders_synced")
    found = [calls, *(model.objects.all() for model in MODELS)]
    return [values(row) for rows in found for row in rows.order_by("pk")]


def tried(situation, sent, actor, **options):
    """What is written, and how many messages it took; undone at the end."""
    with transaction.atomic():
        situation()
        with CaptureQueriesContext(connection) as queries:
            try:
                outcome = send(sent, actor=actor, **options)
            except BulkRejected as rejected:
                outcome = rejected.outcome
        left = outcome.as_dict(), written()
        transaction.set_rollback(True)
    return left, len(queries)


def nothing():
    pass


def both_ways(monkeypatch, situation, sent, actor, **options):
    """What it leaves at once and in full, and the messages that each took."""
    with pghistory.context():  # as in every request
        at_once, messages = tried(situation, sent, actor, **options)
        in_full(monkeypatch)
        whole, more = tried(situation, sent, actor, **options)
    return at_once, whole, messages, more


def line(**fields):
    return LineIn(**{"product_code": "P1", "quantity": 1, "unit_price": Decimal(10)} | fields)


SHAPES = [
    {},
    {"amount": "100"},
    {"lines": [line(), line(quantity=Decimal("2.5"))]},
    {"lines": [line(quantity=Decimal(2)), line(quantity=Decimal(-1))]},
    {"lines": [line(line_number=7, unit_cost=Decimal("3.3333"))]},
    {"lines": [line(description=r"a	b\t\N \\ 螺丝 'x' %s")]},
    {"lines": [line(description=r"\N")]},
    {"currency": "USD", "exchange_rate": Decimal("0.12345678")},
    {"currency": "EUR"},
    {"promised_on": date(2026, 4, 1), "version": 7},
    {"delivered_on": date(2026, 4, 1)},
    {"number": "O/1 %s %% %(x)s 'x'", "lines": [line(description="50% %% %s")]},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_ordinary_order_is_stored_at_once_as_in_full(monkeypatch, ready, erp, shape):
    ExchangeRate.objects.create(currency="EUR", valid_from=date(2026, 1, 1), rate=Decimal("0.8"))

    at_once, whole, messages, _more = both_ways(monkeypatch, nothing, order(**shape), erp)

    assert at_once == whole
    assert at_once[0]["created"] == 1
    assert messages - ("currency" in shape and "exchange_rate" not in shape) == AT_ONCE


def reserve(account, amount, number="O1", **fields):
    moment = timezone.now() + timedelta(hours=1)
    values = {"order_number": number, "amount": Decimal(amount), "expires_at": moment}
    Reservation.objects.create(account=account, **values | fields)


def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def reserved_by(number, amount):
    account = make_account(account_number=number)
    CreditParty.objects.create(account=account)
    reserve(account, amount)


def held_orders_wait(account):
    send(order("O8", "70"), order("O9", "80"), actor=make_service_user())


def ceiling(account):
    ReceivablesCeiling.objects.create(
        amount=Decimal(10), effective_from=date(2026, 1, 1), reason="-", proposed_by=make_user()
    )


def disputed(account):
    invoice = make_invoice(account, 40, due_on=date(2026, 1, 1))
    disputes.open_dispute(invoice.pk, amount=Decimal(40), reason="quality", actor=make_user())


def first_part_paid(account):
    invoice = make_invoice(account, 40, due_on=date(2099, 1, 1), settled=20)
    for number, day in enumerate([date(2026, 1, 1), date(2099, 1, 1)], start=1):
        Instalment.objects.create(invoice=invoice, number=number, due_on=day, amount=20)


def merged(account):
    merge_accounts(make_account(account_number="K2"), account, actor=make_user())


# What makes it other than ordinary, and how the order comes out.
SITUATIONS = {
    "nothing left": (lambda k1: reserve(k1, "50.0001", "OTHER"), "held"),
    "on hold": (lambda k1: holds.set_hold(k1.pk, actor=make_user(), reason="-"), "held"),
    "overdue": (lambda k1: make_invoice(k1, 40, due_on=date(2026, 1, 1)), "held"),
    "overdue and in dispute": (disputed, "approved"),
    "first part paid": (first_part_paid, "approved"),
    "line cut": (lambda k1: put_in_force(k1, "40"), "held"),
    "in a group": (lambda k1: put_in_group(k1, a_head()), "held"),
    "ceiling proposed": (ceiling, "approved"),
    "invoiced before": (
        lambda k1: make_invoice(k1, 30, order_number="O1", due_on=date(2099, 1, 1)),
        "approved",
    ),
    "somebody else's number": (lambda k1: reserved_by("K9", "5"), "approved"),
    "reserved more": (lambda k1: reserve(k1, "50.0001"), "approved"),
    "run out": (
        lambda k1: reserve(k1, "30", "OTHER", expires_at=an_hour_ago()),
        "approved",
    ),
    "reserved and run out": (lambda k1: reserve(k1, "30", expires_at=an_hour_ago()), "approved"),
    "merged": (merged, "held"),
    "there already": (lambda k1: send(order("O1", "50")), "approved"),
    "there with less": (lambda k1: send(order("O1", "20")), "approved"),
    "others wait": (held_orders_wait, "held"),
}


def a_head():
    head = make_account(account_number="H")
    grant(head, 40, covers_group=True)
    return head


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_not_ordinary_is_decided_in_full(monkeypatch, ready, erp, name):
    situation, status = SITUATIONS[name]

    at_once, whole, messages, more = both_ways(
        monkeypatch, lambda: situation(ready), order(amount="50"), erp
    )

    assert at_once == whole
    assert messages <= more + 2  # it was looked at, and not tried
    [stored] = [row for row in at_once[1] if row.get("order_number") == "O1" and "version" in row]
    assert stored["credit_status"] == status


@pytest.mark.parametrize(
    "fields",
    [
        {"account": None},
        {"account": "K7"},
        {"status": "delivered"},
        {"status": "cancelled"},
        {"amount": "-1"},
        {"amount": "0"},
        {"lines": [line(product_code="P7")]},
        {"lines": [line(), line(product_code="P7")]},
        {"lines": [line()] * 2 + [line(line_number=1)]},
        {"lines": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("atomic", [False, True])
def test_other_orders_are_stored_in_full(monkeypatch, ready, erp, fields, atomic):
    at_once, whole, *_messages = both_ways(
        monkeypatch, nothing, order(**fields), erp, atomic=atomic
    )

    assert at_once == whole


@pytest.mark.parametrize("amount", ["100", "99.9999", "60"])
def test_what_was_reserved_for_the_order_is_used_up_at_once(monkeypatch, ready, erp, amount):
    at_once, whole, messages, _more = both_ways(
        monkeypatch, lambda: reserve(ready, amount), order(amount="100"), erp
    )

    assert at_once == whole
    assert messages == AT_ONCE


def test_who_asked_first_sends_his_order_with_three_messages(
    ready, erp, django_assert_max_num_queries
):
    reservations.check(ready.pk, amount=Decimal(100), actor=erp, order_number="O1", reserve=True)

    with django_assert_max_num_queries(AT_ONCE):
        send(order(amount="100"), actor=erp)

    assert Order.objects.get(order_number="O1").credit_status == "approved"
    assert Reservation.objects.get().status == "used"
    assert CreditParty.objects.get(pk=ready.pk).exposure == 100


def test_over_rest_a_number_and_a_text_may_have_percent_signs(ready, api):
    number, text = "A%1 %% %s", "50% 棉 %(x)s"
    asked = {"account_number": "K1", "amount": "60", "order_number": number, "reserve": True}
    line = {"product_code": "P1", "quantity": "1", "unit_price": "60", "description": text}
    sent = {"order_number": number, "account_number": "K1", "ordered_on": "2026-03-01"}
    body = {"orders": [{**sent, "status": "open", "lines": [line]}]}

    check = api("credit:check").post(
        "/api/v1/credit-checks/", asked, content_type="application/json"
    )
    stored = api("orders:write").post("/api/v1/orders/bulk/", body, content_type="application/json")

    assert check.json()["decision"] == "approved"
    assert stored.json()["created"] == 1
    assert Order.objects.get(order_number=number).lines.get().description == text
    assert Reservation.objects.get(order_number=number).status == "used"


# --- what changes after it was judged and before the party is locked

BETWEEN = {
    **{name: situation for name, (situation, _status) in SITUATIONS.items()},
    "reserved": lambda k1: reserve(k1, "30"),
}


def changed_between(monkeypatch, situation):
    """Have it happen when all has been read."""
    adding = new_order.adding

    def late(*args, **options):
        monkeypatch.setattr(new_order, "adding", adding)
        situation()
        return adding(*args, **options)

    monkeypatch.setattr(new_order, "adding", late)


@pytest.mark.parametrize("name", BETWEEN)
def test_what_changes_after_the_look_is_seen_under_the_lock(monkeypatch, ready, erp, name):
    changed_between(monkeypatch, lambda: BETWEEN[name](ready))
    at_once, _messages = tried(nothing, order(amount="50"), erp)
    in_full(monkeypatch)
    whole, _more = tried(lambda: BETWEEN[name](ready), order(amount="50"), erp)

    assert at_once == whole


@pytest.mark.parametrize("name", ["nothing left", "on hold", "overdue", "line cut", "in a group"])
def test_control_without_a_look_under_the_lock_it_is_approved(monkeypatch, ready, erp, name):
    approve = quick_orders._APPROVE
    sql = approve.sql.replace(quick_orders.ORDINARY, "party.account_id = %(account)s")
    unseen = replace(approve, name="unseen", sql=sql)
    monkeypatch.setattr(quick_orders, "_APPROVE", unseen)
    changed_between(monkeypatch, lambda: BETWEEN[name](ready))

    send(order(amount="50"), actor=erp)

    assert Order.objects.get(order_number="O1").credit_status == "approved"


def test_nothing_is_stored_at_once_where_somebody_else_must_hear_of_it(monkeypatch, ready, erp):
    heard = []
    monkeypatch.setitem(listeners._listeners, lambda ids, actor: heard.extend(ids), None)

    send(order(), actor=erp)

    assert heard == [Order.objects.get(order_number="O1").pk]
    assert Order.objects.get(order_number="O1").credit_status == "approved"
    assert Account.objects.get(orders__order_number="O1") == ready
