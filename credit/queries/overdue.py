"""What accounts owe past the due date today: the figures of decisions, in one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

# An invoice in instalments is due part by part; what was paid of it settles the first ones, and
# so does what is in dispute. An invoice the ERP calls disputed without saying how much is so as
# a whole; a dispute counts until it is settled or its time is up.
OVERDUE = """
WITH unpaid AS (
    SELECT invoice.id, invoice.account_id, invoice.due_on, invoice.open_amount, invoice.settled,
        CASE WHEN NOT %(without_disputed)s THEN 0
             WHEN dispute.id IS NULL THEN CASE WHEN disputed THEN open_amount ELSE 0 END
             WHEN %(on)s < dispute.suspends_until THEN dispute.amount
             ELSE 0 END AS contested
    FROM credit_invoice AS invoice
    LEFT JOIN credit_dispute AS dispute
        ON dispute.invoice_id = invoice.id AND dispute.settled_on IS NULL
    WHERE invoice.account_id = ANY(%(accounts)s) AND open_amount > 0
)
SELECT account_id, sum(amount) AS amount, max(days) AS days
FROM (
    SELECT account_id, open_amount - contested AS amount, %(on)s - due_on AS days
    FROM unpaid
    WHERE due_on < %(on)s AND open_amount > contested
        AND NOT EXISTS (SELECT FROM credit_instalment WHERE invoice_id = unpaid.id)
    UNION ALL
    SELECT account_id, least(part.amount, part.through - settled - contested),
        %(on)s - part.due_on
    FROM unpaid
    CROSS JOIN LATERAL (
        SELECT due_on, amount, sum(amount) OVER (ORDER BY number) AS through
        FROM credit_instalment WHERE invoice_id = unpaid.id
    ) AS part
    WHERE part.due_on < %(on)s AND part.through > settled + contested
) AS due
GROUP BY account_id
"""


class Overdue(NamedTuple):
    """The overdue amount of an account, and how many days the oldest part of it is overdue."""

    amount: Decimal
    oldest_days: int


def overdue(account_ids: Collection[int], on: date) -> dict[int, Overdue]:
    """What is overdue of accounts on a day, disputed amounts left out.

    Accounts with nothing overdue are left out. From what is open now: `on` is today or later.
    Source: docs/policies/credit.md sections 8.1 and 10.4.
    """
    return _read(account_ids, on, without_disputed=True)


def past_due(account_ids: Collection[int], on: date) -> dict[int, Overdue]:
    """The same with what is disputed: all that is open past its due day."""
    return _read(account_ids, on, without_disputed=False)


def _read(account_ids: Collection[int], on: date, *, without_disputed: bool) -> dict[int, Overdue]:
    values: dict[str, Any] = {
        "accounts": sorted(account_ids),
        "on": on,
        "without_disputed": without_disputed,
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, values)
        return {account_id: Overdue(amount, days) for account_id, amount, days in cursor}
