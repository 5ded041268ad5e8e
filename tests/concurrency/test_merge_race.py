"""Two people merge at the same moment; an order or a contact comes in during a merge."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts import services
from accounts.models import Account, AccountMerge
from accounts.services import contacts
from accounts.services import merge as merging
from kam.core.errors import RuleViolation
from sales import services as ledger
from sales.rules import LineIn, OrderIn
from tests.factories import make_account, make_user

WAITING = """
SELECT EXISTS (
  SELECT FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )
)
"""


def both_at_once(monkeypatch):
    """What two people are told who have both read before either writes."""
    actor = make_user("diana", "ka_director")
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    meeting = threading.Barrier(2)
    fill = merging._fill

    def meet_then_fill(*args):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return fill(*args)

    monkeypatch.setattr(merging, "_fill", meet_then_fill)
    told = []

    def work():
        try:
            merging.merge_accounts(survivor, absorbed, actor=actor)
            told.append("merged it")
        except RuleViolation as violation:
            told.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.mark.django_db(transaction=True)
def test_one_wins_and_the_other_is_told(monkeypatch):
    assert both_at_once(monkeypatch) == ["merged", "merged it"]
    assert AccountMerge.objects.count() == 1


def unlocked(first, second):
    found = Account.objects.in_bulk([first, second])
    return found[first], found[second]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_both_merge(monkeypatch):
    monkeypatch.setattr(merging, "_locked", unlocked)
    monkeypatch.setattr(merging, "lock_parents", lambda: None)

    assert both_at_once(monkeypatch) == ["merged it", "merged it"]
    assert AccountMerge.objects.count() == 2


# --- two merges that each give one account the other as its parent


def crossing(monkeypatch):
    """A takes a subsidiary of B, and B one of A, at the same moment; what became of both."""
    actor = make_user("diana", "ka_director")
    one, other = make_account(account_number="A"), make_account(account_number="B")
    of_one, of_other = make_account(parent=one), make_account(parent=other)
    meeting = threading.Barrier(2)
    line = Account.objects.group_line

    def meet_then_look(account_id):
        found = line(account_id)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return found

    monkeypatch.setattr(type(Account.objects), "group_line", lambda _self, pk: meet_then_look(pk))

    def merge(pair):
        try:
            merging.merge_accounts(*pair, actor=actor)
        except (IntegrityError, OperationalError):  # a circle, or each waits for the other
            return "failed"
        else:
            return "merged it"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(merge, [(one, of_other), (other, of_one)]))


@pytest.mark.django_db(transaction=True)
def test_two_merges_together_close_no_circle(monkeypatch):
    assert crossing(monkeypatch) == ["merged it", "merged it"]
    assert Account.objects.live().filter(parent=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_one_merge_at_a_time_only_one_gets_through(monkeypatch):
    monkeypatch.setattr(merging, "lock_parents", lambda: None)

    assert crossing(monkeypatch) == ["failed", "merged it"]


# --- something comes in during a merge


def until_somebody_waits():
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)


def coming_in(monkeypatch, add):
    """K1 absorbs OLD while `add` is called; what it gave, or the code of its refusal."""
    actor = make_user("diana", "ka_director")
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    begun = threading.Event()
    fill = merging._fill

    def wait_for_the_other(*args):
        begun.set()
        until_somebody_waits()
        return fill(*args)

    monkeypatch.setattr(merging, "_fill", wait_for_the_other)

    def merge():
        try:
            merging.merge_accounts(survivor, absorbed, actor=actor)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        merging_it = pool.submit(merge)
        begun.wait(10)
        try:
            told = add(absorbed, actor)
        except RuleViolation as violation:
            told = violation.code
        merging_it.result()
    return told


def enter_contact(account, actor):
    services.add_contact(account.pk, fields={"name": "王芳"}, actor=actor)
    return "entered"


def send_order(account, actor):
    line = LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(5))
    order = OrderIn(
        order_number="O1",
        account_number=account.account_number,
        ordered_on=date(2026, 1, 5),
        lines=[line],
    )
    return ledger.upsert_orders([(0, order)], actor=actor).created


def where(name):
    """The numbers of the accounts that have contacts, or orders."""
    having = Account.objects.exclude(**{name: None})
    return list(having.values_list("account_number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_contact_entered_during_the_merge_is_refused_and_not_lost(monkeypatch):
    assert coming_in(monkeypatch, enter_contact) == "merged"
    assert where("contacts") == []


@pytest.mark.django_db(transaction=True)
def test_control_who_does_not_look_again_enters_it_where_nobody_sees_it(monkeypatch):
    monkeypatch.setattr(contacts, "live_locked", lambda pk: Account.objects.get(pk=pk))

    assert coming_in(monkeypatch, enter_contact) == "entered"
    assert where("contacts") == ["OLD"]


@pytest.mark.django_db(transaction=True)
def test_an_order_that_comes_in_during_the_merge_goes_to_the_survivor(monkeypatch):
    assert coming_in(monkeypatch, send_order) == 1
    assert where("orders") == ["K1"]


@pytest.mark.django_db(transaction=True)
def test_control_without_keeping_the_account_the_order_is_lost_with_it(monkeypatch):
    monkeypatch.setattr(ledger, "_KEEP_ACCOUNTS", "SELECT %s")

    assert coming_in(monkeypatch, send_order) == 1
    assert where("orders") == ["OLD"]


def merge_beside(account, actor):
    """Begin a merge that absorbs the account in a thread of its own; it waits for us, or not."""
    other = Account.objects.get(account_number="K1")

    def merge():
        try:
            merging.merge_accounts(other, account, actor=actor)
        finally:
            connection.close()

    thread = threading.Thread(target=merge)
    thread.start()
    until_somebody_waits()
    return thread


def entered_before():
    """A contact is being entered when the merge begins; where it is in the end."""
    actor = make_user("diana", "ka_director")
    make_account(account_number="K1")
    absorbed = make_account(account_number="OLD")
    with transaction.atomic():
        enter_contact(absorbed, actor)
        thread = merge_beside(absorbed, actor)
    thread.join()
    return where("contacts")


@pytest.mark.django_db(transaction=True)
def test_what_is_being_entered_when_the_merge_begins_moves_with_the_rest():
    assert entered_before() == ["K1"]


@pytest.mark.django_db(transaction=True)
def test_control_without_locking_the_pair_it_is_left_behind(monkeypatch):
    monkeypatch.setattr(merging, "_locked", unlocked)

    assert entered_before() == ["OLD"]
