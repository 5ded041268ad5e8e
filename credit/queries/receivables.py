# ruff: noqa: S608 - put together from the constants of this module and SQL that Django made
"""Aging 账龄 and open amounts as of any day, from the ledger, in two queries each.

What was open of an invoice on a day is what is open now and what was settled since. Buckets are
those of the policy; of an invoice in instalments each part is due on its own day.
docs/policies/credit.md section 8.2.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account
from credit import policies
from credit.models import Allocation, Policy
from credit.rules.receivables import Aged, AgingPolicy

# {accounts} narrows to some accounts. Nothing was settled since: what is stored, from one index.
_STORED = """
bill AS NOT MATERIALIZED (
    SELECT invoice.id, account_id, due_on, amount, open_amount AS open
    FROM credit_invoice AS invoice
    WHERE open_amount > 0 AND issued_on <= %(as_of)s {accounts}
)
"""
# Settled now, but not yet on that day: the second half.
_LOOKED_BACK = """
later AS (
    SELECT invoice_id, sum(amount) AS amount FROM credit_allocation
    WHERE effective_on > %(as_of)s GROUP BY invoice_id
),
bill AS NOT MATERIALIZED (
    SELECT invoice.id, account_id, due_on, invoice.amount,
        open_amount + coalesce(later.amount, 0) AS open
    FROM credit_invoice AS invoice LEFT JOIN later ON later.invoice_id = invoice.id
    WHERE open_amount > 0 AND issued_on <= %(as_of)s {accounts}
    UNION ALL
    SELECT invoice.id, account_id, due_on, invoice.amount, later.amount
    FROM credit_invoice AS invoice JOIN later ON later.invoice_id = invoice.id
    WHERE open_amount = 0 AND issued_on <= %(as_of)s {accounts}
)
"""
_BUCKET = "width_bucket(%(as_of)s - {day}, %(bounds)s)"
# Of a bill in instalments each part stands in the bucket of its own day.
_PARTED = """
parted AS MATERIALIZED (
    SELECT * FROM bill WHERE id = ANY(ARRAY(SELECT DISTINCT invoice_id FROM credit_instalment))
)
"""
_OPEN_PARTS = """
    SELECT id, account_id, due_on, least(amount, through - settled) AS amount
    FROM (
        SELECT parted.id, account_id, part.due_on, part.amount,
            parted.amount - parted.open AS settled,
            sum(part.amount) OVER (PARTITION BY parted.id ORDER BY part.number) AS through
        FROM parted JOIN credit_instalment AS part ON part.invoice_id = parted.id
    ) AS part
    WHERE through > settled
"""
_PARTS = f"""
    SELECT id, account_id, {_BUCKET.format(day="due_on")} AS bucket,
        min(due_on) AS due_on, sum(amount) AS amount
    FROM ({_OPEN_PARTS}) AS open_part GROUP BY 1, 2, 3
"""
_WHOLE = """
    SELECT id, account_id, due_on, open AS amount FROM bill
    WHERE id NOT IN (SELECT invoice_id FROM credit_instalment)
"""
# All bills, less those in instalments, and the parts of these: to look up for each bill whether
# it is one of them would take longer. Days are fewer than bills: each finds its bucket once.
_GROUPED = f"""
    SELECT key, {_BUCKET.format(day="due_on")} AS bucket, sum(count) AS count, sum(amount) AS amount
    FROM (
        SELECT {{key}} AS key, due_on, count(*), sum(open) AS amount FROM bill GROUP BY 1, 2
    ) AS day GROUP BY 1, 2
    UNION ALL
    SELECT {{key}}, {_BUCKET.format(day="due_on")}, -count(*), -sum(open) FROM parted GROUP BY 1, 2
    UNION ALL
    SELECT {{key}}, bucket, count(*), sum(amount) FROM ({_PARTS}) AS part GROUP BY 1, 2
