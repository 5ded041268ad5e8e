"""POST /api/v1/invoices/bulk/ and /payments/bulk/: what an ERP may send and what becomes of it."""

import json
from datetime import date
from decimal import Decimal

import pytest

from credit.models import Allocation, CreditParty, Invoice, Payment
from kam.core.models import AuditEntry
from sales.models import ExchangeRate
from tests.credit.documents import assert_books_balance
from tests.factories import make_account


@pytest.fixture
def erp(api):
    return api("receivables:write")


@pytest.fixture(autouse=True)
def k1(db):
    return make_account(account_number="K1")


@pytest.fixture(autouse=True)
def k2(db):
    return make_account(account_number="K2")


def invoice(number="I1", amount="100", **fields):
    return {
        "invoice_number": number,
        "account_number": "K1",
        "issued_on": "2026-01-01",
        "due_on": "2026-01-31",
        "amount": amount,
        **fields,
    }


def payment(number="P1", amount="100", **fields):
    return {
        "payment_number": number,
        "account_number": "K1",
        "received_on": "2026-02-10",
        "amount": amount,
        **fields,
    }


def told(**parts):
    return [{"invoice_number": number, "amount": amount} for number, amount in parts.items()]


def post(client, kind, *objects, query=""):
    return client.post(
        f"/api/v1/{kind}/bulk/{query}",
        json.dumps({kind: list(objects)}),
        content_type="application/json",
    )


def bill(client, *objects):
    return counts(post(client, "invoices", *objects))


def pay(client, *objects):
    return counts(post(client, "payments", *objects))


def counts(response):
    assert response.status_code == 200, response.text
    answer = response.json()
    parts = [answer[name] for name in ("created", "updated", "unchanged", "rejected")]
    assert answer["received"] == sum(parts)
    assert_books_balance()
    return parts


def only_error(response):
    assert counts(response) == [0, 0, 0, 1]
    (error,) = response.json()["errors"]
    return error["field"], error["code"]


def settled():
    return {row.invoice_number: row.settled for row in Invoice.objects.all()}


def parts():
    return {
        (part.invoice.invoice_number, str(part.payment or part.credit_note)): part.amount
        for part in Allocation.objects.select_related("invoice", "payment", "credit_note")
    }


# --- invoices


def test_an_invoice_is_stored_and_counts_in_the_exposure(erp, k1):
    assert bill(erp, invoice(amount="100.0001", order_number="SO-1", disputed=True)) == [1, 0, 0, 0]

    stored = Invoice.objects.get()
    assert (stored.account, stored.amount, stored.currency) == (k1, Decimal("100.0001"), "CNY")
    assert (stored.order_number, stored.disputed, stored.settled) == ("SO-1", True, 0)
    assert CreditParty.objects.get(pk=k1.pk).exposure == Decimal("100.0001")


def test_sending_the_same_again_changes_no_row(erp):
    bill(erp, invoice())
    pay(erp, payment(allocations=told(I1="60")))
    before = [*Invoice.objects.values(), *Payment.objects.values(), *Allocation.objects.values()]

    assert bill(erp, invoice(amount=100.0, currency="CNY")) == [0, 0, 1, 0]
    assert pay(erp, payment(amount="100.00", allocations=told(I1="60.0000"))) == [0, 0, 1, 0]

    now = [*Invoice.objects.values(), *Payment.objects.values(), *Allocation.objects.values()]
    assert now == before
    assert AuditEntry.objects.filter(action="credit.invoices_synced").count() == 1


