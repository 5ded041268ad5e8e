"""Workers side by side send each letter once, and tell each customer of a mailing once."""

import threading

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import Event
from mailings import services
from mailings.models import Delivery, Mailing
from mailings.services import sending
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_contact, make_user
from tests.mailings.backends import Server


@pytest.fixture
def mailing(transactional_db, settings):
    """One letter to send, at a server that takes it."""
    settings.MAILERS = {"default": {"BACKEND": "tests.mailings.backends.Server"}}
    Server.taken, Server.is_down, Server.dies_at, Server.on_letter = [], False, "", None
    anna = make_user("anna", "account_manager")
    make_contact(make_account(manager=anna), email="wang@k1.example")
    draft = services.save_draft(
        subject="新品发布", body="您好", segment=None, buying_roles=[], main_only=False, actor=anna
    )
    services.start_mailing(draft.pk, actor=anna)
    return Mailing.objects.get()


def meet_before(monkeypatch, name):
    """Let two threads that call this function of `sending` wait for each other first."""
    meeting = Meeting()
    work = getattr(sending, name)

    def meet_then_work(*args, **kwargs):
        meeting.wait()
        return work(*args, **kwargs)

    monkeypatch.setattr(sending, name, meet_then_work)
    return meeting


def side_by_side(work, mailing, meeting):
    def run():
        try:
            work(mailing.pk)
        finally:
            meeting.leave()
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def without_lock(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kw: self)


def letters_sent(monkeypatch, mailing):
    meeting = meet_before(monkeypatch, "_set")  # between finding a letter and claiming it
    side_by_side(services.deliver, mailing, meeting)
    return len(Server.taken)


def test_a_letter_that_one_worker_claims_the_other_passes_over(monkeypatch, mailing):
    assert letters_sent(monkeypatch, mailing) == 1


def test_control_without_the_lock_both_send_it(monkeypatch, mailing):
    without_lock(monkeypatch)
    both_send = Meeting()  # who is first waits: by then the other has claimed it too
    Server.on_letter = lambda address: both_send.wait()

    assert letters_sent(monkeypatch, mailing) == 2


def times_told(monkeypatch, mailing):
    Delivery.objects.update(status=Delivery.Status.SENT, sent_at=mailing.started_at)
    meeting = meet_before(
        monkeypatch, "record_event"
    )  # between seeing that all is sent and closing
    side_by_side(sending._finish, mailing, meeting)
    return Event.objects.filter(kind="mailings.notice_sent").count()


def test_one_of_two_workers_closes_a_mailing(monkeypatch, mailing):
    assert times_told(monkeypatch, mailing) == 1


def test_control_without_the_lock_both_close_it(monkeypatch, mailing):
    without_lock(monkeypatch)

    assert times_told(monkeypatch, mailing) == 2
