"""Two changes of the hierarchy that each are fine may close a circle together."""

import threading

import pytest
from django.db import connection

from accounts import services
from accounts.models import Account
from accounts.services import archive
from kam.core.errors import RuleViolation
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def race(monkeypatch):
    """A under B and B under A at the same time; what came of each, and whether it is a circle."""
    actor, first, second = make_user("diana"), make_account(), make_account()
    both_looked = Meeting()
    group_line = type(Account.objects.all()).group_line
    outcomes = []

    def looking(self, account_id):
        line = group_line(self, account_id)
        both_looked.wait()  # the lock lets only one of them look
        return line

    monkeypatch.setattr(type(Account.objects.all()), "group_line", looking)

    def put(account, parent):
        try:
            services.set_parent(account.pk, parent=parent, actor=actor)
            outcomes.append("changed")
        except RuleViolation as violation:
            outcomes.append(violation.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=put, args=pair) for pair in [(first, second), (second, first)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_the_lock_lets_only_one_of_the_two_through(monkeypatch):
    assert race(monkeypatch) == ["changed", "parent_cycle"]


def test_control_without_lock_and_trigger_both_go_through(monkeypatch):
    monkeypatch.setattr(archive, "_lock_hierarchy", lambda: None)
    with connection.cursor() as cursor:
        table = "ALTER TABLE accounts_account"
        cursor.execute(f"{table} DISABLE TRIGGER accounts_account_no_parent_cycle")
        try:
            assert race(monkeypatch) == ["changed", "changed"]
        finally:
            cursor.execute(f"{table} ENABLE TRIGGER accounts_account_no_parent_cycle")
