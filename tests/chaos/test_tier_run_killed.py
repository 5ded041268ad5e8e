"""A recompute is killed in the middle of its write; the next one makes it good."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from accounts.models import Account, Event
from tests.factories import make_account, make_order
from tests.tiering.factories import make_policy
from tiering import tasks
from tiering.locks import somebody_recomputes
from tiering.models import TierPolicy, TierRecord, TierRun

DAY = date(2026, 6, 30)


def start_recompute() -> subprocess.Popen:
    """`manage.py recompute` as a process of its own on the database of the tests."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "recompute", "--as-of", DAY.isoformat()],
        env={**os.environ, "DATABASE_URL": url.geturl(), "SECRET_KEY": "tests-only"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(condition, *, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def is_blocked() -> bool:
    """Whether a session waits for a row that we hold: it is in the middle of its write.

    Waits for rows name no database, so the session is known by its other locks: tests beside
    this one have databases of their own on the same server.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND locktype IN ('transactionid', 'tuple') AND pid IN ("
            "  SELECT pid FROM pg_locks WHERE database ="
            "   (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return cursor.fetchone()[0] > 0


def state() -> dict[str, list]:
    columns = ("account__account_number", "valid_from", "valid_to", "tier", "r", "f", "m", "abc")
    return {
        "history": sorted(TierRecord.objects.values_list(*columns), key=str),
        "tiers": sorted(Account.objects.values_list("account_number", "tier")),
        "events": sorted(Event.objects.values_list("account__account_number", "kind")),
    }


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_in_the_middle_of_its_write_is_done_again_to_the_same_result():
    if not TierPolicy.objects.exists():
        make_policy()
    for number in range(5):
        make_order(make_account(account_number=f"C{number}"), DAY, 100 + number)
    assert start_recompute().wait(timeout=300) == 0
    undisturbed = state()
    assert len(undisturbed["history"]) == 5
    TierRecord.objects.all().delete()
    TierRun.objects.all().delete()
    Account.objects.update(tier="ordinary")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_event CASCADE")

    with transaction.atomic():
        Account.objects.select_for_update().get(account_number="C3")
        process = start_recompute()
        try:
            wait_until(is_blocked)
            run = TierRun.objects.get()
            seen = (run.status, run.progress, somebody_recomputes())
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=10)

    assert seen == ("running", 60, True)
    wait_until(lambda: not somebody_recomputes())
    assert state()["history"] == []
    assert TierRun.objects.get().status == "running"

    tasks.pick_up_queued_runs()

    assert state() == undisturbed
    run = TierRun.objects.get()
    assert (run.status, run.progress, run.accounts) == ("succeeded", 100, 5)
    assert run.requested_at - run.started_at < timedelta(0)
