"""How much memory a web worker takes for the worst bodies of 20 MB that we could think of.

    python -m benchmarks.worker_memory [CASE…]

Each case is sent, gzip'd, to a gunicorn of its own over empty tables: twice, so that the
second call finds rows to update. The figure is the peak of the worker as the kernel counts it.
"""

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2

from benchmarks.database import scratch_database
from benchmarks.online_retail import Client
from benchmarks.sync import BIND, empty, make_token, web
from devkit.services import services

SIZE = 20 * 1024 * 1024
LIMIT = 400  # MB
WIDE = "\U0001f600"  # one such character makes Python take four bytes for every other one


def _filled(begin: str, parts: Iterator[str], end: str) -> bytes:
    """`begin`, as many of the parts as 20 MB hold, `end`."""
    pieces, size = [begin.encode()], len(begin) + len(end)
    for part in parts:
        raw = part.encode()
        if size + len(raw) + 1 > SIZE:
            break
        pieces += [raw, b","]
        size += len(raw) + 1
    return b"".join([*pieces[:-1], end.encode()])


def _orders(line: Callable[[int], str], lines_of_an_order: int) -> bytes:
    """Orders of that many lines; `line` makes the n-th one of the call."""

    def order(number: int) -> str:
        first = number * lines_of_an_order
        lines = ",".join(map(line, range(first, first + lines_of_an_order)))
        head = f'"order_number":"o{number}","account_number":null,"ordered_on":"2026-01-05"'
        return f'{{{head},"lines":[{lines}]}}'

    return _filled('{"orders":[', map(order, range(5_000)), "]}")


def _one_order(line: Callable[[int], str]) -> bytes:
    head = '{"orders":[{"order_number":"o","account_number":null,"ordered_on":"2026-01-05",'
    return _filled(head + '"lines":[', map(line, range(SIZE)), "]}]}")


def _minimal(_n: int) -> str:
    return '{"product_code":"a","quantity":1,"unit_price":1}'


def _other_product(n: int) -> str:
    return f'{{"product_code":"{n}","quantity":1,"unit_price":1}}'


def _wide_product(n: int) -> str:
    return f'{{"product_code":"{WIDE}{n:059}","quantity":1,"unit_price":1}}'


def _wide_text(n: int) -> str:
    text = WIDE + "x" * 199
    return f'{{"product_code":"{n}","quantity":1,"unit_price":1,"description":"{text}"}}'


def _costly(n: int) -> str:
    return f'{{"product_code":"a","quantity":1.{n % 999},"unit_price":1,"unit_cost":1}}'


def _same(text: str) -> Iterator[str]:
    return iter(lambda: text, None)


def _accounts() -> bytes:
    def account(n: int) -> str:
        name = "".join(chr(0x4E00 + (n * 31 + i * i) % 20_000) for i in range(195))
        return f'{{"account_number":"a{n}","name":"{name}","short_name":"{name[:60]}"}}'

    return _filled('{"accounts":[', map(account, range(5_000)), "]}")


_PAYMENT = '"account_number":"k","received_on":"2026-01-05","amount":"9999999"'


def _invoices() -> bytes:
    def invoice(n: int) -> str:
        number = f"{WIDE}{n:059}"
        days = '"issued_on":"2026-01-05","due_on":"2026-02-05"'
        return f'{{"invoice_number":"{number}","account_number":"k",{days},"amount":"{n}.0001"}}'

    return _filled('{"invoices":[', map(invoice, range(5_000)), "]}")


def _payments(payments: int, parts: int) -> bytes:
    """Payments that each name that many invoices, all of them unknown."""

    def payment(n: int) -> str:
        numbers = range(n * parts, (n + 1) * parts)
        told = ",".join(f'{{"invoice_number":"{i}","amount":1}}' for i in numbers)
        return f'{{"payment_number":"p{n}",{_PAYMENT},"allocations":[{told}]}}'

    return _filled('{"payments":[', map(payment, range(payments)), "]}")


