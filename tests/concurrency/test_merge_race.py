"""Two people merge the same pair at the same moment, and an order comes in during a merge."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from accounts.models import Account, AccountMerge
from accounts.services import merge as merging
from kam.core.errors import RuleViolation
from tests.factories import make_account, make_user


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


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_both_merge(monkeypatch):
    def unlocked(first, second):
        found = Account.objects.in_bulk([first, second])
        return found[first], found[second]

    monkeypatch.setattr(merging, "_locked", unlocked)
    monkeypatch.setattr(merging, "lock_parents", lambda: None)

    assert both_at_once(monkeypatch) == ["merged it", "merged it"]
    assert AccountMerge.objects.count() == 2
