"""200 credit checks and orders on one account from 40 connections, against bare SQL.

    python -m devkit.with_services .venv/bin/python -m benchmarks.credit_checks [ROUNDS]

The bare side is, in a transaction each, one conditional UPDATE of the party and one INSERT of the
decision, on the same tables as they are (triggers and keys included), by psycopg2 with nothing
between. Both sides are the same 40 threads of this one process, each with a connection of its own
that stays open, and commit as often: a transaction for each check or each call. So all of our
Python is taken one after the other, as in one worker process, and none of theirs is.

The checks reserve, and are measured without and with an order number. The orders go through the
service behind POST /orders/bulk/, one in a call and five in a call: order and lines are stored, it
is decided by all the facts, and decision, published status and audit entry are written. The bare
side stores no order; the bound is the same for all. Run it on an idle machine: the bare side waits
for a lock, ours for a processor, so whatever else runs weighs on ours.

Nothing is emptied between the rounds: after a TRUNCATE every connection plans all its statements
anew, which no server has to do while it runs.

Who begins a round alternates. Then the checks over HTTP in this process, and `reconcile` of
10,000 accounts. Ends with 1 where a side took more than the bound. Works in a database of its
own, which it drops.
"""

import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import count
from threading import Barrier, local
from typing import Any

import psycopg2

from benchmarks.database import django_on_scratch_database

CONNECTIONS, CHECKS = 40, 200
BOUND = 2.0
ACCOUNTS = 10_000
UPDATE = """
UPDATE credit_creditparty SET reserved = reserved + %s
WHERE account_id = %s AND exposure + %s <= %s
"""
INSERT = """
INSERT INTO credit_decision (account_id, order_number, cause, outcome, amount, reasons, "limit",
    exposure, policy_version, actor_id, comment, at)
VALUES (%s, '', 'check', 'approved', %s, '[]', %s, 0, 1, %s, '', now())
"""


def main(rounds: int = 7) -> int:
    with django_on_scratch_database():
        return measure(rounds)


def measure(rounds: int) -> int:
    logging.disable(logging.INFO)  # a line for each request over HTTP
    account, actor = fill()
    sides = {
        "bare": (bare(account.pk, actor.pk), 1),
        "checks": (checks(account.pk, actor), 1),
        "numbered": (checks(account.pk, actor, numbered=True), 1),
        "orders": (orders(actor, in_a_call=1), 1),
        "orders by fives": (orders(actor, in_a_call=5), 5),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name in sorted(sides, reverse=bool(turn % 2)):
            one, at_a_time = sides[name]
            seconds = from_all_connections(one, CHECKS // at_a_time)
            if turn:  # the first round connects
                taken[name].append(seconds)
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"{name}: {middle * 1000:.0f} ms, {CHECKS / middle:.0f}/s (median of {rounds})")
    over = [name for name in sides if name != "bare" and ratio(name, taken) > BOUND]
    over_http(account.account_number)
    reconcile_all()
    return int(bool(over))


def ratio(name: str, taken: dict[str, list[float]]) -> float:
    """How many times as long as the bare side it took, the median of the rounds."""
    pairs = zip(taken[name], taken["bare"], strict=True)
    ratios = [ours / theirs for ours, theirs in pairs]
    middle = statistics.median(ratios)
    listed = " ".join(f"{each:.2f}" for each in ratios)
    print(f"{name} / bare: {middle:.2f}, bound {BOUND} (rounds: {listed})")
    return middle


def fill() -> tuple[Any, Any]:
    from django.contrib.auth.models import Group
    from django.utils import timezone

    from accounts.models import Account
    from credit.models import CreditLine, CreditParty
    from staff.models import User

    gm = User.objects.create(username="gm")
    gm.groups.add(Group.objects.get(name="gm"))
    actor = User.objects.create(username="erp", is_service=True)
    account = Account.objects.create(account_number="K1", name="华锐科技")
    CreditParty.objects.create(account=account)
    CreditLine.objects.create(
        account=account,
        limit=Decimal(10**9),
        currency="CNY",
        terms_days=30,
        valid_from=timezone.localdate(),
        valid_until=timezone.localdate() + timedelta(days=90),
        approved_by=gm,
        reason="benchmark",
    )
    return account, actor


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE credit_reservation, credit_decision, sales_order CASCADE")
        cursor.execute("UPDATE credit_creditparty SET reserved = 0, ordered = 0")


def bare(account_id: int, actor_id: int) -> Callable[[], None]:
    own = local()

    def one() -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        with own.connection, own.connection.cursor() as cursor:
            cursor.execute(UPDATE, [10, account_id, 10, 10**9])
            assert cursor.rowcount
            cursor.execute(INSERT, [account_id, 10, 10**9, actor_id])

    return one


def checks(account_id: int, actor: Any, *, numbered: bool = False) -> Callable[[], None]:
    from credit.services import reservations

    numbers = count()

    def one() -> None:
        number = f"O{next(numbers)}" if numbered else ""
        ten = Decimal(10)
        reservations.check(account_id, amount=ten, actor=actor, order_number=number, reserve=True)

    return one


def orders(actor: Any, *, in_a_call: int) -> Callable[[], None]:
    from django.utils import timezone

    from sales.rules import LineIn, OrderIn
    from sales.services.orders import upsert_orders

    numbers, today = count(), timezone.localdate()
    line = LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(10))

    def one() -> None:
        rows = [
            OrderIn(
                order_number=f"S{in_a_call}-{next(numbers)}",
                account_number="K1",
                status="open",
                ordered_on=today,
                lines=[line],
            )
            for _ in range(in_a_call)
        ]
        outcome = upsert_orders(list(enumerate(rows)), actor=actor)
        assert outcome.created == in_a_call, outcome

    return one


