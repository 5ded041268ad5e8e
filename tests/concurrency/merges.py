"""Something else that happens while one account absorbs another."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from accounts.models import Account
from accounts.services import merge as merging
from kam.core.errors import RuleViolation
from tests.factories import make_account, make_user

WAITING = """
SELECT EXISTS (
  SELECT FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )
)
"""


def until_somebody_waits():
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)


def coming_in(monkeypatch, add, make=lambda account, actor: account):
    """K1 absorbs OLD while `add` is called with what was made of OLD before, or with OLD itself;
    what it gave, or the code of its refusal."""
    actor = make_user("diana", "ka_director")
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    made = make(absorbed, actor)
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
            told = add(made, actor)
        except RuleViolation as violation:
            told = violation.code
        merging_it.result()
    return told


def where(name):
    """The numbers of the accounts that have contacts, or orders."""
    having = Account.objects.exclude(**{name: None})
    return list(having.values_list("account_number", flat=True))
