from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from tiering import rules, statements
from tiering.models import TierRun


@dataclass(frozen=True)
class Figures:
    """What the ledger says of one account in a window."""

    net_sales: Decimal = Decimal(0)
    last_purchase_on: date | None = None
    frequency: int = 0  # purchases


def ledger_figures(
    account_ids: Sequence[int], as_of: date, policy: rules.Policy
) -> dict[int, Figures]:
    """The figures of these accounts in the policy's window of `as_of`; none: no sales."""
    if not account_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            statements.SUMS_OF_ACCOUNTS,
            {**_window(as_of, policy), "accounts": list(account_ids)},
        )
        return {pk: Figures(*values) for pk, *values in cursor.fetchall()}


def company_net_sales(as_of: date, policy: rules.Policy, run: TierRun | None) -> Decimal:
    """The company's net sales in the window, walk-in sales included.

    run: the recorded run covering `as_of`. Its figure is taken when it is of that very day and
    no order was written since that is in the window or, known to the run, may have been in it;
    an index tells. Else the ledger is summed.
    """
    if run is not None and run.as_of == as_of and not _ledger_changed(run, policy):
        assert run.company_net_sales is not None  # noqa: S101 - a recorded run has its figures
        return run.company_net_sales
    with connection.cursor() as cursor:
        cursor.execute(statements.COMPANY_NET_SALES, _window(as_of, policy))
        return cursor.fetchone()[0]


# An order may have been written but not yet committed when the run looked at the ledger.
_LONGEST_SYNC = timedelta(minutes=10)


def _ledger_changed(run: TierRun, policy: rules.Policy) -> bool:
    assert run.recorded_at is not None  # noqa: S101
    began = run.started_at if run.started_at and run.started_at < run.recorded_at else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM sales_order WHERE updated_at > %(since)s"
            " AND (ordered_on > %(after)s AND ordered_on <= %(as_of)s"
            "      OR created_at <= %(recorded)s AND created_at < updated_at))",
            {
                **_window(run.as_of, policy),
                "recorded": run.recorded_at,
                "since": (began or run.recorded_at) - _LONGEST_SYNC,
            },
        )
        return bool(cursor.fetchone()[0])


def monthly_net_sales(until: date, months: int = 24) -> list[tuple[date, Decimal]]:
    """Company net sales per month: (first day, amount), oldest first, the last month to `until`."""
    first = until.replace(day=1)
    for _month in range(months - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.month::date, coalesce(s.net_sales, 0)"
            " FROM generate_series(%(first)s::timestamp, %(until)s::timestamp, '1 month')"
            " AS m(month) LEFT JOIN ("
            "   SELECT date_trunc('month', ordered_on::timestamp) AS month,"
            "          sum(net_amount) AS net_sales"
            "   FROM sales_order"
            "   WHERE status <> 'cancelled' AND ordered_on BETWEEN %(first)s AND %(until)s"
            "   GROUP BY 1"
            " ) AS s USING (month) ORDER BY 1",
            {"first": first, "until": until},
        )
        return cursor.fetchall()


def _window(as_of: date, policy: rules.Policy) -> dict[str, date]:
    return {"as_of": as_of, "after": rules.window(as_of, policy.window_months).after}
