# ruff: noqa: S608 - put together from nothing but the constants of this module
"""Which payment or credit note settles which invoice: worked out in memory, written in sets.

Whoever changes invoices, payments or allocations of an account holds its party's lock
(`CreditParty.objects.locked`) from before he reads them: the party is the mutex of the account's
receivables, so nothing read here changes before it is written. The lock comes before that of any
invoice or payment. Rules: docs/policies/credit.md section 8.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.db import connection

Kind = Literal["payment", "credit_note", "write_off"]
ZERO = Decimal(0)


@dataclass(slots=True)
class Bill:
    """An invoice; with a negative amount a credit note, which settles others."""

    pk: int
    number: str
    account_id: int
    issued_on: date
    due_on: date
    amount: Decimal
    settled: Decimal

    # as a source of money
    kind: ClassVar[Kind] = "credit_note"
    told: ClassVar[bool] = False

    @property
    def open(self) -> Decimal:
        return self.amount - self.settled

    @property
    def on(self) -> date:
        return self.issued_on

    @property
    def left(self) -> Decimal:
        return max(-self.open, ZERO)

    def use(self, part: Decimal) -> None:
        self.settled -= part


@dataclass(slots=True)
class Receipt:
    """A payment; `told`, by its sender or by hand: only new invoices are settled beside that."""

    pk: int
    number: str
    account_id: int
    on: date
    amount: Decimal
    allocated: Decimal
    told: bool
    kind: ClassVar[Kind] = "payment"

    @property
    def left(self) -> Decimal:
        return self.amount - self.allocated

    def use(self, part: Decimal) -> None:
        self.allocated += part


Source = Bill | Receipt


@dataclass(slots=True)
class _Part:
    """What a source settles of a bill; pk: 0 until it is stored."""

    pk: int
    bill_id: int
    kind: Kind
    source_id: int
    amount: Decimal
    effective_on: date


def oldest_first(bill: Bill) -> tuple[date, date, str]:
    """By due date; of the same one by date of issue, then by number."""
    return bill.due_on, bill.issued_on, bill.number


def first_come(source: Source) -> tuple[date, str, str]:
    """By day; of the same one credit notes before payments, then by number."""
    return source.on, source.kind, source.number


class Ledger:
    """The open receivables of some accounts, and all that concerns some of their documents."""

    def __init__(self, account_ids: Collection[int]) -> None:
        """Read what is open; the caller holds the locks of these accounts' parties."""
        accounts = sorted(account_ids)
        self.bills: dict[int, Bill] = {}
        self.receipts: dict[int, Receipt] = {}
        self._parts: dict[tuple[int, Kind, int], _Part] = {}
        self._of_bill: dict[int, list[_Part]] = defaultdict(list)
        self._of_source: dict[tuple[Kind, int], list[_Part]] = defaultdict(list)
        self._deltas: dict[tuple[int, Kind, int], Decimal] = defaultdict(Decimal)
        self._reopened: set[int] = set()
        self._queues: dict[int, list[Bill]] = {}
        self._read_bills("account_id = ANY(%s) AND open_amount <> 0", accounts)
        self._read_receipts("account_id = ANY(%s) AND allocated < amount", accounts)

    # --- reading
    def read_invoices(self, pks: Collection[int]) -> None:
        """These invoices, what settled them, and what they settle as credit notes."""
        self._read_bills("id = ANY(%s)", self._missing(pks, self.bills))
        given = sorted(pks)
        self._read_parts("invoice_id = ANY(%s) OR credit_note_id = ANY(%s)", given, given)

    def read_payments(self, pks: Collection[int]) -> None:
        """These payments and what they settle."""
        self._read_receipts("id = ANY(%s)", self._missing(pks, self.receipts))
        self._read_parts("payment_id = ANY(%s)", sorted(pks))

    def read_numbers(self, numbers: Collection[str]) -> dict[str, Bill]:
        """The invoices of these numbers, by number."""
        known = {bill.number: bill for bill in self.bills.values() if bill.number in numbers}
        if missing := [number for number in numbers if number not in known]:
            known |= {b.number: b for b in self._read_bills("invoice_number = ANY(%s)", missing)}
        return known

    @staticmethod
    def _missing(pks: Iterable[int], known: Collection[int]) -> list[int]:
        return sorted(pk for pk in pks if pk not in known)

    def _read_bills(self, condition: str, values: Sequence[Any]) -> list[Bill]:
        rows = self._rows(
            f"""SELECT id, invoice_number, account_id, issued_on, due_on, amount, settled
                FROM credit_invoice WHERE {condition}""",
            values,
        )
        bills = [Bill(*row) for row in rows]
        self.bills |= {bill.pk: bill for bill in bills}
        return bills

    def _read_receipts(self, condition: str, values: Sequence[Any]) -> None:
        rows = self._rows(
            f"""SELECT id, payment_number, account_id, received_on, amount, allocated,
                    instructions IS NOT NULL OR by_hand
                FROM credit_payment WHERE {condition}""",
            values,
        )
        self.receipts |= {row[0]: Receipt(*row) for row in rows}

    def _read_parts(self, condition: str, *values: Sequence[int]) -> None:
        """Allocations, with the documents at both their ends."""
        rows = self._rows(
            f"""SELECT id, invoice_id,
                    CASE WHEN payment_id IS NOT NULL THEN 'payment'
                         WHEN credit_note_id IS NOT NULL THEN 'credit_note'
                         ELSE 'write_off' END,
                    coalesce(payment_id, credit_note_id, write_off_id), amount, effective_on
                FROM credit_allocation WHERE {condition}""",
            *values,
        )
        parts = [_Part(*row) for row in rows]
        for part in parts:
            self._know(part)
        ends = {part.bill_id for part in parts}
        ends |= {part.source_id for part in parts if part.kind == "credit_note"}
        self._read_bills("id = ANY(%s)", self._missing(ends, self.bills))
        payments = {part.source_id for part in parts if part.kind == "payment"}
        self._read_receipts("id = ANY(%s)", self._missing(payments, self.receipts))

    @staticmethod
    def _rows(sql: str, *values: Sequence[Any]) -> list[Any]:
        if not any(values):
            return []
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(each) for each in values])
            return cursor.fetchall()

    # --- working out
    def settle(self, bill: Bill, source: Source, part: Decimal) -> None:
        """Let a source settle a part of a bill; a negative part is given back."""
        bill.settled += part
        source.use(part)
        self._part(bill, source).amount += part
        self._deltas[bill.pk, source.kind, source.pk] += part

    def _part(self, bill: Bill, source: Source) -> _Part:
        """What is known of a source and a bill; a new one when there is nothing yet."""
        part = self._parts.get((bill.pk, source.kind, source.pk))
        return part or self._know(
            _Part(0, bill.pk, source.kind, source.pk, ZERO, max(source.on, bill.issued_on))
        )

    def _know(self, part: _Part) -> _Part:
        key = part.bill_id, part.kind, part.source_id
        if key not in self._parts:
            self._parts[key] = part
            self._of_bill[part.bill_id].append(part)
            self._of_source[part.kind, part.source_id].append(part)
        return part

    def settled_by(self, source: Source) -> dict[int, Decimal]:
        """What a payment or credit note settles of which invoice."""
        return {part.bill_id: part.amount for part in self._of_source[source.kind, source.pk]}

    def written_off(self, bill: Bill) -> Decimal:
        """What was written off of an invoice."""
        parts = self._of_bill[bill.pk]
        return sum((part.amount for part in parts if part.kind == "write_off"), ZERO)

    def free_source(self, source: Source) -> None:
        """Give back all that a payment or credit note settles; its invoices are open again."""
        for part in list(self._of_source[source.kind, source.pk]):
            self._give_back(part, part.amount)

    def free_bill(self, bill: Bill, down_to: Decimal) -> list[Source]:
        """Give back what settled a bill beyond `down_to`, the latest first, write-offs last.

        The sources that have money left again.
        """
        latest_first = sorted(
            self._of_bill[bill.pk],
            key=lambda part: (part.kind != "write_off", part.effective_on, part.pk),
            reverse=True,
        )
        freed = []
        for part in latest_first:
            surplus = min(part.amount, bill.settled - down_to)
            if surplus > 0 and (source := self._give_back(part, surplus)):
                freed.append(source)
        return freed

    def yielding(self, bill: Bill) -> Decimal:
        """What credit settles of an invoice that nobody told to: it gives way to who is told."""
        return sum((part.amount for part, _source in self._untold(bill)), ZERO)

    def make_room(self, bill: Bill, wanted: Decimal) -> list[Source]:
        """Let such credit give way until so much of an invoice is open, the latest first."""
        freed = []
        for part, source in self._untold(bill):
            if (surplus := min(part.amount, wanted - bill.open)) > 0:
                self._give_back(part, surplus)
                freed.append(source)
        return freed

    def _untold(self, bill: Bill) -> list[tuple[_Part, Source]]:
        parts = (part for part in self._of_bill[bill.pk] if part.kind != "write_off")
        found = [(part, self._source(part)) for part in parts]
        latest_first = sorted(found, key=lambda each: first_come(each[1]), reverse=True)
        return [(part, source) for part, source in latest_first if not source.told]

    def _source(self, part: _Part) -> Source:
        found: dict[int, Any] = self.receipts if part.kind == "payment" else self.bills
        source: Source = found[part.source_id]
        return source

    def _give_back(self, part: _Part, amount: Decimal) -> Source | None:
        bill = self.bills[part.bill_id]
        self._reopened.add(bill.pk)
        self.forget_queue(bill.account_id)
        if part.kind == "write_off":
            part.amount -= amount
            bill.settled -= amount
            self._deltas[bill.pk, part.kind, part.source_id] -= amount
            return None
        source = self._source(part)
        self.settle(bill, source, -amount)
        return source

    def place_all(self, freed: Iterable[Source]) -> None:
        """Let sources that gave way settle other invoices, the earliest first."""
        distinct = {(source.kind, source.pk): source for source in freed}
        for source in sorted(distinct.values(), key=first_come):
            self.place(source)

    def place(self, source: Source) -> None:
        """Settle the open invoices of its account with what a source has left, oldest due first."""
        queue = self._queue(source.account_id)
        while queue and source.left > 0:
            bill = queue[-1]
            if part := min(source.left, max(bill.open, ZERO)):
                self.settle(bill, source, part)
            if bill.open <= 0:
                queue.pop()

    def _queue(self, account_id: int) -> list[Bill]:
        """The open invoices of an account, the oldest due last."""
        if account_id not in self._queues:
            bills = [b for b in self.bills.values() if b.account_id == account_id and b.open > 0]
            self._queues[account_id] = sorted(bills, key=oldest_first, reverse=True)
        return self._queues[account_id]

    def forget_queue(self, account_id: int) -> None:
        """A bill of this account has changed: look again which are open."""
        self._queues.pop(account_id, None)

    def take_up(self, bills: Collection[Bill]) -> None:
        """Settle these invoices with what was left over, and then those that are open again.

        What a payer left beyond what he told stays for invoices that are new.
        """
        self._take_up(bills, [*self.receipts.values(), *self.bills.values()])
        untold = [each for each in self.receipts.values() if not each.told]
        self._take_up([self.bills[pk] for pk in self._reopened], [*untold, *self.bills.values()])

    def _take_up(self, bills: Collection[Bill], sources: Iterable[Source]) -> None:
        accounts = {bill.account_id for bill in bills}
        left: dict[int, list[Source]] = defaultdict(list)
        useful = (each for each in sources if each.account_id in accounts and each.left > 0)
        for source in sorted(useful, key=first_come, reverse=True):
            left[source.account_id].append(source)
        for bill in sorted(bills, key=oldest_first):
            stack = left[bill.account_id]
            while stack and bill.open > 0:
                self.settle(bill, stack[-1], min(stack[-1].left, bill.open))
                if stack[-1].left <= 0:
                    stack.pop()

    # --- writing
    def write(self) -> None:
        """Store the allocations, and what is settled of each invoice and of each payment."""
        changed = {key: delta for key, delta in self._deltas.items() if delta}
        bills = {pk for pk, _kind, _source in self._deltas}
        bills |= {pk for _bill, kind, pk in self._deltas if kind == "credit_note"}
        payments = {pk for _bill, kind, pk in self._deltas if kind == "payment"}
        for kind in ("payment", "credit_note", "write_off"):
            less = [(b, s, -d) for (b, k, s), d in changed.items() if k == kind and d < 0]
            more = [(b, s, d) for (b, k, s), d in changed.items() if k == kind and d > 0]
            self._take_away(kind, less)
            self._add(kind, more)
        self._store_settled(sorted(bills))
        self._store_allocated(sorted(payments))

    @staticmethod
    def _take_away(kind: Kind, rows: list[tuple[int, int, Decimal]]) -> None:
        given = """unnest(%s::bigint[], %s::bigint[], %s::numeric[])
                    AS given (bill, source, part)"""
        same = f"invoice_id = given.bill AND {kind}_id = given.source"
        _execute(
            f"DELETE FROM credit_allocation USING {given} WHERE {same} AND amount <= given.part",
            rows,
        )
        _execute(
            f"""UPDATE credit_allocation SET amount = amount - given.part
                FROM {given} WHERE {same} AND amount > given.part""",
            rows,
        )

    def _add(self, kind: Kind, rows: list[tuple[int, int, Decimal]]) -> None:
        sources: dict[int, Any] = self.receipts if kind == "payment" else self.bills
        _execute(
            f"""INSERT INTO credit_allocation AS stored
                    (invoice_id, {kind}_id, amount, effective_on)
                SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::date[])
                ON CONFLICT (invoice_id, {kind}_id) WHERE {kind}_id IS NOT NULL
                DO UPDATE SET amount = stored.amount + excluded.amount""",
            [
                (bill, source, part, max(sources[source].on, self.bills[bill].issued_on))
                for bill, source, part in rows
            ],
        )

    def _store_settled(self, pks: list[int]) -> None:
        _execute(
            """UPDATE credit_invoice SET settled = given.settled, updated_at = now()
               FROM unnest(%s::bigint[], %s::numeric[]) AS given (id, settled)
               WHERE credit_invoice.id = given.id
                   AND credit_invoice.settled <> given.settled""",
            [(pk, self.bills[pk].settled) for pk in pks],
        )

    def _store_allocated(self, pks: list[int]) -> None:
        _execute(
            """UPDATE credit_payment SET allocated = given.allocated, updated_at = now()
               FROM unnest(%s::bigint[], %s::numeric[]) AS given (id, allocated)
               WHERE credit_payment.id = given.id
                   AND credit_payment.allocated <> given.allocated""",
            [(pk, self.receipts[pk].allocated) for pk in pks],
        )


_REDATE = """
UPDATE credit_allocation AS part SET effective_on = day.effective_on
FROM (
    SELECT part.id, greatest(bill.issued_on, payment.received_on, note.issued_on) AS effective_on
    FROM credit_allocation AS part
    JOIN credit_invoice AS bill ON bill.id = part.invoice_id
    LEFT JOIN credit_payment AS payment ON payment.id = part.payment_id
    LEFT JOIN credit_invoice AS note ON note.id = part.credit_note_id
    WHERE part.write_off_id IS NULL AND (part.invoice_id = ANY(%(invoices)s)
        OR part.credit_note_id = ANY(%(invoices)s) OR part.payment_id = ANY(%(payments)s))
) AS day
WHERE part.id = day.id AND part.effective_on <> day.effective_on
"""


def redate(*, invoices: Collection[int] = (), payments: Collection[int] = ()) -> None:
    """Bring the days of allocations to those of their documents, after these were amended."""
    with connection.cursor() as cursor:
        cursor.execute(_REDATE, {"invoices": list(invoices), "payments": list(payments)})


def _execute(sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement that takes one array for each column; nothing without rows."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