POOL = ThreadPoolExecutor(CONNECTIONS)


def from_all_connections(one: Callable[[], object], calls: int = CHECKS) -> float:
    """Seconds for all calls, each thread with its own connection."""
    ready = Barrier(CONNECTIONS + 1)

    def some() -> None:
        ready.wait()
        for _ in range(calls // CONNECTIONS):
            one()

    futures = [POOL.submit(some) for _ in range(CONNECTIONS)]
    ready.wait()
    began = time.perf_counter()
    for future in futures:
        future.result()
    return time.perf_counter() - began


def over_http(account_number: str) -> None:
    """The same through the whole of Django, without the network, once every thread is warm."""
    from django.conf import settings
    from django.test import Client

    from kam.core import tokens
    from staff.models import User

    settings.API_REQUESTS_PER_MINUTE = 10**6
    _token, key = tokens.issue(
        user=User.objects.get(username="erp"), scopes=["credit:check"], actor=None
    )
    client = Client(headers={"Authorization": f"Bearer {key}", "Host": "localhost"})
    body = {"account_number": account_number, "amount": "10", "reserve": True}

    def one() -> None:
        answer = client.post("/api/v1/credit-checks/", body, content_type="application/json")
        assert answer.status_code == 200, answer.content

    from_all_connections(one)  # Django loads its addresses with the first
    seconds = from_all_connections(one)
    print(f"over HTTP, without the network: {seconds * 1000:.0f} ms, {CHECKS / seconds:.0f}/s")


def reconcile_all() -> None:
    """10,000 accounts with 10 invoices each, in one pass."""
    from django.db import connection

    from accounts.models import Account
    from credit.services import reconcile

    empty()
    Account.objects.bulk_create(
        [Account(account_number=f"B{n}", name=f"B{n}") for n in range(ACCOUNTS)], batch_size=2000
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credit_invoice (invoice_number, account_id, issued_on, due_on, currency,
                document_amount, amount, exchange_rate, order_number, created_at, updated_at)
            SELECT account.account_number || '-' || n, account.id, current_date, current_date,
                'CNY', 10, 10, 1, '', now(), now()
            FROM accounts_account AS account, generate_series(1, 10) AS n
            """
        )
        cursor.execute("ANALYZE")
        cursor.execute("UPDATE credit_creditparty SET invoiced = 1 WHERE account_id % 1000 = 0")
    began = time.perf_counter()
    found = reconcile.differences()
    print(
        f"reconcile of {ACCOUNTS:,} accounts, {ACCOUNTS * 10:,} invoices: "
        f"{time.perf_counter() - began:.2f} s, {len(found)} differences"
    )


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
