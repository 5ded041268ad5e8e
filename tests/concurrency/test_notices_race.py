"""Two dispatchers, two mailers, two senders at the same moment: everybody hears once."""

import threading

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import Event
from accounts.services import record_event
from notifications import services
from notifications.models import Endpoint, Notification, Secret
from notifications.services import deliveries, digests, dispatch
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user
from tests.notifications.receiver import Receiver, make_certificate

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, done):
    """What each of two threads gives that begin together; each says when it is done."""
    start, results = threading.Barrier(2), []

    def run():
        try:
            start.wait(timeout=10)
            results.append(work())
        finally:
            done()
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def meet(monkeypatch, module, name):
    """Let both threads come to this function before either goes through it."""
    meeting = Meeting()
    real = getattr(module, name)

    def meet_then(*args, **kwargs):
        meeting.wait()
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, meet_then)
    return meeting


@pytest.fixture
def manager(db):
    return make_user("anna", "account_manager", email="anna@example.com")


@pytest.fixture
def account(manager):
    return make_account(account_number="K1", manager=manager)


def test_two_dispatchers_share_the_events_and_wait_for_nobody(monkeypatch, account):
    record_event([account.pk], "accounts.account_merged", actor=None)
    meeting = meet(monkeypatch, dispatch, "_tell")

    assert at_once(services.dispatch_events, meeting.leave) == [0, 1]
    assert Notification.objects.count() == 1


def test_control_without_the_lock_both_take_the_event(monkeypatch, account):
    record_event([account.pk], "accounts.account_merged", actor=None)
    meeting = meet(monkeypatch, dispatch, "_tell")
    monkeypatch.setattr(
        dispatch,
        "_next_events",
        lambda after: list(Event.objects.undispatched().filter(pk__gt=after)),
    )

    assert at_once(services.dispatch_events, meeting.leave) == [1, 1]
    assert Notification.objects.count() == 1  # the constraint holds even then


def test_an_event_committed_after_a_younger_one_is_not_missed(account):
    """Ids are given before the commit: what comes late is found by the next run."""
    began, go_on = threading.Event(), threading.Event()

    def slow_change():
        from django.db import transaction

        try:
            with transaction.atomic():
                record_event([account.pk], "accounts.account_merged", actor=None)
                began.set()
                go_on.wait(timeout=10)
        finally:
            connection.close()

    slow = threading.Thread(target=slow_change)
    slow.start()
    began.wait(timeout=10)
    record_event([account.pk], "accounts.account_merged", actor=None)
    first = services.dispatch_events()
    go_on.set()
    slow.join()

    assert (first, services.dispatch_events()) == (1, 1)
    assert Notification.objects.count() == 2


def due(manager):
    return Notification.objects.create(
        user=manager, kind="t.x", cause="t:1", mail_due_at=timezone.now()
    )


def test_two_mailers_send_one(monkeypatch, manager):
    due(manager)
    meeting = meet(monkeypatch, digests, "_message")

    assert at_once(services.send_digests, meeting.leave) == [0, 1]
    assert len(mail.outbox) == 1


def test_control_without_the_lock_two_mails_go_out(monkeypatch, manager):
    due(manager)
    meeting = meet(monkeypatch, digests, "_message")
    plain = type(Notification.objects.all())
    monkeypatch.setattr(plain, "select_for_update", lambda self, **options: self)

    assert at_once(services.send_digests, meeting.leave) == [1, 1]


@pytest.fixture
def endpoint(manager, tmp_path):
    receiver = Receiver(make_certificate(tmp_path))
    endpoint = Endpoint.objects.create(
        url=receiver.url(), events=["tier_changed"], created_by=manager
    )
    Secret.objects.create(endpoint=endpoint, value="whsec_" + "QUFB" * 10 + "QUE=")
    services.send_test(endpoint.pk, actor=manager)
    endpoint.receiver = receiver
    yield endpoint
    receiver.close()


def both_deliver(endpoint):
    """What both senders took; who is first has no answer before the other asked or gave up."""
    receiver, go_on = endpoint.receiver, threading.Event()
    transport = receiver.transport()

    def answer(handler):
        if len(receiver.requests) == 2:
            go_on.set()
        go_on.wait(10)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answers += [answer, answer]
    return at_once(lambda: services.deliver(endpoint.pk, transport=transport), go_on.set)


def test_two_senders_send_one(endpoint):
    assert both_deliver(endpoint) == [0, 1]
    assert len(endpoint.receiver.requests) == 1


def test_control_without_taking_the_endpoint_both_send(monkeypatch, endpoint):
    monkeypatch.setattr(deliveries, "_begin", lambda endpoint_id: True)

    both_deliver(endpoint)

    assert len(endpoint.receiver.requests) == 2
