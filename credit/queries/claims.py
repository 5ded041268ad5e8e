"""Late interest 逾期利息 and limitation 诉讼时效 of invoices, worked out from the ledger.

docs/policies/credit.md sections 8.5 and 8.6. Both are shown, neither is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credit.models import Allocation, Dispute, Instalment, Invoice, Statement
from credit.queries.restarts import restarts
from credit.rules.claims import (
    LateInterestPolicy,
    Limitation,
    LimitationPolicy,
    Restart,
    RestartKind,
    late_interest,
    limitation,
)

Due = list[tuple[date, Decimal]]  # day and amount of each part, in order


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is owed beside the amount, and until when it can be sued for; None: it is settled."""

    interest: Decimal
    limitation: Limitation | None


def claims(
    invoices: Sequence[Invoice],
    as_of: date,
    *,
    interest: LateInterestPolicy,
    limits: LimitationPolicy,
) -> dict[int, Claim]:
    """The claims from invoices on a day, by invoice id; seven queries for any number of them."""
    ids = [invoice.pk for invoice in invoices]
    dues, parts = _dues(invoices, ids), _settled(ids, as_of)
    begun, contested = restarts(ids, as_of), _contested(invoices, as_of)
    confirmed = _confirmed({invoice.account_id for invoice in invoices}, as_of)
    found = {}
    for invoice in invoices:
        settled = parts[invoice.pk]
        paid = sum((part.amount for part in settled), Decimal(0))
        until = None
        if 0 < invoice.amount > paid:
            restarted = [
                Restart(kind=RestartKind.PAYMENT, on=part.effective_on)
                for part in settled
                if part.payment_id
            ]
            restarted += [
                Restart(kind=RestartKind.ACKNOWLEDGEMENT, on=on)
                for through, on in confirmed[invoice.account_id]
                if invoice.issued_on <= through
            ]
            restarted += begun.get(invoice.pk, [])
            until = limitation(dues[invoice.pk][-1][0], restarted, limits)
        money = [(part.effective_on, part.amount) for part in settled]
        if (bearing := invoice.amount - paid - contested.get(invoice.pk, Decimal(0))) > 0:
            money.append((as_of, bearing))
        found[invoice.pk] = Claim(
            interest=_interest(dues[invoice.pk], money, interest), limitation=until
        )
    return found


def _contested(invoices: Sequence[Invoice], as_of: date) -> dict[int, Decimal]:
    """What bears no interest of these invoices: what is in dispute, until its time is up.

    An invoice the ERP calls disputed without saying how much is so as a whole.
    """
    disputes = Dispute.objects.filter(
        invoice__in=[invoice.pk for invoice in invoices], settled_on=None
    )
    found = {each.pk: each.amount for each in invoices if each.disputed}
    for dispute in disputes:
        found[dispute.invoice_id] = dispute.amount if as_of < dispute.suspends_until else Decimal(0)
    return found


def _dues(invoices: Sequence[Invoice], ids: list[int]) -> dict[int, Due]:
    dues: dict[int, Due] = defaultdict(list)
    for part in Instalment.objects.filter(invoice__in=ids).order_by("invoice", "number"):
        dues[part.invoice_id].append((part.due_on, part.amount))
    whole = {each.pk: [(each.due_on, each.amount)] for each in invoices if each.pk not in dues}
    return {**dues, **whole}


def _settled(ids: list[int], as_of: date) -> dict[int, list[Allocation]]:
    parts: dict[int, list[Allocation]] = defaultdict(list)
    rows = Allocation.objects.filter(invoice__in=ids, effective_on__lte=as_of)
    for part in rows.order_by("effective_on", "pk"):
        parts[part.invoice_id].append(part)
    return parts


def _confirmed(account_ids: set[int], as_of: date) -> dict[int, list[tuple[date, date]]]:
    """(last day of the statement, day it was confirmed) by account."""
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = Statement.objects.filter(
        account__in=account_ids, outcome=Statement.Outcome.CONFIRMED, answered_on__lte=as_of
    )
    for account_id, until, on in rows.values_list("account_id", "until", "answered_on"):
        if on:
            found[account_id].append((until, on))
    return found


def _interest(dues: Due, money: list[tuple[date, Decimal]], policy: LateInterestPolicy) -> Decimal:
    """The first money pays the first part: each piece bears interest until its day."""
    total, waiting = Decimal(0), list(reversed(dues))
    for on, amount in money:
        left = amount
        while left > 0 and waiting:
            due_on, owed = waiting.pop()
            piece = min(left, owed)
            total += late_interest(piece, due_on=due_on, until=on, policy=policy)
            left -= piece
            if owed > piece:
                waiting.append((due_on, owed - piece))
    return total
