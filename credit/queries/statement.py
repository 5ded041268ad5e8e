"""The statement of account 对账单 of a period: every document, and the balance after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from credit.models import Allocation, Invoice, Payment
from credit.queries.receivables import open_parts
from credit.rules.receivables import OpenInvoice

KINDS = {
    "invoice": _("Invoice"),
    "credit_note": _("Credit note"),
    "payment": _("Payment"),
    "write_off": _("Write-off"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One document of the period; `balance` is what the customer owes after it."""

    on: date
    kind: str
    number: str
    due_on: date | None
    debit: Decimal
    credit: Decimal
    balance: Decimal

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])


@dataclass(frozen=True, kw_only=True)
class AccountStatement:
    """The statement of one account; the balance is below 0 where the customer has paid ahead."""

    since: date
    until: date
    opening: Decimal
    lines: list[Line]
    closing: Decimal
    unpaid: list[OpenInvoice]

    @property
    def unmatched(self) -> Decimal:
        """What was paid or credited and settles no invoice yet: unpaid less the balance."""
        return sum((each.open_amount for each in self.unpaid), -self.closing)


def balance_on(account_id: int, day: date) -> Decimal:
    """What an account owes at the end of a day: invoices less all that was taken off."""
    sums = (
        Invoice.objects.filter(account=account_id, issued_on__lte=day).aggregate(s=Sum("amount")),
        Payment.objects.filter(account=account_id, received_on__lte=day).aggregate(s=Sum("amount")),
        Allocation.objects.filter(
            invoice__account=account_id, write_off__isnull=False, effective_on__lte=day
        ).aggregate(s=Sum("amount")),
    )
    invoiced, paid, written_off = (found["s"] or Decimal(0) for found in sums)
    return invoiced - paid - written_off


def statement_of(account_id: int, since: date, until: date) -> AccountStatement:
    """The documents of a period by day, both days included, and what is unpaid at its end.

    Of an invoice in instalments each part is unpaid by itself, with the day it is due.
    """
    opening = balance_on(account_id, since - timedelta(days=1))
    balance, lines = opening, []
    for on, _order, kind, number, due_on, amount in sorted(
        _documents(account_id, since, until), key=lambda row: row[:4]
    ):
        balance += amount
        lines.append(
            Line(
                on=on,
                kind=kind,
                number=number,
                due_on=due_on,
                debit=max(amount, Decimal(0)),
                credit=max(-amount, Decimal(0)),
                balance=balance,
            )
        )
    invoices = Invoice.objects.filter(account=account_id, issued_on__lte=until, amount__gt=0)
    rows = invoices.in_bulk()
    unpaid = [
        OpenInvoice(
            number=rows[pk].invoice_number,
            issued_on=rows[pk].issued_on,
            due_on=due_on,
            open_amount=amount,
        )
        for pk, due_on, amount in open_parts(until, rows)
    ]
    unpaid.sort(key=lambda each: (each.due_on, each.issued_on, each.number))
    return AccountStatement(
        since=since, until=until, opening=opening, lines=lines, closing=balance, unpaid=unpaid
    )


Row = tuple[date, int, str, str, date | None, Decimal]


def _documents(account_id: int, since: date, until: date) -> list[Row]:
    rows: list[Row] = []
    for invoice in Invoice.objects.filter(account=account_id, issued_on__range=(since, until)):
        kind = "credit_note" if invoice.is_credit_note else "invoice"
        number, due_on = invoice.invoice_number, invoice.due_on
        rows.append((invoice.issued_on, 0, kind, number, due_on, invoice.amount))
    for payment in Payment.objects.filter(account=account_id, received_on__range=(since, until)):
        rows.append(
            (payment.received_on, 1, "payment", payment.payment_number, None, -payment.amount)
        )
    given_up = Allocation.objects.filter(
        invoice__account=account_id, write_off__isnull=False, effective_on__range=(since, until)
    ).select_related("invoice")
    for part in given_up:
        number = part.invoice.invoice_number
        rows.append((part.effective_on, 2, "write_off", number, None, -part.amount))
    return rows
