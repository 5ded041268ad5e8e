"""Receivables 应收账款: days overdue, aging, allocation of payments, instalments.

docs/policies/credit.md section 8. Amounts are exact decimals with up to 4 places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from credit.rules.months import add_months

CENT = Decimal("0.01")
NOT_DUE = "not_due"


def days_overdue(due_on: date, as_of: date) -> int:
    """Days past the due date: 0 up to and on the due date, 1 on the day after it.

    Source: docs/policies/credit.md section 8.1.
    """
    return max(0, (as_of - due_on).days)


def open_parts(
    parts: Iterable[tuple[date, Decimal]], settled: Decimal
) -> list[tuple[date, Decimal]]:
    """What is unpaid of each part of an invoice, with its due day; what was paid settles the first.

    parts: due day and amount, the earliest first. Source: docs/policies/credit.md section 8.4.
    """
    unpaid, left = [], settled
    for due_on, amount in parts:
        if (rest := amount - max(left, Decimal(0))) > 0:
            unpaid.append((due_on, rest))
        left -= amount
    return unpaid


@dataclass(frozen=True, kw_only=True)
class AgingPolicy:
    """The buckets of the aging 账龄 by the last day overdue of each; one without end follows.

    Given as upper bounds, the buckets can neither leave a gap nor overlap. Raises ValueError when
    they do not ascend from 1. Source: docs/policies/credit.md section 8.2.
    """

    upper_days: tuple[int, ...] = (30, 60, 90, 180, 365)

    def __post_init__(self) -> None:
        edges = (0, *self.upper_days)
        if not self.upper_days or any(upper <= lower for lower, upper in pairwise(edges)):
            raise ValueError("the bounds of the aging buckets must ascend from 1 day")

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order: not_due, 1-30, ..., over_365."""
        edges = (0, *self.upper_days)
        ranges = (f"{lower + 1}-{upper}" for lower, upper in pairwise(edges))
        return (NOT_DUE, *ranges, f"over_{edges[-1]}")

    def bucket(self, overdue: int) -> str:
        """The name of the bucket for a number of days overdue; 0 and less is not_due."""
        if overdue <= 0:
            return NOT_DUE
        position = sum(overdue > upper for upper in self.upper_days)
        return self.names[position + 1]


@dataclass(frozen=True, kw_only=True)
class Aged:
    """What stands in one bucket."""

    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class OpenInvoice:
    """What is still unpaid of an invoice; of a credit note, a negative amount."""

    number: str
    issued_on: date
    due_on: date
    open_amount: Decimal


def aging(invoices: Iterable[OpenInvoice], as_of: date, policy: AgingPolicy) -> dict[str, Aged]:
    """Count and open amount per bucket, every bucket named, in order.

    The amounts sum exactly to what is open. Source: docs/policies/credit.md section 8.2.
    """
    buckets = {name: Aged() for name in policy.names}
    for invoice in invoices:
        name = policy.bucket(days_overdue(invoice.due_on, as_of))
        before = buckets[name]
        buckets[name] = Aged(count=before.count + 1, amount=before.amount + invoice.open_amount)
    return buckets


class AllocationError(ValueError):
    """An allocation that does not fit; code: unknown_invoice, not_positive, twice, over_invoice,
    over_payment. `number`: the invoice, empty when it is about the payment."""

    def __init__(self, code: str, number: str = "") -> None:
        super().__init__(f"{code}: {number}" if number else code)
        self.code = code
        self.number = number


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What a payment settles, per invoice number, and what is left over as unallocated credit."""

    parts: tuple[tuple[str, Decimal], ...]
    unallocated: Decimal


def allocate(amount: Decimal, invoices: Iterable[OpenInvoice]) -> Allocation:
    """Settle the oldest due first; of the same due date by date of issue, then by number.

    Nothing is divided, so the parts and the rest sum exactly to the payment. Invoices with
    nothing open are passed over. Raises AllocationError(not_positive) for an amount of 0 or less.
    Source: docs/policies/credit.md section 8.3.
    """
    if amount <= 0:
        raise AllocationError("not_positive")
    left, parts = amount, []
    for invoice in sorted(invoices, key=_oldest_first):
        part = min(left, invoice.open_amount)
        if part > 0:
            parts.append((invoice.number, part))
            left -= part
    return Allocation(parts=tuple(parts), unallocated=left)


def _oldest_first(invoice: OpenInvoice) -> tuple[date, date, str]:
    return invoice.due_on, invoice.issued_on, invoice.number


def allocate_as_told(
    amount: Decimal, told: Sequence[tuple[str, Decimal]], invoices: Iterable[OpenInvoice]
) -> Allocation:
    """Settle the invoices that were named; what is not told stays as unallocated credit.

    Raises AllocationError for an invoice that is not open, stands twice or gets 0 or less or more
    than is open of it, and for more than the payment. Source: section 8.3.
    """
    if amount <= 0:
        raise AllocationError("not_positive")
    still_open = {invoice.number: invoice.open_amount for invoice in invoices}
    seen: set[str] = set()
    for number, part in told:
        if number in seen:
            raise AllocationError("twice", number)
        seen.add(number)
        if number not in still_open:
            raise AllocationError("unknown_invoice", number)
        if part <= 0:
            raise AllocationError("not_positive", number)
        if part > still_open[number]:
            raise AllocationError("over_invoice", number)
    left = amount - sum((part for _, part in told), Decimal(0))
    if left < 0:
        raise AllocationError("over_payment")
    return Allocation(parts=tuple(told), unallocated=left)


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """One part of a debt: 1 for the first, the day it is due, what is due then."""

    position: int
    due_on: date
    amount: Decimal


def instalments(
    amount: Decimal, *, count: int, first_due_on: date, every_months: int = 1
) -> tuple[Instalment, ...]:
    """Equal parts in full cents, the remainder on the last; they sum exactly to the amount.

    Each is due on the day of the month of the first, or the last day of a shorter month.
    Raises ValueError for less than one part or month, or less than a cent for each part.
    Source: docs/policies/credit.md section 8.4.
    """
    if count < 1 or every_months < 1:
        raise ValueError("instalments need at least one part and one month between them")
    part = (amount / count).quantize(CENT, ROUND_DOWN)
    if part <= 0:
        raise ValueError("each instalment must be at least a cent")
    last = amount - part * (count - 1)
    return tuple(
        Instalment(
            position=i + 1,
            due_on=add_months(first_due_on, i * every_months),
            amount=last if i == count - 1 else part,
        )
        for i in range(count)
    )
