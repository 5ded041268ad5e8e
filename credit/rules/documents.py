"""Invoices and payments as a client sends them, checked and converted: no Django.

Shapes are those of the REST contract (POST /invoices/bulk/, POST /payments/bulk/); what becomes
of them is in docs/policies/credit.md section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import msgspec

from sales.rules import (
    AccountNumber,
    Currency,
    FieldError,
    Key,
    check_key,
    fit_amount,
    fit_rate,
    gettext_noop,
    line_amount,
)

_ONE = Decimal(1)
MOST = Decimal(10) ** 12  # one document; so that the sums of an account fit their columns
StoredRate = Callable[[str, date], Decimal | None]
OrderNumber = Annotated[str, msgspec.Meta(max_length=60)]


class InvoiceIn(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """One invoice as a client sends it; a negative amount is a credit note 贷项凭证."""

    invoice_number: Key
    account_number: AccountNumber
    issued_on: date
    due_on: date
    amount: Decimal
    order_number: OrderNumber | None = None
    currency: Currency | None = None
    disputed: bool | msgspec.UnsetType = msgspec.UNSET


class AllocationIn(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """A part of a payment that is meant for one invoice, in the currency of the payment."""

    invoice_number: Key
    amount: Decimal


class PaymentIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One payment as a client sends it; without allocations the oldest due is settled first."""

    payment_number: Key
    account_number: AccountNumber
    received_on: date
    amount: Decimal
    currency: Currency | None = None
    allocations: list[AllocationIn] | None = None


@dataclass(frozen=True, slots=True)
class PreparedInvoice:
    """A checked invoice, ready to be stored; `disputed` None leaves it as it is."""

    number: str
    account_number: str
    order_number: str
    issued_on: date
    due_on: date
    currency: str
    exchange_rate: Decimal
    document_amount: Decimal
    amount: Decimal
    disputed: bool | None


@dataclass(frozen=True, slots=True)
class Told:
    """One allocation as told: the invoice, in the payment's currency, in the reporting one."""

    invoice_number: str
    document_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PreparedPayment:
    """A checked payment, ready to be stored; `told` None: oldest due first."""

    number: str
    account_number: str
    received_on: date
    currency: str
    exchange_rate: Decimal
    document_amount: Decimal
    amount: Decimal
    told: tuple[Told, ...] | None

    @property
    def instructions(self) -> list[list[str]] | None:
        """What was told, as it is stored."""
        if self.told is None:
            return None
        return [[told.invoice_number, str(told.document_amount)] for told in self.told]


def prepare_invoice(
    invoice: InvoiceIn, *, reporting_currency: str, stored_rate: StoredRate
) -> PreparedInvoice:
    """Check one invoice and convert its amount; raises FieldError with the first thing wrong."""
    _check_number("invoice_number", invoice.invoice_number)
    check_key("account_number", invoice.account_number)
    order_number = invoice.order_number or ""
    if order_number:
        check_key("order_number", order_number)
    if invoice.due_on < invoice.issued_on:
        raise FieldError(
            "due_on",
            "due_before_issue",
            gettext_noop("Due on %(due)s, before it was issued on %(issued)s."),
            due=invoice.due_on,
            issued=invoice.issued_on,
        )
    currency = invoice.currency or reporting_currency
    rate = _rate(currency, invoice.issued_on, reporting_currency, stored_rate)
    document_amount = fit_amount(invoice.amount, "amount")
    return PreparedInvoice(
        number=invoice.invoice_number,
        account_number=invoice.account_number,
        order_number=order_number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=currency,
        exchange_rate=rate,
        document_amount=document_amount,
        amount=_converted(document_amount, rate, "amount"),
        disputed=None if invoice.disputed is msgspec.UNSET else invoice.disputed,
    )


def prepare_payment(
    payment: PaymentIn, *, reporting_currency: str, stored_rate: StoredRate
) -> PreparedPayment:
    """Check one payment and convert its amounts; raises FieldError with the first thing wrong.

    A payment of 0 is one that was taken back; a negative one is refused.
    """
    _check_number("payment_number", payment.payment_number)
    check_key("account_number", payment.account_number)
    currency = payment.currency or reporting_currency
    rate = _rate(currency, payment.received_on, reporting_currency, stored_rate)
    document_amount = fit_amount(payment.amount, "amount")
    if document_amount < 0:
        raise FieldError("amount", "not_positive", gettext_noop("A payment is not below 0."))
    amount = _converted(document_amount, rate, "amount")
    told = None
    if payment.allocations is not None:
        told = _told(payment.allocations, document_amount, amount, rate)
    return PreparedPayment(
        number=payment.payment_number,
        account_number=payment.account_number,
        received_on=payment.received_on,
        currency=currency,
        exchange_rate=rate,
        document_amount=document_amount,
        amount=amount,
        told=told,
    )


def _told(
    allocations: Sequence[AllocationIn], document_amount: Decimal, amount: Decimal, rate: Decimal
) -> tuple[Told, ...]:
    """The parts in the reporting currency; rounding never makes them more than the payment."""
    parts: list[Told] = []
    seen: set[str] = set()
    document_left, left = document_amount, amount
    for place, allocation in enumerate(allocations):
        number, field = allocation.invoice_number, f"allocations.{place}"
        check_key(f"{field}.invoice_number", number)
        if number in seen:
            raise FieldError(
                f"{field}.invoice_number",
                "twice",
                gettext_noop("%(name)s is there twice."),
                name=number,
            )
        seen.add(number)
        part = fit_amount(allocation.amount, f"{field}.amount")
        if part <= 0:
            raise FieldError(
                f"{field}.amount", "not_positive", gettext_noop("An allocation is above 0.")
            )
        document_left -= part
        if document_left < 0:
            detail = gettext_noop("The allocations are more than the payment.")
            raise FieldError(f"{field}.amount", "over_payment", detail)
        converted = min(_converted(part, rate, f"{field}.amount"), left)
        left -= converted
        if converted > 0:
            parts.append(Told(number, part, converted))
    return tuple(parts)


def _check_number(field: str, number: str) -> None:
    """A key that can stand in an address, slashes included."""
    check_key(field, number)
    if not {".", ".."}.isdisjoint(number.split("/")):
        raise FieldError(
            field, "reserved", gettext_noop("A number may not have “.” or “..” between slashes.")
        )


def _rate(currency: str, day: date, reporting_currency: str, stored_rate: StoredRate) -> Decimal:
    if currency == reporting_currency:
        return _ONE
    rate = stored_rate(currency, day)
    if rate is None:
        text = gettext_noop("No exchange rate is stored for %(currency)s on %(day)s.")
        raise FieldError("currency", "no_exchange_rate", text, currency=currency, day=day)
    return fit_rate(rate, "currency")


def _converted(value: Decimal, rate: Decimal, field: str) -> Decimal:
    try:
        converted = line_amount(value, _ONE, rate)
    except InvalidOperation:
        converted = MOST
    if abs(converted) >= MOST:
        raise FieldError(field, "out_of_range", gettext_noop("The amount is too large."))
    return converted
