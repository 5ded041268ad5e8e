"""Two systems send the same accounts at the same moment, in opposite order."""

import threading

import pytest
from django.db import DatabaseError, connection

from accounts.models import Account, Event
from accounts.services import planning, upsert
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user

NUMBERS = [f"K{n:03}" for n in range(40)]


def meeting_at_compare(monkeypatch):
    """Both callers have compared before either writes, if nothing keeps them apart."""
    barrier = Meeting()
    compare = planning.compare
    first_time = threading.local()

    def compare_then_meet(rows):
        compare(rows)
        if not getattr(first_time, "met", False):
            first_time.met = True
            barrier.wait()

    monkeypatch.setattr(planning, "compare", compare_then_meet)


def both(work):
    """What two threads are told: the outcome, or the name of a database error."""
    told = []

    def run(numbers, name):
        try:
            outcome = work(numbers, name)
            told.append((outcome.created, outcome.updated, outcome.unchanged))
        except DatabaseError as error:
            told.append(type(error).__name__)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(NUMBERS, "a")),
        threading.Thread(target=run, args=(NUMBERS[::-1], "b")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told, key=str)


def send(actor):
    def work(numbers, name):
        rows = [{"account_number": number, "name": name} for number in numbers]
        return upsert.upsert_accounts(rows, actor=actor)

    return work


@pytest.mark.django_db(transaction=True)
def test_new_accounts_are_created_once_and_the_second_call_changes_them(monkeypatch):
    actor = make_user("erp")
    meeting_at_compare(monkeypatch)

    told = both(send(actor))

    assert told == [(0, 40, 0), (40, 0, 0)]
    assert Account.objects.count() == 40
    assert Account.objects.values("name").distinct().count() == 1
    assert Event.objects.filter(kind="accounts.account_created").count() == 40


@pytest.mark.django_db(transaction=True)
def test_present_accounts_are_changed_one_call_after_the_other(monkeypatch):
    actor = make_user("erp")
    for number in NUMBERS:
        make_account(account_number=number, name="old")
    meeting_at_compare(monkeypatch)

    assert both(send(actor)) == [(0, 40, 0), (0, 40, 0)]
    assert Account.objects.values("name").distinct().count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_passing_over_the_others_rows_one_call_fails(monkeypatch):
    actor = make_user("erp")
    meeting_at_compare(monkeypatch)
    insert = upsert.rowsets.insert
    monkeypatch.setattr(
        upsert.rowsets, "insert", lambda *args, unless="", **options: insert(*args, **options)
    )

    assert both(send(actor)) == [(40, 0, 0), "IntegrityError"]
