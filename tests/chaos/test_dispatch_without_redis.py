"""Redis is down: what happens meanwhile is told of, and sent, once it is back; nothing is lost."""

import os
import subprocess
import sys
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.db import connection

from accounts.models import Event
from notifications import services
from notifications.models import Delivery, Endpoint, Notification, Secret
from tests.factories import make_account, make_order, make_user
from tests.notifications.receiver import Receiver, make_certificate
from tiering import services as tiering
from tiering.models import TierRun

DAY, NEXT = date(2026, 6, 30), date(2026, 7, 1)
NOWHERE = "redis://127.0.0.1:1/0"  # nobody listens there
WORK = """
import django
django.setup()
from notifications import tasks
tasks.dispatch()
"""


@pytest.fixture
def receiver(tmp_path_factory):
    receiver = Receiver(make_certificate(tmp_path_factory.mktemp("tls")))
    yield receiver
    receiver.close()


def dispatch_without_redis() -> subprocess.CompletedProcess[str]:
    """What a worker does that can reach the database and no broker, as a process of its own."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = {
        "DATABASE_URL": url.geturl(),
        "DJANGO_SETTINGS_MODULE": "kam.settings",
        "REDIS_URL": NOWHERE,
        "SECRET_KEY": "tests-only",
        "DEBUG": "1",
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORK],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_notices_and_webhooks_wait_in_the_database_until_redis_is_back(receiver):
    account = make_account(manager=make_user("anna", "account_manager"))
    endpoint = Endpoint.objects.create(
        url=receiver.url(), events=["tier_changed"], created_by=make_user("sys", "sysadmin")
    )
    Secret.objects.create(endpoint=endpoint, value="whsec_" + "QUFB" * 10 + "QUE=")
    tiering.recompute(DAY, actor=None, trigger=TierRun.Trigger.COMMAND)
    make_order(account, NEXT, 1000)
    tiering.recompute(NEXT, actor=None, trigger=TierRun.Trigger.COMMAND)

    done = dispatch_without_redis()

    assert done.returncode == 0, done.stderr
    assert "No broker" in done.stdout + done.stderr
    assert Notification.objects.get().kind == "tiering.tier_changed"
    assert Delivery.objects.get().status == "pending"
    assert not receiver.requests

    assert services.endpoints_due() == [endpoint.pk]  # the next run finds it
    assert services.deliver(endpoint.pk, transport=receiver.transport()) == 1
    assert services.dispatch_events() == 0
    assert Notification.objects.count() == Delivery.objects.count() == len(receiver.requests) == 1
    assert not Event.objects.filter(dispatched_at=None).exists()
