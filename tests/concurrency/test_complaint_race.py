"""Two people close the same complaint, or two schedulers remind of it, at the same moment."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.models import Event
from complaints.models import ComplaintQuerySet, Escalation
from complaints.services import escalations, procedure
from kam.core.errors import RuleViolation
from notifications.models import Notification
from notifications.services import dispatch_events
from tests.complaints.factories import bring_to, make_complaint
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user

MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, no holiday near


def both_close(monkeypatch):
    """What two people are told who meet between looking and writing; how often it was closed."""
    people = [make_user(name, "ka_director", full_name=name) for name in ("Diana", "Dora")]
    account = make_account(manager=people[0])
    complaint = bring_to(make_complaint(account), "confirmed", actor=people[0])
    meeting = Meeting()
    look = procedure.dossier

    def meet_then_look(found):
        meeting.wait()
        return look(found)

    monkeypatch.setattr(procedure, "dossier", meet_then_look)
    said = []

    def work(actor):
        try:
            procedure.close(complaint.pk, actor=actor)
            said.append("closed")
        except RuleViolation as violation:
            said.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    closings = Event.objects.filter(kind="complaints.complaint_closed").count()
    return sorted(said), closings


@pytest.mark.django_db(transaction=True)
def test_one_closes_it_and_the_other_is_told(monkeypatch):
    assert both_close(monkeypatch) == (["closed", "moved"], 1)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_lock_both_close_it(monkeypatch):
    monkeypatch.setattr(ComplaintQuerySet, "select_for_update", lambda self, **kw: self)

    assert both_close(monkeypatch) == (["closed", "closed"], 2)


# --- reminders


def both_remind(monkeypatch):
    """How many rungs two schedulers call that meet between looking and writing; the reminders."""
    with time_machine.travel(MONDAY, tick=False):
        account = make_account(manager=make_user("anna", "account_manager"), tier="strategic")
        make_complaint(account, severity="severe")  # to be acknowledged within two hours
    meeting = Meeting()
    call = escalations._call_next

    def meet_then_call(*args):
        meeting.wait()
        call(*args)

    monkeypatch.setattr(escalations, "_call_next", meet_then_call)
    called = []

    def work():
        try:
            called.append(escalations.escalate_due(MONDAY + timedelta(hours=2)))
        finally:
            meeting.leave()
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatch_events()
    kind = "complaints.complaint_escalated"
    reminders = Event.objects.filter(kind=kind), Notification.objects.filter(kind=kind)
    return sorted(called), [rows.count() for rows in reminders]


@pytest.fixture
def no_constraint(transactional_db):
    """The database lets the same rung be called twice for one deadline."""
    (once,) = (one for one in Escalation._meta.constraints if "once" in one.name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Escalation, once)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE complaints_escalation")
    with connection.schema_editor() as editor:
        editor.add_constraint(Escalation, once)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_remind_once(monkeypatch):
    assert both_remind(monkeypatch) == ([0, 1], [1, 1])


@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_lock_the_database_refuses_the_second(monkeypatch, caplog):
    monkeypatch.setattr(ComplaintQuerySet, "select_for_update", lambda self, **kw: self)

    assert both_remind(monkeypatch) == ([0, 1], [1, 1])
    assert "IntegrityError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_constraint_both_remind(monkeypatch, no_constraint):
    monkeypatch.setattr(ComplaintQuerySet, "select_for_update", lambda self, **kw: self)

    assert both_remind(monkeypatch) == ([1, 1], [2, 2])
