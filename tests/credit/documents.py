"""Plain functions that make invoices and payments as they stand in the ledger."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import Account
from credit.models import Invoice, Payment

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
