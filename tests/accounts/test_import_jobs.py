"""Large imports are stored by a worker; old ones are forgotten."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts import rules, tasks
from accounts.models import Account, Event, ImportBatch
from accounts.services import import_jobs, imports
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from staff.models import Region
from tests.factories import make_account

LARGE = import_jobs.ROWS_AT_ONCE + 1
Status = ImportBatch.Status


@pytest.fixture
def ada(client, admin_staff):
    client.force_login(admin_staff)
    return client


@pytest.fixture
def dead_broker(monkeypatch):
    """No worker is told anything."""

    def refuse(*args, **kwargs):
        raise BrokerError("connection refused")

    monkeypatch.setattr(tasks.execute_import, "delay", refuse)


def preview(actor, rows=LARGE, name="x"):
    lines = "".join(f"K{n},{name}\n" for n in range(rows))
    return imports.start_import("file.csv", f"number,name\n{lines}".encode(), actor=actor)


def press_import(client, batch):
    return client.post(reverse("accounts:import_apply", args=[batch.pk]), follow=True)


def status(batch):
    return ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)


@pytest.mark.parametrize(("rows", "after"), [(LARGE - 1, Status.APPLIED), (LARGE, Status.QUEUED)])
def test_a_small_file_is_stored_at_once_and_a_large_one_waits_for_a_worker(
    ada, admin_staff, dead_broker, rows, after
):
    batch = preview(admin_staff, rows)

    press_import(ada, batch)

    assert status(batch) == after
    assert Account.objects.exists() == (after == Status.APPLIED)


def test_a_worker_stores_a_large_file_in_the_name_of_who_confirmed_it(ada, admin_staff):
    batch = preview(admin_staff)

    press_import(ada, batch)  # the task is done on the spot in tests

    assert status(batch) == Status.APPLIED
    assert Account.objects.count() == LARGE
    entries = AuditEntry.objects.filter(actor=admin_staff)
    assert entries.filter(action="accounts.import_confirmed").count() == 1
    assert entries.filter(action="accounts.import_applied").count() == 1


def test_without_a_broker_the_page_says_so_and_the_import_is_picked_up_later(
    ada, admin_staff, dead_broker
):
    batch = preview(admin_staff)

    answer = press_import(ada, batch)

    assert answer.context["messages"]
    assert 'id="progress"' in answer.text
    assert status(batch) == Status.QUEUED
    tasks.pick_up_queued_imports()
    assert Account.objects.count() == LARGE


def test_the_page_asks_for_itself_until_it_is_done(ada, admin_staff, dead_broker):
    batch = preview(admin_staff)
    press_import(ada, batch)
    url = batch.get_absolute_url()
    polled = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "progress"}

    waiting = ada.get(url, **polled)
    tasks.pick_up_queued_imports()
    done = ada.get(url, **polled)

    assert f'hx-get="{url}"' in waiting.text
    assert "<html" not in waiting.text
    assert done.headers["HX-Refresh"] == "true"
    assert 'id="progress"' not in ada.get(url).text


@pytest.mark.parametrize(("minutes", "is_told"), [(1, False), (3, True)])
def test_an_import_that_no_worker_takes_up_is_told_of(
    ada, admin_staff, dead_broker, minutes, is_told
):
    batch = preview(admin_staff)
    press_import(ada, batch)
    confirmed = timezone.now() - timedelta(minutes=minutes)
    ImportBatch.objects.update(confirmed_at=confirmed)

    assert ada.get(batch.get_absolute_url()).context["is_late"] == is_told


def test_doing_it_twice_does_it_once(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)

    for _turn in range(2):
        import_jobs.execute_import(batch.pk)

    assert Event.objects.count() == 2
    assert AuditEntry.objects.filter(action="accounts.import_applied").count() == 1


def test_what_is_queued_is_neither_dropped_nor_confirmed_again(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)

    for refused in (imports.discard_import, imports.apply_import, import_jobs.queue_import):
        with pytest.raises(RuleViolation) as caught:
            refused(batch.pk, actor=admin_staff)
        assert caught.value.code == "not_a_preview"


def test_a_stale_preview_comes_back_and_says_why(ada, admin_staff):
    make_account(account_number="K1", name="old")
    batch = preview(admin_staff, name="new")
    Account.objects.filter(account_number="K1").update(name="newer")

    answer = press_import(ada, batch)

    batch.refresh_from_db()
    assert (batch.status, Account.objects.count()) == (Status.PREVIEW, 1)
    assert batch.error in answer.text
    assert batch.rows[1]["changes"] == {"name": ["newer", "new"]}


def test_a_file_on_which_workers_die_is_given_back_after_three_attempts(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)
    for _attempt in range(import_jobs.MOST_ATTEMPTS):
        import_jobs._begun(batch.pk)  # as far as a worker gets that is killed

    import_jobs.execute_import(batch.pk)

    batch.refresh_from_db()
    assert (batch.status, Account.objects.count()) == (Status.PREVIEW, 0)
    assert batch.error


def test_two_attempts_that_died_do_not_keep_the_third_from_storing_it(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)
    for _attempt in range(import_jobs.MOST_ATTEMPTS - 1):
        import_jobs._begun(batch.pk)

    import_jobs.execute_import(batch.pk)

    assert Account.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_passes_by_what_another_is_at(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)

    def pick_up():
        tasks.pick_up_queued_imports()
        connection.close()

    with transaction.atomic():
        ImportBatch.objects.select_for_update().get(pk=batch.pk)
        other = threading.Thread(target=pick_up)
        other.start()
        other.join(timeout=60)
        assert not other.is_alive()
    assert (status(batch), Account.objects.count()) == (Status.QUEUED, 0)

    tasks.pick_up_queued_imports()  # with the lock gone it is done
    assert Account.objects.count() == 2


# --- names that are not known


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("华东区", "华东"),
        ("华东地区", "华东"),
        ("华 东", "华东"),
        ("华冬", "华东"),
        ("江苏", "江苏省"),
        ("ＵＳＡ", "usa"),
        ("内蒙", ""),
        ("西藏", ""),
        ("专用设各制造", "专用设备制造业"),
        ("汽车", ""),
        ("", ""),
    ],
)
def test_what_a_name_may_be_meant_for(name, meant):
    known = ["华东", "华南", "江苏省", "usa", "专用设备制造业"]

    assert rules.near_matches([name], known) == {name: meant}


def test_the_preview_names_the_regions_and_industries_it_would_make(ada, admin_staff):
    Region.objects.create(name="华东")
    text = "number,name,region,industry\nK1,x,华东区,银行\nK2,x,华东区,\nK3,x,华东,\nK4,,西北,\n"

    batch = imports.start_import("file.csv", text.encode(), actor=admin_staff)

    assert batch.new_names == {  # the row of K4 has no name and is refused
        "region": {"count": 1, "names": [["华东区", 2, "华东"]]},
        "industry": {"count": 1, "names": [["银行", 1, ""]]},
    }
    assert "华东区 (2)" in ada.get(batch.get_absolute_url()).text


# --- forgetting


def aged(batch, days):
    moment = timezone.now() - timedelta(days=days)
    ImportBatch.objects.filter(pk=batch.pk).update(uploaded_at=moment)
    ImportBatch.objects.filter(pk=batch.pk, status=Status.APPLIED).update(applied_at=moment)


@pytest.mark.parametrize(("days", "is_kept"), [(6, True), (8, False)])
def test_a_preview_that_nobody_confirms_is_deleted_after_a_week(admin_staff, days, is_kept):
    aged(preview(admin_staff, 2), days)

    tasks.purge_imports()

    assert ImportBatch.objects.exists() == is_kept
    assert AuditEntry.objects.filter(action="accounts.import_expired").exists() != is_kept


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False)])
def test_the_file_of_an_import_is_dropped_after_a_month_and_its_result_stays(
    ada, admin_staff, days, is_kept
):
    batch = preview(admin_staff, 2)
    imports.apply_import(batch.pk, actor=admin_staff)
    aged(batch, days)

    tasks.purge_imports()

    batch.refresh_from_db()
    assert (bool(batch.rows), batch.created) == (is_kept, 2)
    assert ada.get(batch.get_absolute_url()).status_code == 200


def test_what_waits_for_a_worker_is_never_forgotten(admin_staff):
    batch = preview(admin_staff, 2)
    import_jobs.queue_import(batch.pk, actor=admin_staff)
    aged(batch, 100)

    tasks.purge_imports()

    assert status(batch) == Status.QUEUED
