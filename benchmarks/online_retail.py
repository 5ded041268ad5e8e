"""A REST client that syncs the Online Retail data set (UCI 352), as an ERP would.

    python -m benchmarks.online_retail http://127.0.0.1:8000 TOKEN [FILE.csv.gz]

InvoiceNo is the order number, CustomerID the account (none: a walk-in sale), StockCode the
product. The file is looked for in ONLINE_RETAIL, then in ../shared/data.
"""

import csv
import gzip
import http.client
import os
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

FILE = Path(os.environ.get("ONLINE_RETAIL", "../shared/data/online_retail.csv.gz"))
MOST_ORDERS = 5_000
MOST_BYTES = 20_000_000

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


def main(base_url: str = "", token: str = "", path: str = "") -> None:
    if not token:
        print(__doc__)
        return
    orders = read_orders(Path(path or FILE))
    print(totals(orders))
    packed = list(bodies(orders))
    began = time.perf_counter()
    print(Client(base_url, token).sync(packed, f"online-retail-{time.time_ns()}"))
    print(f"{time.perf_counter() - began:.1f} s in {len(packed)} calls")


if __name__ == "__main__":
    main(*sys.argv[1:])
