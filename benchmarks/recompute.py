"""Recompute against the bare SQL aggregate over the same window, in one run on one server.

    python -m devkit.with_services .venv/bin/python -m benchmarks.recompute [--scale 0.1]

Scale 1 is 100,000 accounts and 10 million orders over 24 months. Works in a database of its own,
which it drops. The bound is 2 x the bare aggregate, with the changed rows written.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.database import django_on_scratch_database

AS_OF = date(2026, 6, 30)
ACCOUNTS, ORDERS = 100_000, 10_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    with django_on_scratch_database():
        measure(int(ACCOUNTS * scale), int(ORDERS * scale))


def measure(accounts: int, orders: int) -> None:
    """Fill the database and print each figure."""
    began = time.perf_counter()
    fill(accounts, orders)
    print(f"{accounts:,} accounts, {orders:,} orders made in {time.perf_counter() - began:.0f} s")

    bare = report("bare aggregate", bare_aggregate, repeat=5)
    report("first run", recompute(AS_OF), bare=bare)
    report("same day again", recompute(AS_OF), bare=bare, repeat=3)
    day = AS_OF + timedelta(days=1)
    report("next day", recompute(day), bare=bare)
    report("the day after", recompute(day + timedelta(days=1)), bare=bare)

    update_orders(orders // 100)
    report("bare aggregate after 1 % updates, no vacuum", bare_aggregate, repeat=2)
    vacuum = report("VACUUM", vacuum_ledger)
    report("bare aggregate after vacuum", bare_aggregate, repeat=3)
    second = recompute(day + timedelta(days=2))
    report("next day after updates and vacuum", second, bare=bare)
    print(f"(the nightly job vacuums first: {vacuum:.2f} s here)")


def fill(accounts: int, orders: int) -> None:
    """Accounts and orders by generate_series; other indexes of the ledger play no part."""
    from accounts.models import Account

    Account.objects.create(pk=1, account_number="A1", name="上海华锐科技股份有限公司")
    statements = [
        "SET session_replication_role = replica",
        "ALTER TABLE sales_order SET (autovacuum_enabled = false)",
        f"""
        INSERT INTO accounts_account
        SELECT (jsonb_populate_record(template,
                jsonb_build_object('id', n, 'account_number', 'A' || n))).*
        FROM accounts_account template, generate_series(2, {accounts}) AS n
        """,
    ]
    with cursor() as sql:
        for statement in statements:
            sql.execute(statement)
        definitions = indexes(sql)
        for name, _definition in definitions:
            sql.execute(f"DROP INDEX {name}")
        # Few accounts buy much: the square of an even number, and amounts over four decades.
        sql.execute(
            f"""
            SELECT setseed(0.5);
            INSERT INTO sales_order (order_number, account_id, ordered_on, currency, exchange_rate,
                status, net_amount, content_digest, created_at, updated_at)
            SELECT 'O' || n,
                CASE WHEN random() < 0.95 THEN 1 + ({accounts} * random() ^ 1.5)::int %% {accounts}
                END,
                %s::date + 30 - (({orders} - n) * 730 / {orders})::int,
                'CNY', 1, CASE WHEN random() < 0.02 THEN 'cancelled' ELSE 'delivered' END,
                round((CASE WHEN random() < 0.03 THEN -1 ELSE 1 END
                       * exp(3 + 6 * random()))::numeric, 4),
                ''::bytea, now() - interval '1 day', now() - interval '1 day'
            FROM generate_series(1, {orders}::bigint) AS n
            """,
            [AS_OF],
        )
        for name, definition in definitions:
            if name == "sales_order_rfm":
                sql.execute(definition)
        sql.execute("VACUUM (ANALYZE) sales_order")
        sql.execute("VACUUM (ANALYZE) accounts_account")
        sql.execute("SET session_replication_role = DEFAULT")


def indexes(sql) -> list[tuple[str, str]]:
    sql.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'sales_order'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    return sql.fetchall()


def cursor():
    from django.db import connection

    return connection.cursor()


def bare_aggregate() -> str:
    """The same sums as the recompute, and nothing else; only a total leaves the server."""
    from tiering import rules, statements

    sums = f"{statements.SUMS} GROUP BY account_id"
    with cursor() as sql:
        sql.execute(
            "SELECT count(*), sum(net_sales), max(last_purchase_on), sum(frequency)"
            f" FROM ({sums}) AS sums",
            statements.parameters(AS_OF, rules.Policy()),
        )
        return f"{sql.fetchone()[0]:,} accounts"


def recompute(as_of: date) -> Callable[[], str]:
    """A recompute of that day; says how many rows of the history it wrote."""
    from tiering import services
    from tiering.models import TierRecord, TierRun

    def run() -> str:
        before = TierRecord.objects.count()
        run = services.recompute(as_of, actor=None, trigger=TierRun.Trigger.COMMAND)
        written = TierRecord.objects.count() - before
        return f"{written:,} rows written, {run.changed} tiers changed"

    return run


def update_orders(number: int) -> None:
    """What a day of syncs leaves behind: updated orders all over the ledger."""
    with cursor() as sql:
        sql.execute(
            "UPDATE sales_order SET net_amount = net_amount + 1, updated_at = now()"
            " WHERE id IN (SELECT id FROM sales_order ORDER BY random() LIMIT %s)",
            [number],
        )
        print(f"{number:,} orders updated")


def vacuum_ledger() -> str:
    from tiering import services

    services.vacuum_ledger()
    return ""


def report(name: str, run: Callable[[], str], *, bare: float = 0.0, repeat: int = 1) -> float:
    """Run it, print the median time and its ratio to the bare aggregate, return the time."""
    times = []
    for _number in range(repeat):
        began = time.perf_counter()
        said = run()
        times.append(time.perf_counter() - began)
    took = statistics.median(times)
    ratio = f"{took / bare:.2f} x bare" if bare else ""
    print(f"{name:45} {took:8.3f} s  {ratio:12} {said}", flush=True)
    return took


if __name__ == "__main__":
    main()