def test_a_dispute_recorded_here_outlives_an_amendment_that_does_not_speak_of_it(erp):
    bill(erp, invoice())
    Invoice.objects.update(disputed=True)

    bill(erp, invoice(amount="90"))
    assert Invoice.objects.get().disputed
    bill(erp, invoice(amount="90", disputed=False))
    assert not Invoice.objects.get().disputed


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"account_number": "K9"}, ("account_number", "unknown_account")),
        ({"account_number": None}, ("account_number", "invalid")),
        ({"due_on": "2025-12-31"}, ("due_on", "due_before_issue")),
        ({"due_on": "2026-02-30"}, ("due_on", "invalid")),
        ({"currency": "USD"}, ("currency", "no_exchange_rate")),
        ({"currency": "usd"}, ("currency", "invalid")),
        ({"amount": "0.00001"}, ("amount", "too_many_decimals")),
        ({"amount": "9" * 30}, ("amount", "out_of_range")),
        ({"amount": "1" + "0" * 13}, ("amount", "out_of_range")),
        ({"amount": "NaN"}, ("amount", "invalid")),
        ({"amount": "Infinity"}, ("amount", "invalid")),
        ({"amount": None}, ("amount", "invalid")),
        ({"amount": "1\0"}, ("amount", "invalid")),
        ({"invoice_number": "I\n1"}, ("invoice_number", "invalid")),
        ({"invoice_number": ""}, ("invoice_number", "invalid")),
        ({"invoice_number": "a/../b"}, ("invoice_number", "reserved")),
        ({"amount": "1e3"}, ("amount", "invalid")),
        ({"order_number": "x" * 61}, ("order_number", "invalid")),
        ({"order_number": "a\0b"}, ("order_number", "invalid")),
        ({"disputed": "yes"}, ("disputed", "invalid")),
        ({"paid": 1}, ("paid", "unknown_field")),
    ],
)
def test_a_wrong_invoice_is_named(erp, fields, error):
    assert only_error(post(erp, "invoices", {**invoice(), **fields})) == error
    assert not Invoice.objects.exists()


def test_the_good_rows_are_stored_beside_the_bad_and_none_of_them_when_atomic(erp):
    bad = invoice("I2", account_number="K9")

    response = post(erp, "invoices", invoice(), bad, query="?atomic=true")

    assert response.status_code == 422
    assert not Invoice.objects.exists()
    assert bill(erp, invoice(), bad) == [1, 0, 0, 1]


def test_of_the_same_number_twice_the_last_one_counts(erp):
    assert bill(erp, invoice(amount="1"), invoice(amount="2")) == [1, 0, 0, 1]
    assert Invoice.objects.get().amount == 2


def test_a_foreign_invoice_is_converted_by_the_rate_of_its_day_half_even(erp):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2025, 1, 1), rate="7.00005")

    bill(erp, invoice(amount="1", currency="USD"))

    stored = Invoice.objects.get()
    assert (stored.document_amount, stored.amount) == (1, Decimal("7.0000"))


def test_a_token_without_the_scope_is_refused(api):
    assert post(api("orders:write"), "invoices", invoice()).status_code == 403
    assert post(api("orders:write"), "payments", payment()).status_code == 403


# --- payments


def test_without_allocations_the_oldest_due_is_settled_first(erp):
    bill(
        erp,
        invoice("I1", "50", due_on="2026-03-01"),
        invoice("I2", "30", due_on="2026-02-01"),
        invoice("I3", "30", due_on="2026-02-01", issued_on="2025-12-01"),
        invoice("X", "99", account_number="K2", due_on="2026-01-02"),
    )

    assert pay(erp, payment(amount="70.0001")) == [1, 0, 0, 0]

    assert settled() == {"I3": 30, "I2": 30, "I1": Decimal("10.0001"), "X": 0}


def test_what_is_left_over_is_taken_up_by_the_next_invoice(erp):
    bill(erp, invoice("I1", "30"))
    pay(erp, payment("P1", "50"), payment("P2", "5", received_on="2026-02-01"))
    assert sum(row.amount - row.allocated for row in Payment.objects.all()) == 25

    bill(erp, invoice("I2", "24", issued_on="2026-03-01", due_on="2026-03-31"))

    assert settled() == {"I1": 30, "I2": 24}
    part = Allocation.objects.get(invoice__invoice_number="I2", payment__payment_number="P1")
    assert part.effective_on == date(2026, 3, 1)


