# ruff: noqa: S608 - put together from nothing but the constants of this module
"""How accounts paid and what they owed, as of any day, in one query each.

Parts of an invoice in instalments are due one after the other and settled in that order.
Source: docs/policies/credit.md sections 8.1, 9.6 to 9.8 and 10.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from credit.rules.indicators import Experience

_PARTS = """
WITH bill AS (
    SELECT id, account_id, due_on, amount, disputed FROM credit_invoice
    WHERE account_id = ANY(%(accounts)s) AND amount > 0 AND issued_on <= %(on)s
), part AS (
    SELECT id, account_id, due_on, disputed, 0::numeric AS since, amount AS through FROM bill
    WHERE NOT EXISTS (SELECT FROM credit_instalment WHERE invoice_id = bill.id)
    UNION ALL
    SELECT bill.id, account_id, instalment.due_on, disputed,
        sum(instalment.amount) OVER parts - instalment.amount, sum(instalment.amount) OVER parts
    FROM bill JOIN credit_instalment AS instalment ON instalment.invoice_id = bill.id
    WINDOW parts AS (PARTITION BY bill.id ORDER BY instalment.number)
), settled AS (
    SELECT invoice_id, effective_on, payment_id, write_off_id,
        sum(allocation.amount) OVER steps - allocation.amount AS since,
        sum(allocation.amount) OVER steps AS through
    FROM credit_allocation AS allocation JOIN bill ON bill.id = allocation.invoice_id
    WHERE effective_on <= %(on)s
    WINDOW steps AS (PARTITION BY invoice_id ORDER BY effective_on, allocation.id)
), still AS (
    SELECT part.*, part.through - greatest(part.since, coalesce(done.through, 0)) AS owed
    FROM part LEFT JOIN (
        SELECT invoice_id, max(through) AS through FROM settled GROUP BY invoice_id
    ) AS done ON done.invoice_id = part.id
    WHERE part.through > coalesce(done.through, 0)
)
"""
# What was written off was never paid: it counts with its days so far, while it is in the window.
_EXPERIENCES = (
    _PARTS
    + """
SELECT account_id, days_late, sum(amount) FROM (
    SELECT account_id, least(part.through, settled.through) - greatest(part.since, settled.since)
        AS amount,
        CASE WHEN payment_id IS NULL THEN %(on)s ELSE effective_on END - due_on AS days_late
    FROM settled JOIN part ON part.id = settled.invoice_id
        AND settled.since < part.through AND settled.through > part.since
    WHERE effective_on > %(since)s AND (payment_id IS NOT NULL OR write_off_id IS NOT NULL)
    UNION ALL
    SELECT account_id, owed, %(on)s - due_on FROM still WHERE due_on < %(on)s
) AS experience
GROUP BY account_id, days_late
"""
)
_OWED = (
    _PARTS
    + """
SELECT account_id, sum(owed),
    coalesce(sum(owed) FILTER (WHERE due_on < %(on)s AND NOT disputed), 0),
    coalesce(max(%(on)s - due_on) FILTER (WHERE due_on < %(on)s AND NOT disputed), 0)
FROM still GROUP BY account_id
"""
)
_COMPANY = """
SELECT coalesce((SELECT sum(amount) FROM credit_invoice
                 WHERE issued_on <= %(on)s AND amount > 0), 0)
    - coalesce((SELECT sum(allocation.amount) FROM credit_allocation AS allocation
                JOIN credit_invoice AS invoice ON invoice.id = invoice_id AND invoice.amount > 0
                WHERE effective_on <= %(on)s AND issued_on <= %(on)s), 0)
"""


class Owed(NamedTuple):
    """Unpaid invoices of an account, what of them is overdue and undisputed, the oldest days."""

    amount: Decimal
    overdue: Decimal
    days: int


def experiences(account_ids: Sequence[int], since: date, on: date) -> dict[int, list[Experience]]:
    """The payment experiences of accounts after `since` through `on`, by days late.

    What is still unpaid then counts with its days so far. Accounts without any are left out.
    """
    found: defaultdict[int, list[Experience]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EXPERIENCES, {"accounts": list(account_ids), "since": since, "on": on})
        for account_id, days_late, amount in cursor:
            found[account_id].append(Experience(amount=amount, days_late=days_late))
    return dict(found)


def owed(account_ids: Sequence[int], on: date) -> dict[int, Owed]:
    """What accounts owe on invoices at the end of a day; who owes nothing is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED, {"accounts": list(account_ids), "on": on})
        return {account_id: Owed(*figures) for account_id, *figures in cursor}


def company_receivables(on: date) -> Decimal:
    """What all customers owe on invoices at the end of a day."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPANY, {"on": on})
        total: Decimal = cursor.fetchone()[0]
    return total
