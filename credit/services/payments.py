"""Payments as the ERP reports them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from credit.models import Payment
from credit.rules.documents import PaymentIn, PreparedPayment, prepare_payment
from credit.services import receiving
from credit.services.ledger import Bill, Ledger, Receipt, Source, redate
from kam.core import audit
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from sales.rules import FieldError
from sales.wording import refusal

if TYPE_CHECKING:
    from staff.models import User

_HEADS = """
INSERT INTO credit_payment (payment_number, account_id, received_on, currency, exchange_rate,
    document_amount, amount, created_at, updated_at)
SELECT given.number, given.account_id, given.received_on, given.currency, 1, 0, 0, now(), now()
FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::text[])
    AS given (number, account_id, received_on, currency)
ORDER BY given.number COLLATE "C"
ON CONFLICT (payment_number) DO NOTHING
RETURNING payment_number
"""
_CONTENT = """
UPDATE credit_payment AS stored SET
    account_id = given.account_id, received_on = given.received_on, currency = given.currency,
    exchange_rate = given.exchange_rate, document_amount = given.document_amount,
    amount = given.amount, allocated = given.allocated, instructions = given.instructions,
    by_hand = false, updated_at = now()
FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[], %s::numeric[], %s::numeric[],
            %s::numeric[], %s::numeric[], %s::jsonb[])
    AS given (id, account_id, received_on, currency, exchange_rate, document_amount, amount,
              allocated, instructions)
WHERE stored.id = given.id
"""

Rows = dict[int, PreparedPayment]  # by their place in the call
Change = tuple[Payment, PreparedPayment]


@transaction.atomic
def upsert_payments(
    rows: Iterable[tuple[int, PaymentIn]],
    *,
    actor: User,
    atomic: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Store each payment, or bring the stored one to what is said here, and settle invoices.

    A payment settles the invoices it names, or else the oldest due; an amended one is settled
    anew. In the order of the call. rows, atomic, outcome: as in
    `sales.services.orders.upsert_orders`.
    """
    if outcome is None:
        rows = list(rows)
        outcome = BulkOutcome(received=len(rows))
    good, account_ids = receiving.read_rows(
        rows, outcome, check=prepare_payment, key="payment_number", atomic=atomic
    )
    given = _differing(good, account_ids)
    if given:
        _store(given, account_ids, outcome, atomic=atomic, actor=actor)
    return audit.record_call(outcome, "credit.payments_synced", actor=actor)


def _content(row: PreparedPayment, account_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "account_id": account_ids[row.account_number],
        "received_on": row.received_on,
        "currency": row.currency,
        "exchange_rate": row.exchange_rate,
        "document_amount": row.document_amount,
        "amount": row.amount,
        "instructions": row.instructions,
    }


def _read(numbers: Collection[str]) -> Sequence[Payment]:
    return list(Payment.objects.filter(payment_number__in=list(numbers)))


def _differing(rows: Rows, account_ids: dict[str, int]) -> Rows:
    """Without those that are stored just so, so that a replay locks nothing."""
    known = {
        payment.payment_number: payment for payment in _read({r.number for r in rows.values()})
    }
    return {
        index: row
        for index, row in rows.items()
        if row.number not in known
        or receiving.differs(known[row.number], _content(row, account_ids))
    }


def _store(
    given: Rows, account_ids: dict[str, int], outcome: BulkOutcome, *, atomic: bool, actor: User
) -> None:
    """Write what differs under the locks of the parties; refuse what cannot be as told."""
    created = _insert_heads(given.values(), account_ids)
    wanted = {account_ids[row.account_number] for row in given.values()}
    numbers = {row.number for row in given.values()}
    documents, accounts = receiving.locked_documents(lambda: _read(numbers), wanted)
    rows = {
        index: row
        for index, row in given.items()
        if row.number in created
        or receiving.differs(documents[row.number], _content(row, account_ids))
    }
    ledger = Ledger(accounts)
    ledger.read_payments([documents[row.number].pk for row in rows.values()])
    refused = _settle(ledger, rows, documents, account_ids)
    for error in refused:
        outcome.reject(error)
    if atomic and outcome.rejected:
        raise BulkRejected(outcome)
    bad = {error.key for error in refused}
    changes = [(documents[row.number], row) for row in rows.values() if row.number not in bad]
    _write(ledger, changes)
    Payment.objects.filter(payment_number__in=created & bad).delete()
    stored = {row.number for _payment, row in changes}
    outcome.created, outcome.updated = len(stored & created), len(stored - created)
    receiving.decide_again(accounts, (), actor=actor)


def _insert_heads(rows: Collection[PreparedPayment], account_ids: dict[str, int]) -> set[str]:
    """Make the payments that are not there yet; their numbers."""
    values = [
        (row.number, account_ids[row.account_number], row.received_on, row.currency) for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [list(column) for column in zip(*values, strict=True)])
        return {number for (number,) in cursor.fetchall()}


def _settle(
    ledger: Ledger, rows: Rows, documents: dict[str, Payment], account_ids: dict[str, int]
) -> list[RowError]:
    """Let the payments settle what they are for, one after the other; why some cannot."""
    told = {part.invoice_number for row in rows.values() for part in row.told or ()}
    bills = ledger.read_numbers(told)
    ledger.read_invoices([bill.pk for bill in bills.values()])
    refused: list[RowError] = []
    freed: list[Source] = []
    for index, row in rows.items():
        receipt = ledger.receipts[documents[row.number].pk]
        account_id = account_ids[row.account_number]
        try:
            _check_told(ledger, receipt, row, account_id, bills)
        except FieldError as error:
            refused.append(refusal(index, row.number, error))
            continue
        ledger.free_source(receipt)
        receipt.account_id, receipt.amount = account_id, row.amount
        receipt.on, receipt.told = row.received_on, row.told is not None
        if row.told is None:
            ledger.place(receipt)
        for part in row.told or ():
            freed += ledger.make_room(bills[part.invoice_number], part.amount)
            ledger.settle(bills[part.invoice_number], receipt, part.amount)
    ledger.place_all(freed)
    ledger.take_up([])
    return refused


def _check_told(
    ledger: Ledger,
    receipt: Receipt,
    row: PreparedPayment,
    account_id: int,
    bills: dict[str, Bill],
) -> None:
    """Raise FieldError for an allocation to an invoice that cannot take it."""
    own = ledger.settled_by(receipt)
    for place, part in enumerate(row.told or ()):
        field, number = f"allocations.{place}", part.invoice_number
        bill = bills.get(number)
        if bill is None:
            detail = _("There is no invoice %s.") % number
            raise FieldError(f"{field}.invoice_number", "unknown_invoice", detail)
        if bill.account_id != account_id:
            detail = _("Invoice %s is another account's.") % number
            raise FieldError(f"{field}.invoice_number", "other_account", detail)
        room = bill.open + ledger.yielding(bill)
        if part.amount > (room + own.get(bill.pk, 0) if receipt.told else room):
            detail = _("More than is open of invoice %s.") % number
            raise FieldError(f"{field}.amount", "over_invoice", detail)


def _write(ledger: Ledger, changes: Sequence[Change]) -> None:
    rows = [
        (
            payment.pk,
            ledger.receipts[payment.pk].account_id,
            row.received_on,
            row.currency,
            row.exchange_rate,
            row.document_amount,
            row.amount,
            ledger.receipts[payment.pk].allocated,
            None if row.told is None else json.dumps(row.instructions),
        )
        for payment, row in changes
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [list(column) for column in zip(*rows, strict=True)])
    ledger.write()
    redate(payments=[payment.pk for payment, _row in changes])
