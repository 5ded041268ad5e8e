"""What holds after any sequence of invoices, credit notes and payments."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit.models import Invoice, Payment
from credit.queries.receivables import aging
from credit.rules.documents import AllocationIn, InvoiceIn, PaymentIn
from credit.rules.receivables import AgingPolicy, OpenInvoice, allocate
from credit.services.invoices import upsert_invoices
from credit.services.ledger import Ledger
from credit.services.payments import upsert_payments
from tests.credit.documents import assert_books_balance
from tests.factories import make_account, make_service_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
relaxed = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
amounts = st.decimals(Decimal("-200"), Decimal("300"), places=4)
days = st.integers(0, 90).map(lambda n: DAY + timedelta(days=n))
accounts = st.sampled_from(["K1", "K1", "K1", "K2"])


@st.composite
def invoices(draw):
    issued_on = draw(days)
    return InvoiceIn(
        invoice_number=draw(st.sampled_from(["I1", "I2", "I3", "I4"])),
        account_number=draw(accounts),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=draw(st.integers(0, 60))),
        amount=draw(amounts),
    )


@st.composite
def payments(draw):
    parts = st.lists(
        st.builds(
            AllocationIn,
            invoice_number=st.sampled_from(["I1", "I2", "I3", "I4"]),
            amount=st.decimals(Decimal("0.0001"), Decimal("150"), places=4),
        ),
        max_size=2,
    )
    return PaymentIn(
        payment_number=draw(st.sampled_from(["P1", "P2", "P3"])),
        account_number=draw(accounts),
        received_on=draw(days),
        amount=draw(st.decimals(0, 300, places=4)),
        allocations=draw(st.none() | parts),
    )


@pytest.fixture
def actor(db):
    make_account(account_number="K1")
    make_account(account_number="K2")
    return make_service_user()


def clear():
    for document in (*Invoice.objects.all(), *Payment.objects.all()):
        document.allocations.all().delete()
    Payment.objects.all().delete()
    Invoice.objects.all().delete()


@relaxed
@given(st.lists(invoices() | payments(), min_size=1, max_size=8))
def test_the_books_balance_to_the_last_ten_thousandth(actor, documents):
    clear()
    for document in documents:
        upsert = upsert_invoices if isinstance(document, InvoiceIn) else upsert_payments
        upsert([(0, document)], actor=actor)

    assert_books_balance()
    untold = Payment.objects.filter(instructions__isnull=True)
    for payment in untold:
        owed = Invoice.objects.filter(account=payment.account_id).unpaid().exists()
        assert payment.allocated == payment.amount or not owed
    unpaid = sum(row.open_amount for row in Invoice.objects.unpaid())
    later = date(2027, 1, 1)
    buckets = aging(later, accounts=None, policy=AgingPolicy())
    assert sum(aged.amount for aged in buckets.values()) == unpaid


@relaxed
@given(
    st.lists(st.tuples(days, st.decimals(Decimal("0.0001"), 100, places=4)), max_size=6),
    st.decimals(Decimal("0.0001"), 400, places=4),
)
def test_a_payment_settles_as_the_rule_says(actor, owed, amount):
    clear()
    rows = [
        InvoiceIn(
            invoice_number=f"N{place}",
            account_number="K1",
            issued_on=DAY,
            due_on=due_on,
            amount=part,
        )
        for place, (due_on, part) in enumerate(owed)
    ]
    upsert_invoices(list(enumerate(rows)), actor=actor)
    payment = PaymentIn(payment_number="P", account_number="K1", received_on=DAY, amount=amount)
    upsert_payments([(0, payment)], actor=actor)

    expected = allocate(
        amount,
        [
            OpenInvoice(
                number=row.invoice_number,
                issued_on=row.issued_on,
                due_on=row.due_on,
                open_amount=row.amount,
            )
            for row in rows
        ],
    )
    stored = Payment.objects.get()
    parts = stored.allocations.values_list("invoice__invoice_number", "amount")
    assert dict(parts) == dict(expected.parts)
    assert stored.unallocated == expected.unallocated


def test_control_what_is_kept_in_full_cents_does_not_balance(actor, monkeypatch):
    store = Ledger._store_settled

    def in_cents(self, pks):
        for pk in pks:
            self.bills[pk].settled = round(self.bills[pk].settled, 2)
        store(self, pks)

    monkeypatch.setattr(Ledger, "_store_settled", in_cents)
    amount = Decimal("100.0001")
    bill = InvoiceIn(
        invoice_number="I1", account_number="K1", issued_on=DAY, due_on=DAY, amount=amount
    )
    upsert_invoices([(0, bill)], actor=actor)
    payment = PaymentIn(payment_number="P1", account_number="K1", received_on=DAY, amount=amount)
    upsert_payments([(0, payment)], actor=actor)

    with pytest.raises(AssertionError):
        assert_books_balance()