ORDERS, ACCOUNTS = "/api/v1/orders/bulk/", "/api/v1/accounts/bulk/"
INVOICES, PAYMENTS = "/api/v1/invoices/bulk/", "/api/v1/payments/bulk/"
SCOPES = ("orders:write", "accounts:write", "receivables:write")
_READ_ONLY = '{"account_number":"k","name":"k","tier":['
CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "minimal lines": (ORDERS, lambda: _orders(_minimal, 85)),
    "all products differ": (ORDERS, lambda: _orders(_other_product, 76)),
    "all products differ and are wide": (ORDERS, lambda: _orders(_wide_product, 37)),
    "wide descriptions": (ORDERS, lambda: _orders(_wide_text, 15)),
    "figures with costs": (ORDERS, lambda: _orders(_costly, 61)),
    "one order": (ORDERS, lambda: _one_order(_minimal)),
    "one order, all products differ": (ORDERS, lambda: _one_order(_other_product)),
    "five orders, all products differ": (ORDERS, lambda: _orders(_other_product, 78_000)),
    "five orders, figures with costs": (ORDERS, lambda: _orders(_costly, 60_000)),
    "objects beyond number": (ORDERS, lambda: _filled('{"orders":[', _same("1"), "]}")),
    "members beyond number": (
        ORDERS,
        lambda: _filled("{", (f'"{n}":1' for n in range(SIZE)), "}"),
    ),
    "a key of lists": (
        ORDERS,
        lambda: _filled('{"orders":[{"order_number":[', _same("[]"), "]}]}"),
    ),
    "a field of lists beside a NUL": (
        ORDERS,
        lambda: _filled('{"orders":[{"order_number":"\\u0000","x":[', _same("[]"), "]}]}"),
    ),
    "an endless wide field name": (
        ORDERS,
        lambda: _filled(f'{{"orders":[{{"{WIDE}', _same("x" * 1023), '":1}]}'),
    ),
    "an endless wide member": (ORDERS, lambda: _filled(f'{{"{WIDE}', _same("x" * 1023), '":1}')),
    "long names of accounts": (ACCOUNTS, _accounts),
    "read-only fields of lists": (
        ACCOUNTS,
        lambda: _filled(
            '{"accounts":[',
            (_filled(_READ_ONLY, iter(["[]"] * 1_000_000), "]}").decode() for _ in range(6)),
            "]}",
        ),
    ),
    "invoices": (INVOICES, _invoices),
    "payments of one invoice": (PAYMENTS, lambda: _payments(5_000, 1)),
    "payments of many invoices": (PAYMENTS, lambda: _payments(5_000, 95)),
    "a payment of all invoices": (PAYMENTS, lambda: _payments(1, 450_000)),
    "lists in place of an account": ("/api/v1/accounts/k/", lambda: _filled("[", _same("[]"), "]")),
}


def measure(env: dict[str, str], name: str) -> float:
    """MB that the worker took at most."""
    path, body = CASES[name][0], gzip.compress(CASES[name][1](), compresslevel=1)
    method = "POST" if path.endswith("/bulk/") else "PUT"
    with web(env, workers=1) as pid:
        client = Client(f"http://{BIND}", make_token(env, SCOPES))
        client.call("POST", ACCOUNTS, b'{"accounts":[{"account_number":"k","name":"k"}]}')
        worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        answers = []
        for _ in range(2):
            status, answer = client.call(method, path, body, **{"Content-Encoding": "gzip"})
            counts = ("created", "updated", "unchanged", "rejected")
            errors = answer.get("errors") or [answer]
            told = {count: answer[count] for count in counts if answer.get(count)}
            answers.append(f"{status} {told or ''} {errors[0].get('code', '')}".strip())
            client.connection.close()
        lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
    print(f"  {peak:4.0f} MB  {name}: {'; '.join(dict.fromkeys(answers))}", flush=True)
    return peak


def main(chosen: list[str]) -> int:
    """How many cases took more than the limit."""
    above = 0
    with services("benchmark", throwaway=True) as env:
        url = env.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with scratch_database(url) as scratch:
            db = psycopg2.connect(scratch)
            for name in chosen or CASES:
                above += measure({**env, "DATABASE_URL": scratch}, name) > LIMIT
                empty(db)
    return above


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
