"""Invoices and credit notes as the ERP reports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from credit.models import Dispute, Invoice
from credit.rules.documents import InvoiceIn, PreparedInvoice, prepare_invoice
from credit.services import instalments, receiving
from credit.services.ledger import ZERO, Bill, Ledger, Source, redate
from kam.core import audit
from kam.core.bulk import BulkOutcome

if TYPE_CHECKING:
    from staff.models import User

# Placeholders of 0: nobody waits for a party's lock while he waits for a number.
_HEADS = """
INSERT INTO credit_invoice (invoice_number, account_id, order_number, issued_on, due_on, currency,
    exchange_rate, document_amount, amount, created_at, updated_at)
SELECT given.number, given.account_id, '', given.issued_on, given.due_on, given.currency, 1, 0, 0,
    now(), now()
FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::date[], %s::text[])
    AS given (number, account_id, issued_on, due_on, currency)
ORDER BY given.number COLLATE "C"
ON CONFLICT (invoice_number) DO NOTHING
RETURNING invoice_number
"""
_CONTENT = """
UPDATE credit_invoice AS stored SET
    account_id = given.account_id, order_number = given.order_number,
    issued_on = given.issued_on, due_on = given.due_on, currency = given.currency,
    exchange_rate = given.exchange_rate, document_amount = given.document_amount,
    amount = given.amount, settled = given.settled,
    disputed = coalesce(given.disputed, stored.disputed) OR EXISTS (
        SELECT FROM credit_dispute
        WHERE invoice_id = stored.id AND settled_on IS NULL
    ), updated_at = now()
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::date[], %s::date[], %s::text[],
            %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::bool[])
    AS given (id, account_id, order_number, issued_on, due_on, currency, exchange_rate,
              document_amount, amount, settled, disputed)
WHERE stored.id = given.id
"""

Change = tuple[Invoice, PreparedInvoice]


@transaction.atomic
def upsert_invoices(
    rows: Iterable[tuple[int, InvoiceIn]],
    *,
    actor: User,
    atomic: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Store each invoice, or bring the stored one to what is said here.

    New and raised invoices take up credit that was left over; what a lowered one has too much
    goes back to its payments and settles others. rows, atomic, outcome: as in
    `sales.services.orders.upsert_orders`.
    """
    if outcome is None:
        rows = list(rows)
        outcome = BulkOutcome(received=len(rows))
    good, account_ids = receiving.read_rows(
        rows, outcome, check=prepare_invoice, key="invoice_number", atomic=atomic
    )
    given = _differing(good.values(), account_ids)
    if given:
        created = _insert_heads(given, account_ids)
        outcome.created = len(created)
        outcome.updated = _store(given, account_ids, created, actor)
    return audit.record_call(outcome, "credit.invoices_synced", actor=actor)


def _content(row: PreparedInvoice, account_ids: dict[str, int]) -> dict[str, Any]:
    content = {
        "account_id": account_ids[row.account_number],
        "order_number": row.order_number,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "currency": row.currency,
        "exchange_rate": row.exchange_rate,
        "document_amount": row.document_amount,
        "amount": row.amount,
    }
    return content if row.disputed is None else {**content, "disputed": row.disputed}


def _read(numbers: Collection[str]) -> Sequence[Invoice]:
    found = Invoice.objects.filter(invoice_number__in=list(numbers))
    open_disputes = Dispute.objects.filter(invoice=OuterRef("pk"), settled_on=None)
    return list(found.annotate(contested=Exists(open_disputes)))  # type: ignore[no-redef]


def _differs(invoice: Invoice, row: PreparedInvoice, account_ids: dict[str, int]) -> bool:
    """Whether the stored invoice is another one; it stays disputed while a dispute is open."""
    content = _content(row, account_ids)
    if invoice.contested:
        content["disputed"] = True
    return receiving.differs(invoice, content)


def _differing(
    rows: Iterable[PreparedInvoice], account_ids: dict[str, int]
) -> dict[str, PreparedInvoice]:
    """Without those that are stored just so, so that a replay locks nothing."""
    given = {row.number: row for row in rows}
    for invoice in _read(given):
        if not _differs(invoice, given[invoice.invoice_number], account_ids):
            del given[invoice.invoice_number]
    return given


def _insert_heads(given: dict[str, PreparedInvoice], account_ids: dict[str, int]) -> set[str]:
    """Make the invoices that are not there yet; their numbers."""
    rows = [
        (number, account_ids[row.account_number], row.issued_on, row.due_on, row.currency)
        for number, row in given.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [list(column) for column in zip(*rows, strict=True)])
        return {number for (number,) in cursor.fetchall()}


def _store(
    given: dict[str, PreparedInvoice], account_ids: dict[str, int], created: set[str], actor: User
) -> int:
    """Write what differs under the locks of the parties; how many were not new."""
    wanted = {account_ids[row.account_number] for row in given.values()}
    wanted |= receiving.debtors_of({row.order_number for row in given.values()} - {""})
    documents, accounts = receiving.locked_documents(lambda: _read(given), wanted)
    changes: list[Change] = [
        (documents[number], row)
        for number, row in given.items()
        if number in created or _differs(documents[number], row, account_ids)
    ]
    ledger = Ledger(accounts)
    ledger.read_invoices([invoice.pk for invoice, _row in changes])
    _settle(ledger, changes, account_ids)
    _write(ledger, changes)
    order_numbers = {invoice.order_number for invoice, _row in changes}
    order_numbers |= {row.order_number for _invoice, row in changes}
    receiving.decide_again(accounts, order_numbers - {""}, actor=actor)
    return len(changes) - len(created)


def _settle(ledger: Ledger, changes: Sequence[Change], account_ids: dict[str, int]) -> None:
    """Bring the bills to what is said, and their settlement with them."""
    freed: list[Source] = []
    risen: list[Bill] = []
    for invoice, row in changes:
        bill = ledger.bills[invoice.pk]
        account_id = account_ids[row.account_number]
        sources = _give_back(ledger, bill, row, account_id)
        if row.amount > bill.amount or bill.account_id != account_id:
            risen.append(bill)
        ledger.forget_queue(bill.account_id)
        ledger.forget_queue(account_id)
        bill.account_id, bill.amount = account_id, row.amount
        bill.issued_on, bill.due_on = row.issued_on, row.due_on
        if row.amount < 0:
            sources.append(bill)
        freed += [source for source in sources if not source.told]
    ledger.place_all(freed)
    ledger.take_up(risen)


def _give_back(ledger: Ledger, bill: Bill, row: PreparedInvoice, account_id: int) -> list[Source]:
    """Undo what no longer fits an amended invoice; the sources with money left again."""
    if bill.amount < 0:
        ledger.free_source(bill)
        return []
    if row.amount < 0:
        return ledger.free_bill(bill, ZERO)
    if bill.account_id != account_id:
        return ledger.free_bill(bill, min(ledger.written_off(bill), row.amount))
    return ledger.free_bill(bill, row.amount)


def _write(ledger: Ledger, changes: Sequence[Change]) -> None:
    rows = [
        (
            invoice.pk,
            ledger.bills[invoice.pk].account_id,
            row.order_number,
            row.issued_on,
            row.due_on,
            row.currency,
            row.exchange_rate,
            row.document_amount,
            row.amount,
            ledger.bills[invoice.pk].settled,
            row.disputed,
        )
        for invoice, row in changes
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [list(column) for column in zip(*rows, strict=True)])
    ledger.write()
    changed = [invoice.pk for invoice, _row in changes]
    redate(invoices=changed)
    instalments.fit(changed)
