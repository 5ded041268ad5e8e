"""Plain functions that make invoices and payments as they stand in the ledger."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import Account
from credit.models import Allocation, CreditParty, Invoice, Payment

_numbers = count(1)


def make_invoice(
    account: Account, amount: Decimal | str | int = "100.00", **fields: Any
) -> Invoice:
    """An invoice in the reporting currency, issued on 2026-01-01 and due on 2026-01-31."""
    values = {
        "invoice_number": f"I{next(_numbers):06}",
        "issued_on": date(2026, 1, 1),
        "due_on": date(2026, 1, 31),
        "currency": "CNY",
        "document_amount": Decimal(amount),
        "amount": Decimal(amount),
    }
    return Invoice.objects.create(account=account, **values | fields)


def make_payment(
    account: Account, amount: Decimal | str | int = "100.00", **fields: Any
) -> Payment:
    """A payment in the reporting currency, received on 2026-02-10, that settles nothing yet."""
    values = {
        "payment_number": f"P{next(_numbers):06}",
        "received_on": date(2026, 2, 10),
        "currency": "CNY",
        "document_amount": Decimal(amount),
        "amount": Decimal(amount),
    }
    return Payment.objects.create(account=account, **values | fields)


def assert_books_balance() -> None:
    """Whatever was sent: settled and allocated are the sums of the allocations."""
    for row in Invoice.objects.all():
        onto = sum(part.amount for part in row.allocations.all())
        assert row.settled == onto - sum(part.amount for part in row.applied.all())
    for row in Payment.objects.all():
        assert row.allocated == sum(part.amount for part in row.allocations.all())
    for part in Allocation.objects.select_related("invoice", "payment", "credit_note"):
        source = part.payment or part.credit_note
        assert source.account_id == part.invoice.account_id
        since = getattr(source, "received_on", None) or source.issued_on
        assert part.effective_on == max(since, part.invoice.issued_on)
    for party in CreditParty.objects.all():
        unpaid = Invoice.objects.filter(account=party.account_id, open_amount__gt=0)
        assert party.invoiced == sum(row.open_amount for row in unpaid)