def test_the_payers_word_counts(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50"))

    assert pay(erp, payment(amount="80", allocations=told(I2="50", I1="10"))) == [1, 0, 0, 0]

    assert parts() == {("I2", "P1"): 50, ("I1", "P1"): 10}
    assert Payment.objects.get().instructions == [["I2", "50.0000"], ["I1", "10.0000"]]


@pytest.mark.parametrize(
    ("allocations", "error"),
    [
        (told(I9="1"), ("allocations.0.invoice_number", "unknown_invoice")),
        (told(I1="1", X="1"), ("allocations.1.invoice_number", "other_account")),
        (told(I1="50.0001"), ("allocations.0.amount", "over_invoice")),
        (told(C="1"), ("allocations.0.amount", "over_invoice")),
        (told(I1="50", I2="50.0001"), ("allocations.1.amount", "over_payment")),
        (told(I1="0"), ("allocations.0.amount", "not_positive")),
        (told(I1="-1"), ("allocations.0.amount", "not_positive")),
        (told(I1="NaN"), ("allocations.0.amount", "invalid")),
        (told(I1="1") + told(I1="1"), ("allocations.1.invoice_number", "twice")),
        ([{"invoice_number": "I1"}], ("allocations.0.amount", "required")),
        ("all", ("allocations", "invalid")),
    ],
)
def test_an_allocation_that_cannot_be_is_named(erp, allocations, error):
    bill(
        erp,
        invoice("I1", "50"),
        invoice("I2", "100"),
        invoice("X", account_number="K2"),
        invoice("S", "5", account_number="K2"),
        invoice("C", "-5", account_number="K2"),
    )
    bill(erp, invoice("C", "-5", account_number="K1"))

    assert only_error(post(erp, "payments", payment(allocations=allocations))) == error
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"account_number": "K9"}, ("account_number", "unknown_account")),
        ({"amount": "-0.0001"}, ("amount", "not_positive")),
        ({"amount": "9" * 30}, ("amount", "out_of_range")),
        ({"amount": "NaN"}, ("amount", "invalid")),
        ({"received_on": "yesterday"}, ("received_on", "invalid")),
        ({"payment_number": "P\0"}, ("payment_number", "invalid")),
        ({"currency": "EUR"}, ("currency", "no_exchange_rate")),
    ],
)
def test_a_wrong_payment_is_named(erp, fields, error):
    assert only_error(post(erp, "payments", {**payment(), **fields})) == error


def test_an_amended_payment_is_settled_anew(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-02-01"))
    pay(erp, payment(amount="80"))
    assert settled() == {"I1": 50, "I2": 30}

    assert pay(erp, payment(amount="60", allocations=told(I2="50"))) == [0, 1, 0, 0]
    assert settled() == {"I1": 0, "I2": 50}

    assert pay(erp, payment(amount="60", account_number="K2")) == [0, 1, 0, 0]
    assert settled() == {"I1": 0, "I2": 0}


def test_a_refused_amendment_leaves_the_payment_as_it_was(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment(amount="50"))

    response = post(erp, "payments", payment(amount="70", allocations=told(I1="60")))

    assert only_error(response) == ("allocations.0.amount", "over_invoice")
    assert (Payment.objects.get().amount, settled()) == (50, {"I1": 50})


def test_credit_that_nobody_told_gives_way_to_the_word_of_the_payer(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-02-28"))
    pay(erp, payment("P1", "50"))
    assert settled() == {"I1": 50, "I2": 0}

    assert pay(erp, payment("P2", "40", allocations=told(I1="40"))) == [1, 0, 0, 0]

    assert parts() == {("I1", "P1"): 10, ("I2", "P1"): 40, ("I1", "P2"): 40}
    assert_books_balance()


def test_within_one_call_too(erp):
    bill(erp, invoice("I1", "50"))

    counted = pay(erp, payment("P1", "50"), payment("P2", "50", allocations=told(I1="50")))

    assert counted == [2, 0, 0, 0]
    assert parts() == {("I1", "P2"): 50}
    assert_books_balance()


def test_what_one_payer_was_told_gives_way_to_no_other(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment("P1", "50", allocations=told(I1="50")))

    response = post(erp, "payments", payment("P2", "1", allocations=told(I1="1")))

    assert only_error(response) == ("allocations.0.amount", "over_invoice")


def test_a_payment_taken_back_is_amended_to_nothing(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment(amount="50"))

    assert pay(erp, payment(amount="0")) == [0, 1, 0, 0]
    assert settled() == {"I1": 0}


def test_a_later_day_of_a_payment_moves_what_it_settled(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment(amount="50"))

    pay(erp, payment(amount="50", received_on="2026-03-03"))

    assert Allocation.objects.get().effective_on == date(2026, 3, 3)


def test_a_foreign_payment_never_settles_more_than_it_is(erp):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2025, 1, 1), rate="7.00015")
    bill(erp, invoice("I1", "50"), invoice("I2", "50"), invoice("I3", "50"))

    row = payment(amount="3", currency="USD", allocations=told(I1="1", I2="1", I3="1"))
    assert pay(erp, row) == [1, 0, 0, 0]

    stored = Payment.objects.get()
    assert stored.allocated <= stored.amount == Decimal("21.0004")


