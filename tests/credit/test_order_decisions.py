"""Every order is decided on, whatever brought it and however often it changes."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Event
from credit.models import CreditParty, Decision, OrderCredit, Reservation
from credit.rules.documents import InvoiceIn
from credit.services import orders
from credit.services.invoices import upsert_invoices
from sales.models import Order
from sales.rules import LineIn
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, in_full, order, put_in_group, send
from tests.credit.terms import put_in_force
from tests.factories import make_account, make_service_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def erp():
    return partial(send, actor=make_service_user("erp"))


@pytest.fixture
def line(k1):
    return grant(k1, 100)


def status(number="O1"):
    return Order.objects.get(order_number=number).credit_status


def party(account):
    return CreditParty.objects.get(pk=account.pk)


def test_an_order_that_fits_is_approved_and_counts(erp, k1, line):
    erp(order(amount="99.9999"))

    assert status() == "approved"
    assert party(k1).exposure == Decimal("99.9999")
    decision = Decision.objects.get()
    assert (decision.outcome, decision.limit, decision.exposure) == ("approved", 100, 0)
    assert decision.cause == "order"


def test_exactly_at_the_limit_is_approved(erp, line):
    erp(order(amount="100"))

    assert status() == "approved"


def test_an_order_that_does_not_fit_is_stored_held_and_takes_no_room(erp, k1, line):
    outcome = erp(order("O1", "100.0001"), order("O2", "100"))

    assert (outcome.created, outcome.rejected) == (2, 0)
    assert (status("O1"), status("O2")) == ("held", "approved")
    assert party(k1).exposure == 100
    (reason,) = Decision.objects.get(order_number="O1").reasons
    assert reason["code"] == "exposure_over_limit"
    assert reason["figures"]["over"] == "0.0001"
    assert Event.objects.filter(account=k1, kind="credit.order_held").count() == 1


def test_orders_of_one_call_are_decided_in_the_sequence_they_were_sent_in(erp, line):
    erp(order("Z", "60"), order("A", "60"))

    assert (status("Z"), status("A")) == ("approved", "held")


@pytest.mark.parametrize(
    ("limit", "fields", "code"),
    [
        (None, {}, "no_credit_line"),
        (0, {}, "exposure_over_limit"),
        (1000, {"valid_until": date(2000, 1, 2), "valid_from": date(2000, 1, 1)}, "line_expired"),
    ],
)
def test_no_line_a_limit_of_0_and_an_expired_line_are_no_credit(erp, k1, limit, fields, code):
    if limit is not None:
        grant(k1, limit, **fields)

    erp(order(amount="0.01"))

    assert status() == "held"
    assert [reason["code"] for reason in Decision.objects.get().reasons] == [code]


def test_the_last_day_of_a_line_still_counts(erp, k1):
    grant(k1, 100, valid_until=timezone.localdate())

    erp(order())

    assert status() == "approved"


def test_a_walk_in_sale_and_a_delivery_are_left_alone(erp, k1):
    erp(order("O1", account=None), order("O2", status="delivered"))

    assert not OrderCredit.objects.exists()
    assert not Decision.objects.exists()
    assert (status("O1"), status("O2")) == ("", "")


def test_an_unchanged_or_lowered_order_stays_approved_without_a_new_decision(erp, k1, line):
    erp(order(amount="80"))
    erp(order(amount="80", promised_on=date(2026, 5, 1)))
    erp(order(amount="70"))

    assert status() == "approved"
    assert Decision.objects.count() == 1
    assert party(k1).exposure == 70


def test_a_cancelled_order_gives_its_room_back(erp, k1, line):
    erp(order(amount="80"))
    erp(order(amount="80", status="cancelled"))

    assert status() == ""
    assert party(k1).exposure == 0


def test_a_delivered_order_counts_until_its_invoice_comes(erp, k1, line):
    erp(order(amount="80"))
    erp(order(amount="80", status="delivered", delivered_on=date(2026, 3, 5)))
    assert party(k1).exposure == 80

    make_invoice(k1, 30, order_number="O1")
    orders.recount(["O1"])
    assert (party(k1).ordered, party(k1).invoiced) == (50, 30)

    make_invoice(k1, 60, order_number="O1")
    orders.recount(["O1"])
    assert (party(k1).ordered, party(k1).invoiced) == (0, 90)


def test_what_was_delivered_in_spite_of_a_hold_counts(erp, k1, line):
    erp(order(amount="150"))
    assert party(k1).exposure == 0

    erp(order(amount="150", status="delivered", delivered_on=date(2026, 3, 5)))

    assert status() == "held"
    assert party(k1).exposure == 150
    assert Event.objects.filter(kind="credit.order_held").count() == 1


def test_a_partly_invoiced_order_is_asked_for_the_rest_only(erp, k1, line):
    erp(order(amount="80"))
    make_invoice(k1, 60, order_number="O1", due_on=date(2099, 1, 1))
    orders.recount(["O1"])

    erp(order(amount="100"))
    assert status() == "approved"
    assert party(k1).exposure == 100

    erp(order(amount="100.01"))
    assert status() == "held"


def test_a_return_is_approved_and_gives_nothing_back(erp, k1, line):
    line_in = LineIn(product_code="P1", quantity=Decimal(-1), unit_price=Decimal(50))
    erp(order("R1", lines=[line_in]))

    assert status("R1") == "approved"
    assert party(k1).exposure == 0


def test_a_line_that_begins_later_counts_for_what_is_written_from_that_day_on(erp, k1, line):
    erp(order(amount="80"))
    tomorrow = timezone.localdate() + timedelta(days=1)
    put_in_force(k1, 50, valid_from=tomorrow)

    erp(order(amount="70"))
    assert status() == "approved"
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        erp(order(amount="60"))

    assert status() == "held"


def test_the_credit_note_of_a_return_gives_its_room_at_once(erp, k1, line):
    days = {"issued_on": date(2026, 3, 1), "due_on": date(2099, 1, 1)}
    rows = [
        InvoiceIn(invoice_number=number, account_number="K1", amount=Decimal(amount), **days)
        for number, amount in (("I1", 100), ("C1", -50))
    ]
    upsert_invoices([(0, rows[0])], actor=make_service_user())
    erp(order("O1", "40"))
    erp(order("R1", lines=[LineIn(product_code="P1", quantity=Decimal(-1), unit_price=50)]))
    assert (status("O1"), party(k1).exposure) == ("held", 100)

    upsert_invoices([(0, rows[1])], actor=make_service_user())

    assert (status("O1"), party(k1).exposure) == ("approved", 90)


def test_an_order_uses_up_its_reservation(erp, k1, line):
    Reservation.objects.create(
        account=k1,
        order_number="O1",
        amount=Decimal(100),
        expires_at=timezone.now() + timedelta(hours=1),
    )

    erp(order(amount="100"))

    assert status() == "approved"
    assert party(k1).exposure == 100
    assert Reservation.objects.get().status == "used"


def test_a_reserved_order_that_comes_as_delivered_stays_in_the_exposure(erp, k1, line):
    Reservation.objects.create(
        account=k1,
        order_number="O1",
        amount=Decimal(100),
        expires_at=timezone.now() + timedelta(hours=1),
    )

    erp(order("O1", "100", status="delivered"), order("O2", "50", status="delivered"))

    assert party(k1).exposure == 100
    assert not OrderCredit.objects.filter(order__order_number="O2").exists()


def test_a_subsidiary_must_fit_its_own_limit_and_that_of_its_group(erp, k1):
    head, other = make_account(), make_account(account_number="K2")
    grant(head, 100, covers_group=True)
    grant(k1, 80)
    for account in (k1, other):
        put_in_group(account, head)

    erp(order("O1", "81"), order("O2", "70"), order("O3", "31", "K2"), order("O4", "30", "K2"))

    assert [status(f"O{i}") for i in range(1, 5)] == ["held", "approved", "held", "approved"]
    assert party(head).exposure == 100
    codes = [r["code"] for r in Decision.objects.get(order_number="O3").reasons]
    assert codes == ["exposure_over_limit"]  # it has no limit of its own


def test_money_makes_the_oldest_held_order_that_fits_go(erp, k1, line):
    make_invoice(k1, 100)
    erp(order("O1", "60"), order("O2", "50"), order("O3", "40"))
    assert {status(f"O{i}") for i in range(1, 4)} == {"held"}

    k1.invoices.update(settled=100)
    changed = orders.redecide({k1.pk}, cause="payment")

    assert changed == ["O1", "O3"]
    assert [status(f"O{i}") for i in range(1, 4)] == ["approved", "held", "approved"]
    assert party(k1).exposure == 100
    assert Decision.objects.filter(cause="payment").count() == 2
    assert orders.redecide({k1.pk}, cause="payment") == []


def push(client, *sent):
    """The same orders, as the ERP sends them over REST."""
    rows = [
        {
            "order_number": number,
            "account_number": account,
            "ordered_on": "2026-03-01",
            "status": status,
            "lines": [{"product_code": "P1", "quantity": "1", "unit_price": amount}],
        }
        for number, amount, account, status in sent
    ]
    body = {"orders": rows}
    answer = client.post("/api/v1/orders/bulk/", body, content_type="application/json")
    assert answer.json()["rejected"] == 0


@pytest.mark.parametrize(
    "change",
    [
        ("O1", "40", "K1", "open"),
        ("O1", "100", "K1", "cancelled"),
        ("O1", "100", "K2", "open"),
    ],
    ids=["lowered", "cancelled", "moved to another account"],
)
def test_room_that_an_order_frees_goes_to_the_one_on_hold_at_once(api, k1, line, change):
    make_account(account_number="K2")
    client = api("orders:write")
    push(client, ("O1", "100", "K1", "open"), ("O2", "60", "K1", "open"))
    assert status("O2") == "held"

    push(client, change)

    assert status("O2") == "approved"
    assert party(k1).exposure == (100 if change[2:] == ("K1", "open") else 60)
    assert Decision.objects.filter(order_number="O2").first().outcome == "approved"


def test_room_goes_to_the_oldest_on_hold_that_fits(api, k1, line):
    client = api("orders:write")
    push(client, ("O1", "100", "K1", "open"))
    for number, amount in (("O2", "70"), ("O3", "50"), ("O4", "50")):
        push(client, (number, amount, "K1", "open"))

    push(client, ("O1", "40", "K1", "open"))

    assert [status(f"O{i}") for i in range(1, 5)] == ["approved", "held", "approved", "held"]
    assert party(k1).exposure == 90


def test_room_in_a_group_goes_to_the_order_of_another_member(api, k1):
    head, other = make_account(), make_account(account_number="K2")
    grant(head, 100, covers_group=True)
    for account in (k1, other):
        put_in_group(account, head)
    client = api("orders:write")
    push(client, ("O1", "100", "K1", "open"), ("O2", "60", "K2", "open"))
    assert status("O2") == "held"

    push(client, ("O1", "100", "K1", "cancelled"))

    assert status("O2") == "approved"
    assert party(head).exposure == 60


def test_an_order_that_frees_nothing_looks_at_nobody_else(api, k1, line):
    client = api("orders:write")
    push(client, ("O1", "100", "K1", "open"), ("O2", "60", "K1", "open"))

    push(client, ("O1", "100", "K1", "open"))

    assert Decision.objects.filter(order_number="O2").count() == 1


def test_an_approval_is_not_taken_back_by_a_day_or_a_payment(erp, k1, line):
    erp(order(amount="100"))
    make_invoice(k1, 500, due_on=date(2026, 1, 1))

    assert orders.redecide({k1.pk}, cause="day") == []
    assert orders.redecide({k1.pk}, cause="payment") == []
    assert status() == "approved"


def test_the_number_of_queries_does_not_grow_with_the_orders(erp, k1, line, monkeypatch):
    erp(order("A0"))
    in_full(monkeypatch)

    with CaptureQueriesContext(connection) as few:
        erp(order("A1"))
    with CaptureQueriesContext(connection) as many:
        erp(*(order(f"B{i}") for i in range(10)))

    assert len(many) == len(few)


def test_an_order_in_full_takes_few_messages_to_the_database(
    erp, line, monkeypatch, django_assert_max_num_queries
):
    erp(order("A0"))
    in_full(monkeypatch)

    with django_assert_max_num_queries(14):
        erp(order("A1"))
