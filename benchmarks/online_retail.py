"""A REST client that syncs the Online Retail data set (UCI 352), as an ERP would.

    python -m benchmarks.online_retail [http://127.0.0.1:8000 TOKEN [FILE.csv.gz]]

Afterwards it asks for a recompute of 2011-12-09 and compares what the API says of the tiers with
what is known of the data set: a line per figure, exit code 1 when one differs. The token needs
the scopes orders:write, accounts:write, tiers:run and tiers:read. Without an address, web and
worker are started on an empty database of their own.

InvoiceNo is the order number, CustomerID the account (none: a walk-in sale), StockCode the
product. The file is looked for in ONLINE_RETAIL, then in ../shared/data.
"""

import csv
import gzip
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

FILE = Path(os.environ.get("ONLINE_RETAIL", "../shared/data/online_retail.csv.gz"))
MOST_ORDERS = 5_000
MOST_BYTES = 20_000_000
AS_OF = "2011-12-09"
# Worked out from the file by hand, apart from this code.
KNOWN = {
    "company net sales": "9370259.48",  # 9,370,259.484
    "accounts": 4372,
    "strategic": 0,
    "key": 6,
    "ordinary": 4366,
    "key accounts": "14646 18102 17450 14911 12415 14156",
    "17511": "ordinary at 0.904 %",
    "16446": "ordinary",  # its return counts
}
SCOPES = ("orders:write", "accounts:write", "tiers:run", "tiers:read")

Json = dict[str, Any]


def read_orders(path: Path = FILE) -> list[Json]:
    """The invoices in the order of the file, as order objects of the REST contract."""
    orders: dict[str, Json] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = row["InvoiceNo"]
            if number not in orders:
                orders[number] = {
                    "order_number": number,
                    "account_number": row["CustomerID"] or None,
                    "ordered_on": row["InvoiceDate"][:10],
                    "lines": [],
                }
            orders[number]["lines"].append(
                {
                    "product_code": row["StockCode"],
                    "description": row["Description"],
                    "quantity": row["Quantity"],
                    "unit_price": row["UnitPrice"],
                }
            )
    return list(orders.values())


def bodies(orders: list[Json]) -> Iterator[bytes]:
    """Bodies of bulk calls, gzip'd, as large as the contract allows."""
    batch: list[bytes] = []
    size = 0
    for order in map(msgspec.json.encode, orders):
        if len(batch) == MOST_ORDERS or size + len(order) > MOST_BYTES:
            yield _body(batch)
            batch, size = [], 0
        batch.append(order)
        size += len(order) + 1
    if batch:
        yield _body(batch)


def _body(orders: list[bytes]) -> bytes:
    members = b'{"create_missing_accounts":true,"orders":[' + b",".join(orders) + b"]}"
    return gzip.compress(members, compresslevel=1)


class Client:
    """One caller of the API; its connection is made anew when the server has closed it."""

    def __init__(self, base_url: str, token: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=600)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        return response.status, msgspec.json.decode(response.read())

    def sync(self, packed: list[bytes], key: str) -> Json:
        """Send the bodies one after the other; the sums of the answers."""
        self.connection.close()  # idle ones are closed by the server
        total = dict.fromkeys(["received", "created", "updated", "unchanged", "rejected"], 0)
        for number, body in enumerate(packed):
            headers = {"Content-Encoding": "gzip", "Idempotency-Key": f"{key}-{number}"}
            status, answer = self.call("POST", "/api/v1/orders/bulk/", body, **headers)
            if status != 200:
                raise RuntimeError(f"{status}: {answer}")
            for name in total:
                total[name] += answer[name]
            for error in answer["errors"][:10]:
                print(f"  {error}")
        return total


