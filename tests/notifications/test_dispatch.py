"""Events of accounts become notices: for the right people, once, whatever goes wrong meanwhile."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Event, ServiceMember
from accounts.services import record_event
from notifications import kinds, services
from notifications.models import Mail, Notification, Preference
from tests.factories import make_account, make_service_user, make_user

KIND = "accounts.account_merged"


@pytest.fixture
def anna(anna):
    """She has an e-mail address, or nothing would wait to be mailed."""
    anna.email = "anna@example.com"
    anna.save()
    return anna


@pytest.fixture
def register(monkeypatch):
    """Registers kinds for one test."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    return kinds.register


def happened(account, kind=KIND, actor=None, **data):
    record_event([account.pk], kind, actor=actor, data=data)
    return Event.objects.latest("pk")


def join(account, user, **fields):
    today = timezone.localdate()
    ServiceMember.objects.create(account=account, user=user, role="sales", since=today, **fields)


def told():
    return list(Notification.objects.order_by("pk").values_list("user__username", "cause"))


def test_the_manager_and_the_active_service_team_are_told(k1, anna, boris, diana):
    join(k1, boris)
    join(k1, diana, until=timezone.localdate())
    event = happened(k1)

    assert services.dispatch_events() == 1

    assert sorted(told()) == [("anna", f"event:{event.pk}"), ("boris", f"event:{event.pk}")]
    event.refresh_from_db()
    assert event.dispatched_at is not None


def test_who_did_it_is_not_told(k1, anna):
    happened(k1, actor=anna)

    services.dispatch_events()

    assert told() == []


def test_the_dispatcher_run_twice_tells_once(k1):
    happened(k1)

    assert services.dispatch_events() == 1
    assert services.dispatch_events() == 0

    assert len(told()) == 1


def test_a_kind_nobody_registered_tells_nobody_and_leaves_the_outbox(k1):
    event = happened(k1, kind="accounts.contact_added")

    services.dispatch_events()

    event.refresh_from_db()
    assert event.dispatched_at is not None
    assert told() == []


def test_a_kind_may_name_its_own_readers(k1, register, diana, boris):
    left = make_user("left", "gm", is_active=False)
    register("t.asked", label="x", recipients=lambda event: [diana.pk, left.pk, diana.pk])
    happened(k1, kind="t.asked")

    services.dispatch_events()

    assert [name for name, _cause in told()] == ["diana"]


def test_a_service_user_is_never_told(k1, register):
    robot = make_service_user()
    register("t.asked", label="x", recipients=lambda event: [robot.pk])
    happened(k1, kind="t.asked")

    services.dispatch_events()

    assert told() == []


def test_an_event_that_breaks_its_kind_stays_and_holds_up_no_other(
    k1, register, monkeypatch, caplog
):
    def broken(event):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    monkeypatch.setattr("notifications.services.dispatch.BATCH", 1)
    register("t.broken", label="x", recipients=broken)
    stuck = happened(k1, kind="t.broken")
    happened(k1)

    assert services.dispatch_events() == 1

    stuck.refresh_from_db()
    assert stuck.dispatched_at is None
    assert len(told()) == 1
    assert "t.broken" in caplog.text


def test_what_a_person_does_not_want_is_not_written(k1, anna):
    Preference.objects.create(user=anna, kind=KIND, in_page=False, mail=Mail.NEVER)
    happened(k1)

    services.dispatch_events()

    assert told() == []


@pytest.mark.parametrize(
    ("in_page", "mail", "is_mailed"),
    [(True, Mail.NEVER, False), (False, Mail.SOON, True), (True, Mail.DAILY, True)],
)
def test_a_notice_takes_the_ways_that_its_reader_chose(k1, anna, in_page, mail, is_mailed):
    Preference.objects.create(user=anna, kind=KIND, in_page=in_page, mail=mail)
    happened(k1)

    services.dispatch_events()

    notice = Notification.objects.get()
    assert notice.in_page is in_page
    assert (notice.mail_due_at is not None) is is_mailed


def test_the_number_of_queries_does_not_grow_with_the_events(django_assert_num_queries, anna):
    accounts = [make_account(manager=anna) for _ in range(10)]
    happened(accounts[0])
    with django_assert_num_queries(8):
        services.dispatch_events()
    record_event([account.pk for account in accounts], KIND, actor=None)

    with django_assert_num_queries(8):
        services.dispatch_events()


def test_history_that_was_loaded_is_passed_over(k1):
    happened(k1)

    assert services.pass_over(before=timezone.now()) == 1
    assert services.dispatch_events() == 0

    assert told() == []


# --- what is no event of an account


def test_a_cause_is_told_to_each_person_once(register, anna, boris):
    register("t.asked", label="x", say=lambda data: "x")

    services.notify([anna], "t.asked", cause="t:1", url="/x/")
    services.notify([anna, boris], "t.asked", cause="t:1", url="/x/")

    assert sorted(told()) == [("anna", "t:1"), ("boris", "t:1")]


def test_an_unknown_kind_is_a_mistake_of_ours(anna):
    with pytest.raises(ValueError, match=r"t\.unknown"):
        services.notify([anna], "t.unknown", cause="t:1", url="/x/")


def test_what_is_done_counts_as_read_and_is_not_mailed(register, anna):
    register("t.asked", label="x", say=lambda data: "x")
    for cause in ("t:1:0", "t:1:1", "t:12:0"):
        services.notify([anna], "t.asked", cause=cause, url="/x/")

    assert services.settle("t.asked", causes_begin="t:1:") == 2

    open_ones = Notification.objects.filter(read_at=None, mail_due_at__isnull=False)
    assert [notice.cause for notice in open_ones] == ["t:12:0"]
