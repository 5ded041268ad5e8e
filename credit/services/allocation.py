"""Allocations changed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.services import kept_live
from credit.models import Payment
from credit.rules.receivables import AllocationError, OpenInvoice, allocate_as_told
from credit.services import receiving
from credit.services.ledger import Bill, Ledger, Receipt, Source
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

MESSAGES = {
    "unknown_invoice": gettext_noop("This account has no invoice %(number)s."),
    "not_positive": gettext_noop("What invoice %(number)s gets must be above 0."),
    "twice": gettext_noop("Invoice %(number)s is there twice."),
    "over_invoice": gettext_noop("More than is open of invoice %(number)s."),
    "over_payment": gettext_noop("Together that is more than the payment."),
}


@transaction.atomic
def reallocate(
    payment: Payment, *, told: Sequence[tuple[str, Decimal]], reason: str, actor: User
) -> None:
    """Let a payment settle these invoices and no others; the rest stays as unallocated credit.

    What the ERP said of it stays, so sending the same payment again does not undo this. Credit
    that nobody told what to settle gives way; it settles other open invoices, oldest due first.
    RuleViolation: the codes of `AllocationError`.
    """
    numbers = [number for number, _part in told]
    kept_live([payment.account_id])
    documents, accounts = receiving.locked_documents(
        lambda: list(Payment.objects.filter(pk=payment.pk)), {payment.account_id}
    )
    (stored,) = documents.values()
    ledger = Ledger(accounts)
    ledger.read_payments([stored.pk])
    bills = ledger.read_numbers(numbers)
    ledger.read_invoices([bill.pk for bill in bills.values()])
    receipt = ledger.receipts[stored.pk]
    before = {ledger.bills[pk].number: str(part) for pk, part in ledger.settled_by(receipt).items()}
    if told:
        _check(told, _as_if_free(ledger, receipt, list(bills.values())), receipt.amount)
    ledger.free_source(receipt)
    receipt.told = True  # what it has left was left on purpose
    freed: list[Source] = []
    for number, part in told:
        freed += ledger.make_room(bills[number], part)
        ledger.settle(bills[number], receipt, part)
    ledger.place_all(freed)
    ledger.take_up([])
    ledger.write()
    Payment.objects.filter(pk=stored.pk).update(by_hand=True)
    changes = {"allocations": [before, {number: str(part) for number, part in told}]}
    audit.record(stored, "credit.payment_reallocated", actor=actor, changes=changes, reason=reason)
    receiving.decide_again(accounts, (), actor=actor)


def _as_if_free(ledger: Ledger, receipt: Receipt, bills: Sequence[Bill]) -> list[OpenInvoice]:
    """What would be open of these invoices of the payer if this payment settled nothing."""
    own = ledger.settled_by(receipt) if receipt.told else {}  # else it yields to itself
    return [
        OpenInvoice(
            number=bill.number,
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            open_amount=bill.open + ledger.yielding(bill) + own.get(bill.pk, Decimal(0)),
        )
        for bill in bills
        if bill.account_id == receipt.account_id
    ]


def _check(
    told: Sequence[tuple[str, Decimal]], invoices: list[OpenInvoice], amount: Decimal
) -> None:
    try:
        allocate_as_told(amount, told, invoices)
    except AllocationError as error:
        message = _(MESSAGES[error.code]) % {"number": error.number}
        raise RuleViolation(error.code, message) from error
