"""A worker is killed while it tells of an event; the next one tells of it, once."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from accounts.models import Account, Event
from accounts.services import record_event
from notifications import services
from notifications.models import Notification
from tests.chaos.test_tier_run_killed import is_blocked, wait_until
from tests.factories import make_account, make_user

WORK = """
import django
django.setup()
from notifications import services
services.dispatch_events()
"""


def start_worker() -> subprocess.Popen:
    """What a worker does when the beat asks it, as a process of its own on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = {"DATABASE_URL": url.geturl(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORK], env={**os.environ, **env})


@pytest.mark.django_db(transaction=True)
def test_an_event_is_told_of_once_though_the_first_worker_is_killed():
    account = make_account(manager=make_user("anna", "account_manager"))
    record_event([account.pk], "accounts.account_merged", actor=None)

    with transaction.atomic():
        Account.objects.select_for_update().get()  # the notice refers to it
        process = start_worker()
        try:
            wait_until(is_blocked)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=10)

    def is_told() -> bool:  # the server notices that the client is gone
        services.dispatch_events()
        return Notification.objects.exists()

    wait_until(is_told)
    assert services.dispatch_events() == 0
    assert Notification.objects.count() == 1
    assert Event.objects.filter(dispatched_at=None).count() == 0