"""
NOTHING = Aged()
_BY = {"account": "key", "manager": "account.manager_id", "region": "account.region_id"}
_JOIN = "JOIN accounts_account AS account ON account.id = key"


@dataclass(frozen=True, kw_only=True)
class Row:
    """The aging of one account, manager or region (None: without one)."""

    key: int | None
    buckets: dict[str, Aged]

    @property
    def total(self) -> Aged:
        return total(self.buckets)

    @property
    def overdue(self) -> Decimal:
        return sum((aged.amount for aged in list(self.buckets.values())[1:]), Decimal(0))


def total(buckets: dict[str, Aged]) -> Aged:
    """All buckets together."""
    return Aged(
        count=sum(aged.count for aged in buckets.values()),
        amount=sum((aged.amount for aged in buckets.values()), Decimal(0)),
    )


def aging_policy() -> AgingPolicy:
    """The buckets in force today, for any day that is looked back to."""
    rules = policies.in_force(Policy.Kind.RECEIVABLES, timezone.localdate()).rules
    buckets: AgingPolicy = rules.aging
    return buckets


def aging(
    as_of: date, *, accounts: QuerySet[Account] | None, policy: AgingPolicy
) -> dict[str, Aged]:
    """Count and amount of each bucket, every one named; `accounts` None: all of them."""
    sql = f"""SELECT bucket, sum(count)::int, sum(amount)
              FROM ({_GROUPED.format(key="NULL::bigint")}) AS due
              GROUP BY 1 HAVING sum(count) > 0"""
    rows = _run(sql, as_of, accounts, policy)
    return _buckets(policy.names, rows)


def aging_by(
    dimension: str, as_of: date, *, accounts: QuerySet[Account] | None, policy: AgingPolicy
) -> list[Row]:
    """The aging by "account", "manager" or "region", the most owed first."""
    key = _BY[dimension]
    join = "" if dimension == "account" else _JOIN
    sql = f"""SELECT {key}, bucket, sum(count)::int, sum(amount)
              FROM ({_GROUPED.format(key="account_id")}) AS due {join}
              GROUP BY 1, 2 HAVING sum(count) > 0"""
    grouped: dict[int | None, list[tuple[int, int, Decimal]]] = {}
    for found, *cell in _run(sql, as_of, accounts, policy):
        grouped.setdefault(found, []).append(tuple(cell))
    owed = {each: sum(amount for _, _, amount in cells) for each, cells in grouped.items()}
    order = sorted(grouped, key=lambda each: (-owed[each], each is None, each))
    names = policy.names
    return [Row(key=each, buckets=_buckets(names, grouped[each])) for each in order]


class OpenItem(NamedTuple):
    """What is open of an invoice in one bucket, and the first day on which that was due."""

    invoice_id: int
    bucket: str
    due_on: date
    open: Decimal


@dataclass(frozen=True, kw_only=True)
class OpenItems:
    """The items that are shown, and the count and amount of all there are."""

    rows: list[OpenItem]
    total: Aged


def open_invoices(
    as_of: date,
    *,
    accounts: QuerySet[Account] | None,
    policy: AgingPolicy,
    bucket: str = "",
    most: int = 1000,
) -> OpenItems:
    """The invoices behind an aging, the oldest bucket and due first; parts by their own day."""
    names = policy.names
    only = f"WHERE bucket = {names.index(bucket)}" if bucket else ""
    whole = f"SELECT id, {_BUCKET.format(day='due_on')} AS bucket, due_on, amount FROM ({_WHOLE})"
    sql = f"""SELECT due.id, bucket, due.due_on, due.amount,
                  count(*) OVER ()::int, sum(due.amount) OVER ()
              FROM ({whole} AS bill UNION ALL
                    SELECT id, bucket, due_on, amount FROM ({_PARTS}) AS part) AS due
              JOIN credit_invoice AS invoice ON invoice.id = due.id {only}
              ORDER BY bucket DESC, due.due_on, invoice.invoice_number LIMIT {int(most)}"""
    found = _run(sql, as_of, accounts, policy)
    rows = [OpenItem(pk, names[place], due_on, owed) for pk, place, due_on, owed, *_ in found]
    if not found:
        return OpenItems(rows=[], total=NOTHING)
    *_first, count, amount = found[0]
    return OpenItems(rows=rows, total=Aged(count=count, amount=amount))


def open_parts(as_of: date, invoice_ids: Collection[int]) -> list[tuple[int, date, Decimal]]:
    """(invoice id, due on, open on that day) of these invoices, each part by itself."""
    narrowed = "AND invoice.id = ANY(%(invoices)s)"
    sql = f"""WITH {_bills(as_of).format(accounts=narrowed)}, {_PARTED}
              SELECT id, due_on, amount FROM ({_WHOLE} UNION ALL {_OPEN_PARTS}) AS due
              ORDER BY due_on, id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"as_of": as_of, "invoices": list(invoice_ids)})
        return cursor.fetchall()


def _buckets(names: Sequence[str], rows: Sequence[tuple[int, int, Decimal]]) -> dict[str, Aged]:
    known = {names[place]: Aged(count=count, amount=amount) for place, count, amount in rows}
    return dict.fromkeys(names, NOTHING) | known


def _bills(as_of: date) -> str:
    """The SQL of what was open on a day: what is stored, unless something was settled since."""
    settled_since = Allocation.objects.filter(effective_on__gt=as_of).exists()
    return _LOOKED_BACK if settled_since else _STORED


def _run(
    sql: str, as_of: date, accounts: QuerySet[Account] | None, policy: AgingPolicy
) -> list[Any]:
    bounds = [1, *(upper + 1 for upper in policy.upper_days)]
    try:
        narrowed, values = narrow(accounts)
    except EmptyResultSet:  # of no account at all
        return []
    whole = f"WITH {_bills(as_of).format(accounts=narrowed)}, {_PARTED} {sql}"
    with connection.cursor() as cursor:
        cursor.execute(whole, {"as_of": as_of, "bounds": bounds, **values})
        return cursor.fetchall()


def narrow(accounts: QuerySet[Account] | None) -> tuple[str, dict[str, Any]]:
    """A condition on account_id and its values; none for every account."""
    if accounts is None:
        return "", {}
    inner, given = accounts.order_by().values("pk").query.sql_with_params()
    values = {f"of_account_{place}": value for place, value in enumerate(given)}
    return f"AND account_id IN ({inner % tuple(f'%({name})s' for name in values)})", values
