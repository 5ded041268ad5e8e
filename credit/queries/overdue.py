"""What accounts owe past the due date today: the figures of decisions, in one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

# An invoice in instalments is due part by part; what was paid of it settles the first ones.
_OVERDUE = """
SELECT account_id, sum(amount), max(days)
FROM (
    SELECT account_id, open_amount AS amount, %(on)s - due_on AS days
    FROM credit_invoice AS invoice
    WHERE account_id = ANY(%(accounts)s) AND due_on < %(on)s
        AND open_amount > 0 AND NOT disputed
        AND NOT EXISTS (SELECT FROM credit_instalment WHERE invoice_id = invoice.id)
    UNION ALL
    SELECT invoice.account_id, least(part.amount, part.through - invoice.settled),
        %(on)s - part.due_on
    FROM credit_invoice AS invoice
    CROSS JOIN LATERAL (
        SELECT due_on, amount, sum(amount) OVER (ORDER BY number) AS through
        FROM credit_instalment WHERE invoice_id = invoice.id
    ) AS part
    WHERE invoice.account_id = ANY(%(accounts)s) AND invoice.open_amount > 0
        AND NOT invoice.disputed AND part.due_on < %(on)s AND part.through > invoice.settled
) AS due
GROUP BY account_id
"""


class Overdue(NamedTuple):
    """The overdue amount of an account, and how many days the oldest part of it is overdue."""

    amount: Decimal
    oldest_days: int


def overdue(account_ids: Collection[int], on: date) -> dict[int, Overdue]:
    """What is overdue of accounts on a day, disputed invoices left out.

    Accounts with nothing overdue are left out. From what is open now: `on` is today or later.
    Source: docs/policies/credit.md sections 8.1 and 10.4.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, {"accounts": sorted(account_ids), "on": on})
        return {account_id: Overdue(amount, days) for account_id, amount, days in cursor}
