"""The worker that escalates is killed in the middle of its write; the next run makes it good."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection, transaction

from accounts.models import Event
from complaints import tasks
from complaints.models import Complaint, Escalation
from tests.chaos.test_tier_run_killed import is_blocked, wait_until
from tests.complaints.factories import make_complaint
from tests.factories import make_account, make_user

MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
RUN = """
import django
django.setup()
from complaints.tasks import escalate_due
escalate_due()
"""


def start_worker() -> subprocess.Popen:
    """The scheduled task in a process of its own on the database of the tests."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ,
        "DATABASE_URL": url.geturl(),
        "SECRET_KEY": "tests-only",
        "DJANGO_SETTINGS_MODULE": "kam.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", RUN],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def told() -> list:
    events = Event.objects.filter(kind__in=["complaints.complaint_escalated"])
    return sorted((event.data["complaint"], event.data["rung"]) for event in events)


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_not_finished_is_escalated_once_by_the_next():
    account = make_account(manager=make_user("anna", "account_manager"), tier="strategic")
    with time_machine.travel(MONDAY, tick=False):
        complaints = [make_complaint(account, severity="severe") for _number in range(3)]
    middle = complaints[1]

    with transaction.atomic():
        # The worker's own first row clashes with this one and waits for us to commit or not.
        Escalation.objects.create(
            complaint=middle,
            cause="acknowledge",
            rung="manager",
            deadline=middle.acknowledge_due_at,
        )
        process = start_worker()
        try:
            wait_until(is_blocked)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        transaction.set_rollback(True)

    first, second, third = (complaint.complaint_number for complaint in complaints)
    rungs = ("deputy_gm", "director", "manager")
    wait_until(lambda: not is_blocked())
    assert told() == [(first, rung) for rung in rungs]
    assert Complaint.objects.filter(escalate_at__isnull=False).count() == 2

    tasks.escalate_due()
    tasks.escalate_due()

    assert told() == [(number, rung) for number in (first, second, third) for rung in rungs]
    assert Escalation.objects.count() == 9
