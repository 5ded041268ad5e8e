"""A worker is killed while it stores an import; the import is picked up and done once."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from accounts import tasks
from accounts.models import Account, Event, ImportBatch
from accounts.services import import_jobs, imports
from tests.chaos.test_tier_run_killed import is_blocked, wait_until
from tests.factories import make_account, make_user

WORK = """
import django
django.setup()
from accounts import tasks
tasks.pick_up_queued_imports()
"""


def start_worker() -> subprocess.Popen:
    """What a worker does when the beat asks it, as a process of its own on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = {"DATABASE_URL": url.geturl(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORK], env={**os.environ, **env})


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_in_the_middle_of_its_write_is_done_again_once():
    ada = make_user("ada")
    make_account(account_number="K1", name="old")
    lines = "".join(f"K{n},new\n" for n in range(1, 4))
    batch = imports.start_import("file.csv", f"number,name\n{lines}".encode(), actor=ada)
    import_jobs.queue_import(batch.pk, actor=ada)

    with transaction.atomic():
        Account.objects.select_for_update().get(account_number="K1")
        process = start_worker()
        try:
            wait_until(is_blocked)
            batch.refresh_from_db()
            seen = (batch.status, batch.attempts, batch.started_at is not None)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=10)

    assert seen == ("queued", 1, True)
    assert Account.objects.count() == 1

    def is_free() -> bool:  # the server notices that the client is gone
        tasks.pick_up_queued_imports()
        return ImportBatch.objects.get().status == "applied"

    wait_until(is_free)
    assert sorted(Account.objects.values_list("name", flat=True)) == ["new"] * 3
    assert Event.objects.filter(kind__startswith="accounts.account_").count() == 3
