"""Calls with the same orders at the same time: no deadlock, no lost update, no duplicates."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import Account
from sales.models import Order, OrderLine, Product
from sales.rules import LineIn, OrderIn
from sales.services import orders as ledger
from tests.factories import make_account, make_service_user

pytestmark = pytest.mark.django_db(transaction=True)


def order(number, *, version=None, quantity=1, lines=2, account_number="K1"):
    return OrderIn(
        order_number=number,
        account_number=account_number,
        ordered_on=date(2026, 3, 1),
        version=version,
        lines=[
            LineIn(product_code=f"P{i}", quantity=Decimal(quantity), unit_price=Decimal(1))
            for i in range(lines)
        ],
    )


def at_once(*calls):
    """Run the calls in threads of their own; their results, or the exceptions."""

    def run(call):
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def sync(actor, orders, **options):
    return ledger.upsert_orders(list(enumerate(orders)), actor=actor, **options)


def test_the_same_new_orders_from_four_callers_are_created_once():
    actor = make_service_user()
    numbers = [f"N{i:03}" for i in range(200)]
    started = Barrier(4)

    def call(turn):
        orders = [
            order(number, quantity=turn + 1, account_number=f"C{number}") for number in numbers
        ]
        if turn % 2:
            orders.reverse()
        started.wait()
        return sync(actor, orders, create_missing_accounts=True)

    outcomes = at_once(*(lambda turn=turn: call(turn) for turn in range(4)))

    assert sum(outcome.created for outcome in outcomes) == 200
    assert sum(outcome.updated for outcome in outcomes) == 600
    assert Order.objects.count() == Account.objects.count() == 200
    assert Product.objects.count() == 2
    assert OrderLine.objects.count() == 400
    for stored in Order.objects.prefetch_related("lines"):
        assert stored.net_amount == sum(line.amount for line in stored.lines.all())


def test_the_highest_version_wins_whoever_comes_last():
    make_account(account_number="K1")
    actor = make_service_user()
    versions = [3, 1, 4, 2]
    started = Barrier(len(versions))

    def call(version):
        started.wait()
        return sync(actor, [order("A", version=version, quantity=version, lines=version)])

    outcomes = at_once(*(lambda v=version: call(v) for version in versions))

    assert all(outcome.rejected == 0 for outcome in outcomes)
    stored = Order.objects.get()
    assert (stored.version, stored.lines.count(), stored.net_amount) == (4, 4, 16)


# --- the guard under the row's lock


def late_writer(monkeypatch):
    """Version 2 is written while version 1, sent before, stands between its look and its write."""
    make_account(account_number="K1")
    actor = make_service_user()
    sync(actor, [order("A", version=0)])
    both_have_looked, newer_is_written = Barrier(2, timeout=30), Event()
    write = ledger._write_heads

    def write_in_turn(orders, account_ids):
        both_have_looked.wait()
        if orders[0].version == 1:
            newer_is_written.wait(30)
        return write(orders, account_ids)

    monkeypatch.setattr(ledger, "_write_heads", write_in_turn)

    def newer():
        try:
            return sync(actor, [order("A", version=2, quantity=20)])
        finally:
            newer_is_written.set()

    older = lambda: sync(actor, [order("A", version=1, quantity=10)])  # noqa: E731
    at_once(newer, older)
    return Order.objects.get().version


def test_an_older_version_that_writes_later_changes_nothing(monkeypatch):
    assert late_writer(monkeypatch) == 2


def test_control_without_the_guard_the_newer_version_is_lost(monkeypatch):
    upsert = ledger._UPSERT_ORDERS
    head, _where, tail = upsert.sql.partition("WHERE coalesce")
    sql = head + "RETURNING" + tail.partition("RETURNING")[2]
    monkeypatch.setattr(ledger, "_UPSERT_ORDERS", replace(upsert, name="unguarded", sql=sql))
    assert late_writer(monkeypatch) == 1


# --- the sequence of locks


def opposed_callers(monkeypatch):
    """Two calls with the same two orders in opposed sequence; each waits after its first row until
    the other has its own, or waits for this one."""
    make_account(account_number="K1")
    actor = make_service_user()
    sync(actor, [order("A"), order("B")])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE SEQUENCE rows_locked;"
            " CREATE FUNCTION wait_for_the_other() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM nextval('rows_locked');"
            " FOR turn IN 1..1000 LOOP"
            "   EXIT WHEN (SELECT last_value > 1 FROM rows_locked) OR EXISTS (SELECT FROM pg_locks"
            "     WHERE locktype = 'transactionid' AND NOT granted AND transactionid ="
            "       pg_current_xact_id()::xid);"
            "   PERFORM pg_sleep(0.01);"
            " END LOOP; RETURN new; END $$;"
            " CREATE TRIGGER wait_for_the_other BEFORE UPDATE ON sales_order FOR EACH ROW"
            " EXECUTE FUNCTION wait_for_the_other()"
        )

    def call(quantity, numbers):
        return sync(actor, [order(number, quantity=quantity) for number in numbers])

    try:
        return at_once(lambda: call(2, "AB"), lambda: call(3, "BA"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION wait_for_the_other CASCADE; DROP SEQUENCE rows_locked")


def test_opposed_callers_wait_for_each_other(monkeypatch):
    outcomes = opposed_callers(monkeypatch)
    assert [outcome.updated for outcome in outcomes] == [2, 2]


def test_control_without_the_sequence_they_deadlock(monkeypatch):
    upsert = ledger._UPSERT_ORDERS
    unsorted = replace(upsert, name="unsorted", sql=upsert.sql.replace("ORDER BY 1", ""))
    monkeypatch.setattr(ledger, "_UPSERT_ORDERS", unsorted)

    outcomes = opposed_callers(monkeypatch)

    (error,) = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)


# --- a merge at the same time


@pytest.mark.parametrize("others", [0, 300])  # the planner joins many in another way
def test_orders_that_come_during_a_merge_go_to_the_survivor(others):
    for _other in range(others):
        make_account()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account")
    old, survivor = make_account(account_number="OLD"), make_account(account_number="NEW")
    actor = make_service_user()
    merging = Event()

    def merge():
        with transaction.atomic():
            pair = Account.objects.select_for_update(of=("self",)).filter(
                pk__in=[old.pk, survivor.pk]
            )
            assert len(list(pair.order_by("pk"))) == 2
            merging.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
            Account.objects.filter(pk=old.pk).update(merged_into=survivor)

    def call():
        merging.wait(5)
        return sync(actor, [order("A", account_number="OLD")])

    at_once(merge, call)

    assert Order.objects.get().account == survivor