def totals(orders: list[Json]) -> dict[str, Decimal | int]:
    """What the ledger must show after the load."""
    amounts = [
        (
            order["account_number"],
            sum(Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in order["lines"]),
        )
        for order in orders
    ]
    return {
        "orders": len(orders),
        "lines": sum(len(order["lines"]) for order in orders),
        "accounts": len({account for account, _ in amounts if account}),
        "net_sales": Decimal(sum(amount for _, amount in amounts)),
        "net_sales_of_accounts": Decimal(sum(amount for account, amount in amounts if account)),
    }


def recompute(client: Client, as_of: str) -> Json:
    """Ask for a recompute and wait until it is done."""
    status, run = client.call(
        "POST", "/api/v1/tiering/runs/", msgspec.json.encode({"as_of": as_of})
    )
    if status != 202:
        raise RuntimeError(f"{status}: {run}")
    address = f"/api/v1/tiering/runs/{run['id']}/"
    while run["status"] in ("queued", "running"):
        time.sleep(0.5)
        _status, run = client.call("GET", address)
    return run


def results(client: Client, run: Json) -> dict[str, Json]:
    """Every account's row of a run, by account number."""
    rows: dict[str, Json] = {}
    address: str | None = f"/api/v1/tiering/results/?run={run['id']}&page_size=500"
    while address:
        _status, page = client.call("GET", address)
        rows |= {row["account_number"]: row for row in page["results"]}
        following = urlsplit(page["next"] or "")
        address = f"{following.path}?{following.query}" if following.path else None
    return rows


def figures(client: Client) -> Json:
    """What the API says of the tiers of that day, as in KNOWN."""
    run = recompute(client, AS_OF)
    rows = results(client, run)
    key = [number for number, row in rows.items() if row["tier"] == "key"]
    key.sort(key=lambda number: -Decimal(rows[number]["net_sales"]))
    small = rows["17511"]
    return {
        "company net sales": run["company_net_sales"],
        "accounts": len(rows),
        **run["tiers"],
        "key accounts": " ".join(key),
        "17511": f"{small['tier']} at {100 * Decimal(small['share']):.3f} %",
        "16446": rows["16446"]["tier"],
    }


def compare(client: Client) -> bool:
    """Print each figure beside the known one; whether all are the same."""
    found = figures(client)
    for name, known in KNOWN.items():
        verdict = "" if found[name] == known else f"  DIFFERS: {known}"
        print(f"  {name:20} {found[name]}{verdict}")
    return all(found[name] == known for name, known in KNOWN.items())


@contextmanager
def own_servers() -> Iterator[tuple[str, str]]:
    """Web and worker on an empty database of our own: (address, token)."""
    from benchmarks.database import scratch_database
    from benchmarks.sync import BIND, make_token, web
    from devkit.services import services

    with services("benchmark", throwaway=True) as env:
        url = env.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with scratch_database(url) as scratch:
            env = {**env, "DATABASE_URL": scratch}
            with web(env):
                environment = {**os.environ, **env, "SECRET_KEY": "benchmark"}
                argv = [sys.executable, "-m", "devkit.processes", "worker", "--loglevel", "error"]
                worker = subprocess.Popen(argv, env=environment)
                try:
                    yield f"http://{BIND}", make_token(env, SCOPES)
                finally:
                    worker.terminate()
                    worker.wait(60)


def main(base_url: str = "", token: str = "", path: str = "") -> int:
    file = Path(path or FILE)
    if not file.exists():
        print(f"online_retail: not compared, there is no {file} (set ONLINE_RETAIL)")
        return 0
    if base_url:
        return _run(Client(base_url, token), read_orders(file))
    with own_servers() as (base_url, token):
        return _run(Client(base_url, token), read_orders(file))


def _run(client: Client, orders: list[Json]) -> int:
    print(totals(orders))
    packed = list(bodies(orders))
    began = time.perf_counter()
    print(client.sync(packed, f"online-retail-{time.time_ns()}"))
    print(f"{time.perf_counter() - began:.1f} s in {len(packed)} calls")
    return 0 if compare(client) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
