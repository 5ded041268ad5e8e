"""Two people merge at the same moment; an order or a contact comes in during a merge."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from accounts import services
from accounts.models import Account, AccountMerge, Event
from accounts.services import archive, contacts, needs
from accounts.services import merge as merging
from complaints.services import moves, procedure, registering
from kam.core.errors import RuleViolation
from mailings import services as mailings
from mailings.services import sending
from sales.rules import LineIn, OrderIn
from sales.services import orders as ledger
from tests.complaints.factories import make_complaint
from tests.concurrency.meeting import Meeting
from tests.concurrency.merges import coming_in, until_somebody_waits, where
from tests.factories import make_account, make_contact, make_user
from tests.visits.factories import days_ago, make_held_visit, make_schedule, make_visit
from visits.services import overdue, plans, schedules, visiting


def both_at_once(monkeypatch):
    """What two people are told who have both read before either writes."""
    actor = make_user("diana", "ka_director")
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    meeting = Meeting()
    fill = merging._fill

    def meet_then_fill(*args):
        meeting.wait()
        return fill(*args)

    monkeypatch.setattr(merging, "_fill", meet_then_fill)
    told = []

    def work():
        try:
            merging.merge_accounts(survivor, absorbed, actor=actor)
            told.append("merged it")
        except RuleViolation as violation:
            told.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.mark.django_db(transaction=True)
def test_one_wins_and_the_other_is_told(monkeypatch):
    assert both_at_once(monkeypatch) == ["merged", "merged it"]
    assert AccountMerge.objects.count() == 1


def unlocked(first, second):
    found = Account.objects.in_bulk([first, second])
    return found[first], found[second]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_both_merge(monkeypatch):
    monkeypatch.setattr(merging, "_locked", unlocked)
    monkeypatch.setattr(merging, "lock_parents", lambda: None)

    assert both_at_once(monkeypatch) == ["merged it", "merged it"]
    assert AccountMerge.objects.count() == 2


# --- two merges that each give one account the other as its parent


def crossing(monkeypatch):
    """A takes a subsidiary of B, and B one of A, at the same moment; what became of both."""
    actor = make_user("diana", "ka_director")
    one, other = make_account(account_number="A"), make_account(account_number="B")
    of_one, of_other = make_account(parent=one), make_account(parent=other)
    meeting = Meeting()
    line = Account.objects.group_line

    def meet_then_look(account_id):
        found = line(account_id)
        meeting.wait()
        return found

    monkeypatch.setattr(type(Account.objects), "group_line", lambda _self, pk: meet_then_look(pk))

    def merge(pair):
        try:
            merging.merge_accounts(*pair, actor=actor)
        except (IntegrityError, OperationalError):  # a circle, or each waits for the other
            return "failed"
        else:
            return "merged it"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(merge, [(one, of_other), (other, of_one)]))


@pytest.mark.django_db(transaction=True)
def test_two_merges_together_close_no_circle(monkeypatch):
    assert crossing(monkeypatch) == ["merged it", "merged it"]
    assert Account.objects.live().filter(parent=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_one_merge_at_a_time_only_one_gets_through(monkeypatch):
    monkeypatch.setattr(merging, "lock_parents", lambda: None)

    assert crossing(monkeypatch) == ["failed", "merged it"]


# --- something comes in during a merge


def enter_contact(account, actor):
    services.add_contact(account.pk, fields={"name": "王芳"}, actor=actor)
    return "entered"


def send_order(account, actor):
    line = LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(5))
    order = OrderIn(
        order_number="O1",
        account_number=account.account_number,
        ordered_on=date(2026, 1, 5),
        lines=[line],
    )
    return ledger.upsert_orders([(0, order)], actor=actor).created


def enter_need(account, actor):
    needs.collect(account, text="更薄的外壳", source="call", actor=actor)
    return "entered"


def plan_visit(account, actor):
    visiting.plan_visit(account.pk, owner=actor, planned_on=timezone.localdate(), actor=actor)
    return "entered"


def open_schedule(account, actor):
    fields = {"subject": "注塑机保养", "every_days": 90, "first_on": timezone.localdate()}
    schedules.open_schedule(account.pk, owner=actor, actor=actor, **fields)
    return "entered"


def complain(account, actor):
    make_complaint(account, contact=account.contacts.first())
    return "entered"


def find_customer(complaint, actor):
    account = Account.objects.get(account_number="OLD")
    registering.correct(
        complaint.pk,
        account=account,
        category="quality",
        severity="minor",
        product=None,
        reason="找到客户",
        actor=actor,
    )
    return "entered"


@pytest.mark.django_db(transaction=True)
def test_a_contact_entered_during_the_merge_is_refused_and_not_lost(monkeypatch):
    assert coming_in(monkeypatch, enter_contact) == "merged"
    assert where("contacts") == []


@pytest.mark.django_db(transaction=True)
def test_control_who_does_not_look_again_enters_it_where_nobody_sees_it(monkeypatch):
    monkeypatch.setattr(contacts, "live_locked", lambda pk: Account.objects.get(pk=pk))

    assert coming_in(monkeypatch, enter_contact) == "entered"
    assert where("contacts") == ["OLD"]


@pytest.mark.django_db(transaction=True)
def test_nobody_comes_to_stand_under_who_is_being_merged(monkeypatch):
    def put_under(parent, actor):
        services.set_parent(make_account().pk, parent=parent, actor=actor)

    assert coming_in(monkeypatch, put_under) == "merged"


ENTERED = [
    (enter_need, needs, "needs"),
    (plan_visit, visiting, "visits"),
    (open_schedule, schedules, "maintenance_schedules"),
]


@pytest.mark.parametrize(("enter", "_module", "name"), ENTERED)
@pytest.mark.django_db(transaction=True)
def test_what_is_entered_during_the_merge_is_refused(monkeypatch, enter, _module, name):
    assert coming_in(monkeypatch, enter) == "merged"
    assert where(name) == []


@pytest.mark.parametrize(("enter", "module", "name"), ENTERED)
@pytest.mark.django_db(transaction=True)
def test_control_without_looking_again_it_is_entered_where_nobody_sees_it(
    monkeypatch, enter, module, name
):
    monkeypatch.setattr(module, "live_locked", lambda pk: Account.objects.get(pk=pk))

    assert coming_in(monkeypatch, enter) == "entered"
    assert where(name) == ["OLD"]


def with_contact(account, actor):
    make_contact(account, name="王芳")
    return account


def of_nobody(account, actor):
    return make_complaint(None)


COMPLAINED = [(complain, with_contact), (find_customer, of_nobody)]


@pytest.mark.parametrize(("enter", "make"), COMPLAINED)
@pytest.mark.django_db(transaction=True)
def test_a_complaint_that_comes_in_during_the_merge_is_the_survivors(monkeypatch, enter, make):
    assert coming_in(monkeypatch, enter, make) == "entered"
    assert where("complaints") == ["K1"]


@pytest.mark.parametrize(("enter", "make"), COMPLAINED)
@pytest.mark.django_db(transaction=True)
def test_control_without_looking_again_nobody_sees_the_complaint(monkeypatch, enter, make):
    monkeypatch.setattr(registering, "survivor_locked", lambda pk: Account.objects.get(pk=pk))
    monkeypatch.setattr(registering, "_refuse_other_contact", lambda contact, account: None)
    monkeypatch.setattr(moves, "kept_live", lambda ids: None)

    assert coming_in(monkeypatch, enter, make) == "entered"
    assert where("complaints") == ["OLD"]


def held_long_ago(account, actor):
    make_held_visit(account, days_ago(400), owner=actor)


def tell_of_overdue(_made, actor):
    overdue.note_overdue(timezone.localdate())


def managed_and_never_visited(account, actor):
    opened = timezone.now() - timedelta(days=400)
    Account.objects.filter(pk=account.pk).update(manager=actor, created_at=opened)


def propose(_made, actor):
    plans.propose_month(actor, month=plans.following_month(timezone.localdate()), actor=actor)


def a_mailing(account, actor):
    make_contact(account, email="wang@k1.example")
    return mailings.save_draft(
        subject="新品发布", body="您好", segment=None, buying_roles=[], main_only=False, actor=actor
    )


def send(mailing, actor):
    mailings.start_mailing(mailing.pk, actor=actor)


OF_MANY = [
    (tell_of_overdue, held_long_ago, overdue, "overdue_visit_notices", []),
    (propose, managed_and_never_visited, plans, "visits", []),
    (send, a_mailing, sending, "mailings", ["K1"]),
]


@pytest.mark.parametrize(("write", "make", "_module", "name", "numbers"), OF_MANY)
@pytest.mark.django_db(transaction=True)
def test_what_is_written_of_many_accounts_leaves_the_merged_one_out(
    monkeypatch, write, make, _module, name, numbers
):
    coming_in(monkeypatch, write, make)

    assert where(name) == numbers


@pytest.mark.parametrize(("write", "make", "module", "name", "_numbers"), OF_MANY)
@pytest.mark.django_db(transaction=True)
def test_control_without_keeping_them_the_merged_one_gets_it(
    monkeypatch, write, make, module, name, _numbers
):
    monkeypatch.setattr(module, "kept_live", set)

    coming_in(monkeypatch, write, make)

    assert where(name) == ["OLD"]


def a_schedule(account, actor):
    make_schedule(account, owner=actor)


def make_visits(_made, actor):
    schedules.make_visits(timezone.localdate())


@pytest.mark.django_db(transaction=True)
def test_visits_made_of_a_schedule_during_the_merge_are_the_survivors(monkeypatch):
    coming_in(monkeypatch, make_visits, a_schedule)

    assert where("visits") == ["K1"]


@pytest.mark.django_db(transaction=True)
def test_control_without_keeping_its_account_first_each_waits_for_the_other(monkeypatch):
    monkeypatch.setattr(schedules, "kept_live", set)

    with pytest.raises(OperationalError, match="deadlock"):
        coming_in(monkeypatch, make_visits, a_schedule)


def a_need(account, actor):
    found = needs.collect(account, text="更薄的外壳", source="call", actor=actor)
    return found.pk


def analyse(need_id, actor):
    needs.analyse(need_id, feasibility=3, priority=3, analysis="有现货", actor=actor)


def a_visit(account, actor):
    return make_visit(account, owner=actor)


def cancel(visit, actor):
    visiting.cancel_visit(visit.pk, reason="客户出差", actor=actor)


def a_complaint(account, actor):
    return make_complaint(account)


def acknowledge(complaint, actor):
    procedure.acknowledge(complaint.pk, actor=actor)


WORKED_ON = [
    (analyse, a_need, archive, "accounts.need_analysed"),
    (cancel, a_visit, archive, "visits.visit_cancelled"),
    (acknowledge, a_complaint, moves, "complaints.complaint_acknowledged"),
]


@pytest.mark.parametrize(("work", "make", "_module", "kind"), WORKED_ON)
@pytest.mark.django_db(transaction=True)
def test_who_works_on_something_during_the_merge_finds_it_at_the_survivor(
    monkeypatch, work, make, _module, kind
):
    coming_in(monkeypatch, work, make)

    assert Event.objects.get(kind=kind).account.account_number == "K1"


@pytest.mark.parametrize(("work", "make", "module", "_kind"), WORKED_ON)
@pytest.mark.django_db(transaction=True)
def test_control_without_keeping_the_account_first_each_waits_for_the_other(
    monkeypatch, work, make, module, _kind
):
    monkeypatch.setattr(module, "kept_live", lambda ids: None)

    with pytest.raises(OperationalError, match="deadlock"):
        coming_in(monkeypatch, work, make)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_comes_in_during_the_merge_goes_to_the_survivor(monkeypatch):
    assert coming_in(monkeypatch, send_order) == 1
    assert where("orders") == ["K1"]


@pytest.mark.django_db(transaction=True)
def test_control_without_keeping_the_account_the_order_is_lost_with_it(monkeypatch):
    kept = ledger._KEEP_ACCOUNTS
    not_kept = replace(kept, name="not_kept", sql=kept.sql.replace("FOR KEY SHARE", ""))
    monkeypatch.setattr(ledger, "_KEEP_ACCOUNTS", not_kept)

    assert coming_in(monkeypatch, send_order) == 1
    assert where("orders") == ["OLD"]


def merge_beside(account, actor):
    """Begin a merge that absorbs the account in a thread of its own; it waits for us, or not."""
    other = Account.objects.get(account_number="K1")

    def merge():
        try:
            merging.merge_accounts(other, account, actor=actor)
        finally:
            connection.close()

    thread = threading.Thread(target=merge)
    thread.start()
    until_somebody_waits()
    return thread


def entered_before():
    """A contact is being entered when the merge begins; where it is in the end."""
    actor = make_user("diana", "ka_director")
    make_account(account_number="K1")
    absorbed = make_account(account_number="OLD")
    with transaction.atomic():
        enter_contact(absorbed, actor)
        thread = merge_beside(absorbed, actor)
    thread.join()
    return where("contacts")


@pytest.mark.django_db(transaction=True)
def test_what_is_being_entered_when_the_merge_begins_moves_with_the_rest():
    assert entered_before() == ["K1"]


@pytest.mark.django_db(transaction=True)
def test_control_without_locking_the_pair_it_is_left_behind(monkeypatch):
    monkeypatch.setattr(merging, "_locked", unlocked)

    assert entered_before() == ["OLD"]
