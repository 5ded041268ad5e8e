"""Aging of open invoices against the bare grouped SQL over the same rows, in one run.

    python -m devkit.with_services python -m benchmarks.aging [INVOICES]

The bare sides group the same invoices by days overdue in fixed buckets and know nothing else;
for a day in the past theirs joins the allocations too. Ours are the whole queries of the page, with
instalments and the buckets of the policy. A third of the invoices is settled, one in fifty is in
instalments. Works in a database of its own, which it drops.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from benchmarks.database import django_on_scratch_database

AS_OF = date(2026, 6, 30)
BOUND = 2.0
ROUNDS = 9

FILL = [
    """INSERT INTO accounts_account
       SELECT (jsonb_populate_record(template,
               jsonb_build_object('id', n, 'account_number', 'A' || n))).*
       FROM accounts_account AS template, generate_series(2, %(accounts)s) AS n""",
    """INSERT INTO credit_invoice (invoice_number, account_id, order_number, issued_on, due_on,
           currency, exchange_rate, document_amount, amount, settled, created_at, updated_at)
       SELECT 'I' || n, account.id, '', %(as_of)s - 30 - n %% 500, %(as_of)s - n %% 500 + 20,
           'CNY', 1, 100 + n %% 900, 100 + n %% 900,
           CASE WHEN n %% 3 = 0 THEN 100 + n %% 900 ELSE 0 END, now(), now()
       FROM generate_series(1, %(invoices)s) AS n
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM accounts_account) AS account
           ON account.place = n %% %(accounts)s + 1""",
    """INSERT INTO credit_payment (payment_number, account_id, received_on, currency,
           exchange_rate, document_amount, amount, allocated, created_at, updated_at)
       SELECT 'P' || invoice_number, account_id, %(as_of)s + 40 - id::int %% 200, 'CNY', 1, amount,
           amount, amount, now(), now()
       FROM credit_invoice WHERE settled > 0""",
    """INSERT INTO credit_allocation (invoice_id, payment_id, amount, effective_on)
       SELECT invoice.id, payment.id, invoice.amount,
           greatest(payment.received_on, invoice.issued_on)
       FROM credit_invoice AS invoice
       JOIN credit_payment AS payment
           ON payment.payment_number = 'P' || invoice.invoice_number""",
    """INSERT INTO credit_instalment (invoice_id, number, due_on, amount)
       SELECT id, number, due_on - 30 * (3 - number), amount / 4 * (1 + number / 3)
       FROM credit_invoice, generate_series(1, 3) AS number WHERE id %% 50 = 1""",
]
BUCKET = """CASE WHEN %(day)s <= due_on THEN 0 WHEN %(day)s - due_on <= 30 THEN 1
    WHEN %(day)s - due_on <= 60 THEN 2 WHEN %(day)s - due_on <= 90 THEN 3
    WHEN %(day)s - due_on <= 180 THEN 4 WHEN %(day)s - due_on <= 365 THEN 5 ELSE 6 END"""
BARE = f"""
SELECT {BUCKET}, count(*), sum(open_amount)
FROM credit_invoice WHERE open_amount > 0 GROUP BY 1
"""
BARE_BY_ACCOUNT = f"""
SELECT account_id, {BUCKET}, count(*), sum(open_amount)
FROM credit_invoice WHERE open_amount > 0 GROUP BY 1, 2
"""
BARE_BACK = f"""
SELECT {BUCKET}, count(*), sum(amount - settled)
FROM (
    SELECT due_on, invoice.amount, coalesce(sum(part.amount), 0) AS settled
    FROM credit_invoice AS invoice LEFT JOIN credit_allocation AS part
        ON part.invoice_id = invoice.id AND effective_on <= %(day)s
    WHERE issued_on <= %(day)s GROUP BY invoice.id
) AS bill
WHERE amount > settled GROUP BY 1
"""


def main(invoices: int = 150_000) -> int:
    """1 when it took more than the bound."""
    with django_on_scratch_database():
        return measure(invoices)


def measure(invoices: int) -> int:
    """Fill the tables, take the sides in turn, print the figures."""
    from django.db import connection

    from accounts.models import Account
    from credit.queries.receivables import aging, aging_by, aging_policy

    values: dict[str, Any] = {
        "as_of": AS_OF,
        "invoices": invoices,
        "accounts": max(invoices // 100, 1),
    }
    Account.objects.create(id=1, account_number="A1", name="A")
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM credit_invoice WHERE open_amount > 0")
        print(f"{cursor.fetchone()[0]:,} open of {invoices:,} invoices")

    policy = aging_policy()
    now, past = AS_OF + timedelta(days=41), AS_OF - timedelta(days=90)  # now: after all payments
    sides: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "aging now": (
            lambda: _bare(BARE, now),
            lambda: aging(now, accounts=None, policy=policy),
        ),
        "by account": (
            lambda: _bare(BARE_BY_ACCOUNT, now),
            lambda: aging_by("account", now, accounts=None, policy=policy),
        ),
        "aging 90 days before": (
            lambda: _bare(BARE_BACK, past),
            lambda: aging(past, accounts=None, policy=policy),
        ),
    }
    ratios = {}
    for name, (bare, ours) in sides.items():
        times = _in_turn({"bare": bare, "ours": ours})
        ratios[name] = times["ours"] / times["bare"]
        shown = ", ".join(f"{side} {seconds * 1000:.1f} ms" for side, seconds in times.items())
        print(f"  {name:20} {shown}: {ratios[name]:.2f} x")
    return int(ratios["aging now"] > BOUND)


def _bare(sql: str, day: date) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, {"day": day})
        return cursor.fetchall()


def _in_turn(sides: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each side; all take their turn in every round."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in taken.items()}


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
