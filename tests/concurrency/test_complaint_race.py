"""Two people close the same complaint at the same moment: one wins, the other is told."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from accounts.models import Event
from complaints.models import ComplaintQuerySet
from complaints.services import procedure
from kam.core.errors import RuleViolation
from tests.complaints.factories import bring_to, make_complaint
from tests.factories import make_account, make_user


def both_close(monkeypatch):
    """What two people are told who meet between looking and writing; how often it was closed."""
    people = [make_user(name, "ka_director", full_name=name) for name in ("Diana", "Dora")]
    account = make_account(manager=people[0])
    complaint = bring_to(make_complaint(account), "confirmed", actor=people[0])
    meeting = threading.Barrier(2)
    look = procedure.dossier

    def meet_then_look(found):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
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
