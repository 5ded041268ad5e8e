"""Two people close the same visit; two schedulers tell of the same overdue visit."""

import threading

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts.models import Event
from kam.core.errors import RuleViolation
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user
from tests.visits.factories import days_ago, make_held_visit, make_visit
from visits.models import OverdueNotice, Visit
from visits.services import guards, overdue, reports
from visits.services.reports import Report

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*jobs):
    """Run the jobs in threads of their own; what each of them says, sorted."""
    told = []

    def work(job):
        try:
            told.append(job())
        except RuleViolation as violation:
            told.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def both_close(monkeypatch):
    """What two people are told who close a visit after both have read it."""
    anna = make_user("anna", "account_manager")
    visit = make_visit(make_account(account_number="K1", manager=anna))
    meeting = Meeting()
    write = reports._write

    def meet_then_write(*args, **kwargs):
        meeting.wait()
        return write(*args, **kwargs)

    monkeypatch.setattr(reports, "_write", meet_then_write)
    report = Report(purpose="x", next_step="y", visited_on=timezone.localdate())

    def close():
        reports.close_visit(visit.pk, report=report, expected=visit.updated_at, actor=anna)
        return "closed it"

    return at_once(close, close)


def test_one_closes_the_visit_and_the_other_is_told(monkeypatch):
    assert both_close(monkeypatch) == ["closed", "closed it"]
    assert Event.objects.filter(kind="visits.visit_done").count() == 1


def test_control_without_the_lock_both_close_it(monkeypatch):
    def unlocked(visit_id, *, towards=None):
        return Visit.objects.select_related("account", "owner").get(pk=visit_id)

    monkeypatch.setattr(reports, "locked_visit", unlocked)

    assert both_close(monkeypatch) == ["closed it", "closed it"]
    assert guards.locked_visit is not unlocked


def both_tell(monkeypatch):
    """What two schedulers say that meet between reading what is overdue and telling of it."""
    account = make_account(manager=make_user("anna", "account_manager"), tier="strategic")
    make_held_visit(account, days_ago(40))
    meeting = Meeting()
    write = overdue._write

    def meet_then_write(*args, **kwargs):
        meeting.wait()
        write(*args, **kwargs)

    monkeypatch.setattr(overdue, "_write", meet_then_write)

    def tell():
        try:
            return str(overdue.note_overdue(timezone.localdate()))
        except IntegrityError:
            return "failed"

    return at_once(tell, tell)


def test_two_schedulers_tell_once(monkeypatch):
    assert both_tell(monkeypatch) == ["0", "1"]
    assert OverdueNotice.objects.count() == 1
    assert Event.objects.filter(kind="visits.visit_overdue").count() == 1


def test_control_without_the_lock_one_of_them_fails(monkeypatch):
    monkeypatch.setattr(overdue, "_one_at_a_time", lambda: None)

    assert both_tell(monkeypatch) == ["1", "failed"]
    assert OverdueNotice.objects.count() == 1  # the constraint holds even then
