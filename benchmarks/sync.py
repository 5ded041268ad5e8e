"""How long the order sync takes over HTTP, against the bare insert of the same rows.

    python -m benchmarks.sync [ROUNDS]

Each round empties the tables, times either side, empties them again and times the other; who
begins alternates. The bare side is psycopg2 with one INSERT … SELECT FROM unnest … ON CONFLICT
per table and 5,000 orders, given the ids it needs, into the same tables of the same database.
The sync side is the whole way: gunicorn, token, gzip, JSON, checks, amounts, answer. Then the
sync is replayed: no row may change.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.database import scratch_database
from benchmarks.online_retail import FILE, Client, Json, bodies, read_orders, totals
from devkit.services import services

BIND = os.environ.get("KAM_BIND", "127.0.0.1:18453")
LEDGER = ("sales_order", "sales_orderline", "sales_product", "accounts_account")
BATCH = 5_000

INSERT_ORDERS = """
INSERT INTO sales_order (order_number, account_id, ordered_on, currency, exchange_rate, status,
                         net_amount, content_digest, created_at, updated_at)
SELECT n, a, d, 'CNY', 1, 'delivered', s, '\\x00', now(), now()
FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::numeric[]) AS v (n, a, d, s)
ON CONFLICT (order_number) DO UPDATE SET net_amount = excluded.net_amount
RETURNING order_number, id
"""
INSERT_LINES = """
INSERT INTO sales_orderline (order_id, line_number, product_id, description, quantity, unit_price,
                             amount)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::numeric[],
                     %s::numeric[], %s::numeric[])
