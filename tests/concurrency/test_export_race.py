"""Two exports of one person at the same moment do not pass the month's quota together."""

import threading

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts import export_kinds
from accounts.models import Account
from accounts.services import exporting
from kam.core.errors import RuleViolation
from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_user

KIND = "accounts.account"


def two_exports_of_two_rows(monkeypatch):
    """What both are told who meet between counting and writing, with a quota of three rows."""
    kind = export_kinds.get(KIND)
    three = export_kinds.Kind(
        key=KIND, label=kind.label, permission=kind.permission, rows_a_month=3
    )
    monkeypatch.setitem(export_kinds._kinds, KIND, three)
    ada = make_user("ada", "admin_staff")
    for _ in range(2):
        make_account()
    meeting = Meeting()
    write = exporting.record_export

    def meet_then_write(*args, **kwargs):
        meeting.wait()
        write(*args, **kwargs)

    monkeypatch.setattr(exporting, "record_export", meet_then_write)
    said = []

    def take():
        try:
            exporting.take_out(
                Account.objects.all(),
                KIND,
                "accounts.accounts_exported",
                actor=ada,
                reason="x",
                query="",
                columns=[],
                file_format="csv",
            )
            said.append("taken")
        except RuleViolation as violation:
            said.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said), exporting.quota(KIND, user=ada).taken


@pytest.mark.django_db(transaction=True)
def test_the_second_one_counts_the_first(monkeypatch):
    assert two_exports_of_two_rows(monkeypatch) == (["export_quota", "taken"], 2)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_pass_the_quota(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kw: self)

    assert two_exports_of_two_rows(monkeypatch) == (["taken", "taken"], 4)