# --- invoices that change when they are paid


def test_a_lowered_invoice_gives_back_what_it_has_too_much(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-03-01"))
    pay(erp, payment(amount="60"))

    assert bill(erp, invoice("I1", "20")) == [0, 1, 0, 0]

    assert settled() == {"I1": 20, "I2": 40}


def test_what_was_told_stays_with_the_payment_until_the_next_invoice(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-03-01"))
    pay(erp, payment(amount="50", allocations=told(I1="50")))

    bill(erp, invoice("I1", "20"))
    assert settled() == {"I1": 20, "I2": 0}

    bill(erp, invoice("I3", "25"))
    assert settled() == {"I1": 20, "I2": 0, "I3": 25}


def test_a_raised_invoice_takes_up_credit(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment(amount="60"))

    bill(erp, invoice("I1", "55"))

    assert settled() == {"I1": 55}


def test_an_invoice_that_moves_leaves_its_payments(erp):
    bill(erp, invoice("I1", "50"))
    pay(erp, payment(amount="50"))

    bill(erp, invoice("I1", "50", account_number="K2"))

    assert settled() == {"I1": 0}
    assert Payment.objects.get().allocated == 0


def test_a_credit_note_settles_the_oldest_from_its_issue_day(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-03-01"))

    note = invoice("C1", "-70", issued_on="2026-02-05", due_on="2026-02-05")
    assert bill(erp, note) == [1, 0, 0, 0]

    assert settled() == {"I1": 50, "I2": 20, "C1": -70}
    assert set(Allocation.objects.values_list("effective_on", flat=True)) == {date(2026, 2, 5)}

    assert bill(erp, {**note, "amount": "-10"}) == [0, 1, 0, 0]
    assert settled() == {"I1": 10, "I2": 0, "C1": -10}

    assert bill(erp, {**note, "amount": "10"}) == [0, 1, 0, 0]  # it was an invoice after all
    assert settled() == {"I1": 0, "I2": 0, "C1": 0}


def test_a_paid_invoice_turned_into_a_credit_note_settles_others(erp):
    bill(erp, invoice("I1", "50"), invoice("I2", "50", due_on="2026-03-01"))
    pay(erp, payment(amount="50"))

    bill(erp, invoice("I1", "-20"))

    assert settled() == {"I1": -20, "I2": 50}
    assert parts() == {("I2", "I1"): 20, ("I2", "P1"): 30}


def test_the_statements_do_not_grow_with_the_rows(erp, django_assert_max_num_queries):
    def objects(first, number):
        return [invoice(f"I{i}", "10") for i in range(first, first + number)]

    post(erp, "invoices", *objects(0, 1))
    with django_assert_max_num_queries(40) as one:
        post(erp, "invoices", *objects(100, 1))
    with django_assert_max_num_queries(40) as ten:
        post(erp, "invoices", *objects(200, 10))
    assert len(one) == len(ten)
    with django_assert_max_num_queries(40) as one:
        post(erp, "payments", payment("P1", "15"))
    with django_assert_max_num_queries(40) as ten:
        post(erp, "payments", *(payment(f"P1{i}", "5") for i in range(10)))
    assert len(one) == len(ten)