ON CONFLICT (order_id, line_number) DO UPDATE SET amount = excluded.amount
"""
INSERT_PRODUCTS = """
INSERT INTO sales_product (code, name, category, unit, created_at, updated_at)
SELECT v, '', '', '', now(), now() FROM unnest(%s::text[]) AS v
ON CONFLICT (code) DO NOTHING
"""
# The accounts are copied from those that the first sync made: less than inserting them.
KEEP_ACCOUNTS = "CREATE TEMPORARY TABLE kept_accounts AS SELECT * FROM accounts_account"
INSERT_ACCOUNTS = "INSERT INTO accounts_account SELECT * FROM kept_accounts"


class Bare:
    """The rows of the data set, ready as lists, and the statements that insert them."""

    def __init__(self, orders: list[Json]) -> None:
        self.batches = [orders[i : i + BATCH] for i in range(0, len(orders), BATCH)]
        for order in orders:
            order["amounts"] = [
                Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in order["lines"]
            ]
        self.codes = sorted({line["product_code"] for order in orders for line in order["lines"]})

    def run(self, db: Connection, account_ids: dict[str, int]) -> float:
        """Seconds for accounts, products, orders and lines."""
        began = time.perf_counter()
        with db, db.cursor() as cursor:
            cursor.execute(INSERT_ACCOUNTS)
            cursor.execute(INSERT_PRODUCTS, [self.codes])
            cursor.execute("SELECT code, id FROM sales_product")
            product_ids = dict(cursor.fetchall())
        for batch in self.batches:
            with db, db.cursor() as cursor:
                self._insert(cursor, batch, account_ids, product_ids)
        return time.perf_counter() - began

    def _insert(
        self, cursor: Any, batch: list[Json], account_ids: dict[str, int], product_ids: Any
    ) -> None:
        cursor.execute(
            INSERT_ORDERS,
            [
                [order["order_number"] for order in batch],
                [account_ids.get(order["account_number"]) for order in batch],
                [order["ordered_on"] for order in batch],
                [sum(order["amounts"]) for order in batch],
            ],
        )
        ids = dict(cursor.fetchall())
        rows = [
            (ids[order["order_number"]], number, product_ids[line["product_code"]],
             line["description"], line["quantity"], line["unit_price"], amount)
            for order in batch
            for number, (line, amount) in enumerate(
                zip(order["lines"], order["amounts"], strict=True), start=1
            )
        ]  # fmt: skip
        cursor.execute(INSERT_LINES, [list(column) for column in zip(*rows, strict=True)])


class PeakMemory(threading.Thread):
    """The highest resident memory of any of the processes, in MB, looked at ten times a second."""

    def __init__(self, parent: int) -> None:
        super().__init__(daemon=True)
        self.parent, self.peak, self.ended = parent, 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            children = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text().split()
            for pid in children:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                self.peak = max(self.peak, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


@contextmanager
def web(env: dict[str, str], workers: int = 2) -> Iterator[int]:
    """gunicorn as `make run` starts it; its pid."""
    environment = {**os.environ, **env, "KAM_BIND": BIND, "WEB_CONCURRENCY": str(workers)}
    environment |= {"LOG_LEVEL": "WARNING", "DEBUG": "0", "SECRET_KEY": "benchmark"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
    argv = [sys.executable, "-m", "devkit.processes", "web"]
    process = subprocess.Popen(argv, env=environment)
    try:
        _wait_until_it_answers()
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers() -> None:
    for _ in range(300):
        try:
            Client(f"http://{BIND}", "").call("GET", "/api/v1/orders/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("gunicorn does not answer")


def make_token(
    env: dict[str, str], scopes: Sequence[str] = ("orders:write", "accounts:write")
) -> str:
    arguments = ["create_api_token", "benchmark"]
    for scope in scopes:
        arguments += ["--scope", scope]
    environment = {**os.environ, **env, "SECRET_KEY": "benchmark"}
    out = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=environment, check=True, capture_output=True
    )
    return out.stdout.decode().strip().splitlines()[-1]


def empty(db: Connection) -> None:
    with db, db.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(LEDGER)} CASCADE")
        cursor.execute("TRUNCATE core_idempotentresponse")


def state(db: Connection) -> dict[str, tuple[int, int]]:
    """Of each table the number of rows and the transaction that wrote the latest one."""
    with db, db.cursor() as cursor:
        found = {}
        for table in LEDGER:
            cursor.execute(f"SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}")
            found[table] = cursor.fetchone()
        return found


def written_since(db: Connection, before: dict[str, tuple[int, int]]) -> int:
    """Rows inserted or updated since then, and those that are missing or too many.

    Not from pg_stat_user_tables, which hears of a write up to ten seconds later.
    """
    written = 0
    with db, db.cursor() as cursor:
        for table, (rows, latest) in before.items():
            cursor.execute(
                "SELECT count(*) FILTER (WHERE xmin::text::bigint > %s) + abs(count(*) - %s)"
                f" FROM {table}",
                [latest, rows],
            )
            written += cursor.fetchone()[0]
    return written


def keep_accounts(db: Connection) -> dict[str, int]:
    with db, db.cursor() as cursor:
        cursor.execute(KEEP_ACCOUNTS)
        cursor.execute("SELECT account_number, id FROM accounts_account")
        return dict(cursor.fetchall())


def check(db: Connection, expected: dict[str, Decimal | int]) -> None:
    with db, db.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM sales_order), (SELECT count(*) FROM sales_orderline),"
            " (SELECT count(*) FROM accounts_account), sum(net_amount),"
            " sum(net_amount) FILTER (WHERE account_id IS NOT NULL) FROM sales_order"
        )
        found = dict(zip(expected, cursor.fetchone(), strict=True))
    if found != expected:
        raise RuntimeError(f"the ledger shows {found}, the file {expected}")


def main(rounds: int = 3) -> None:
    if not FILE.exists():
        print(f"sync: not measured, there is no {FILE} (set ONLINE_RETAIL)")
        return
    orders = read_orders()
    with services("benchmark", throwaway=True) as env:
        url = env.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with scratch_database(url) as scratch:
            env = {**env, "DATABASE_URL": scratch}
            with web(env) as pid:
                _measure(env, pid, orders, rounds)


def _measure(env: dict[str, str], pid: int, orders: list[Json], rounds: int) -> None:
    expected = totals(orders)
    packed = list(bodies(orders))
    bare = Bare(orders)
    db = psycopg2.connect(env["DATABASE_URL"])
    client = Client(f"http://{BIND}", make_token(env))
    memory = PeakMemory(pid)
    memory.start()
    answer = client.sync(packed, "warm-up")
    print(f"{datetime.now(UTC):%Y-%m-%d}  {expected['lines']:,} lines: {answer}")
    print(f"  worker {memory.peak:.0f} MB after the first sync", flush=True)
    ids = keep_accounts(db)
    results = []
    for number in range(rounds):
        results.append(_round(db, client, packed, bare, ids, number))
        check(db, expected)
    memory.ended.set()
    db.close()
    _report(results, expected["lines"], memory.peak)


def _round(
    db: Connection,
    client: Client,
    packed: list[bytes],
    bare: Bare,
    ids: dict[str, int],
    number: int,
) -> dict[str, float]:
    """Both sides from empty tables, the sync's replay last."""
    times: dict[str, float] = {}

    def run_bare() -> None:
        empty(db)
        times["bare"] = bare.run(db, ids)

    def run_sync() -> None:
        empty(db)
        began = time.perf_counter()
        answer = client.sync(packed, f"first-{number}")
        times["sync"] = time.perf_counter() - began
        if answer["created"] != answer["received"]:
            raise RuntimeError(f"not all were created: {answer}")
        before = state(db)
        began = time.perf_counter()
        answer = client.sync(packed, f"replay-{number}")
        times["replay"] = time.perf_counter() - began
        times["rows written by the replay"] = written_since(db, before)
        if answer["unchanged"] != answer["received"] or times["rows written by the replay"]:
            raise RuntimeError(f"the replay changed something: {times}, {answer}")

    for run in (run_sync, run_bare) if number % 2 else (run_bare, run_sync):
        run()
    return times


def _report(results: list[dict[str, float]], lines: Any, peak: float) -> None:
    ratios = sorted(result["sync"] / result["bare"] for result in results)
    for result in results:
        print(
            f"  bare {result['bare']:.1f} s, sync {result['sync']:.1f} s"
            f" ({result['sync'] / result['bare']:.2f} x, {lines / result['sync']:,.0f} lines/s),"
            f" replay {result['replay']:.1f} s"
            f" writing {result['rows written by the replay']:.0f} rows"
        )
    if ratios:
        print(f"  ratio {ratios[len(ratios) // 2]:.2f} (median; at most 2.5)")
    print(f"  a worker took {peak:.0f} MB at most (400)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
