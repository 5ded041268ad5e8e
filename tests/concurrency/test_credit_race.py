"""Credit decided on by many at once: never above the limit, nobody refused who fitted."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from threading import Barrier, BrokenBarrierError, Event
from time import monotonic

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from credit.models import CreditParty, Decision, party
from credit.models.party import CreditPartyQuerySet
from credit.rules.documents import PaymentIn
from credit.services import (
    orders,
    payments,
    quick,
    quick_orders,
    reconcile,
    releases,
    reservations,
)
from credit.services.standing import Standing
from kam.core.errors import RuleViolation
from sales.models import Order, OrderQuerySet
from tests.concurrency.locking import LOCKING, lock_one_by_one
from tests.concurrency.meeting import Meeting, wait_unless_kept_apart
from tests.credit.documents import make_invoice
from tests.credit.erp import form_group, grant, in_full, order, put_in_group, send
from tests.credit.terms import put_in_force
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls in threads of their own; their results, or the exceptions."""

    def run(call):
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def failed(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


# --- the limit


@pytest.mark.parametrize("seed", range(20))
def test_what_is_accepted_never_passes_the_limit_and_what_fits_is_accepted(seed):
    """Checks and orders of one account at once: each sees all that was accepted before it."""
    rng = random.Random(seed)
    account = make_account(account_number="K1")
    limit = Decimal(rng.randrange(1_000_000, 3_000_000)) / 10_000
    grant(account, limit)
    actor = make_service_user()
    amounts = [Decimal(rng.randrange(1, 700_000)) / 10_000 for _ in range(24)]
    started = Barrier(6)

    def caller(turn):
        started.wait(30)
        for place in range(turn, len(amounts), 6):
            if turn % 2:
                send(order(f"O{place}", str(amounts[place])), actor=actor)
            else:
                reservations.check(account.pk, amount=amounts[place], actor=actor, reserve=True)

    assert failed(at_once(*(lambda turn=turn: caller(turn) for turn in range(6)))) == []

    accepted = Decimal(0)
    for decision in Decision.objects.order_by("pk"):  # written under the lock
        assert decision.exposure == accepted
        assert (decision.outcome == "approved") == (accepted + decision.amount <= limit)
        if decision.outcome == "approved":
            accepted += decision.amount
    assert Decision.objects.count() == len(amounts)
    assert CreditParty.objects.get().exposure == accepted <= limit


def without(part):
    """The lock of parties, a part of it left out."""
    name = f"without_{abs(hash(part))}"
    return replace(party._LOCK, name=name, sql=party._LOCK.sql.replace(part, ""))


UNLOCKED = without("FOR NO KEY UPDATE OF party")
ONE_UNLOCKED = replace(
    quick.LOCK, name="one_unlocked", sql=quick.LOCK.sql.replace("FOR NO KEY UPDATE", "")
)

# In this database: other tests wait in theirs on the same server.
WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
  SELECT pid FROM pg_locks
  WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


def two_that_fit_alone(ask, *, in_a_transaction):
    """Two ask for 60 of 100 and both come to their write before either; what counts then.

    Somebody else has the party until both wait for it.
    """
    account = make_account(account_number="K1")
    grant(account, 100)
    CreditParty.objects.create(account=account)
    actor = make_service_user()
    send(order("O0", "1", account=None), actor=actor)
    is_held = Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            CreditParty.objects.locked({account.pk})
            is_held.set()
            until = monotonic() + 10
            waiting = 0
            while waiting < 2 and monotonic() < until:
                cursor.execute(WAITING)
                (waiting,) = cursor.fetchone()
        return waiting

    def call(number):
        is_held.wait(10)
        with transaction.atomic() if in_a_transaction else nullcontext():
            return ask(account, number, actor)

    waited, *answers = at_once(hold, partial(call, "O1"), partial(call, "O2"))
    assert failed(answers) == []
    assert waited == 2
    return CreditParty.objects.get().exposure


def ask_before(account, number, actor):
    reservations.check(account.pk, amount=Decimal(60), actor=actor, reserve=True)


def send_it(account, number, actor):
    send(order(number, "60"), actor=actor)


AT_ONCE = [(ask_before, quick), (send_it, quick_orders)]


@pytest.mark.parametrize("in_a_transaction", [False, True])
@pytest.mark.parametrize(("ask", "_module"), AT_ONCE)
def test_the_lock_lets_only_one_of_two_through(ask, _module, in_a_transaction):
    assert two_that_fit_alone(ask, in_a_transaction=in_a_transaction) == 60
    assert reconcile.differences() == []


@pytest.mark.parametrize("in_a_transaction", [False, True])
@pytest.mark.parametrize(("ask", "module"), AT_ONCE)
def test_control_without_the_lock_both_go_through(monkeypatch, ask, module, in_a_transaction):
    monkeypatch.setattr(module, "LOCK", ONE_UNLOCKED)
    assert two_that_fit_alone(ask, in_a_transaction=in_a_transaction) == 120


@pytest.mark.parametrize("way", ["at once", "in full"])
def test_of_one_order_sent_twice_at_the_same_time_one_is_stored(monkeypatch, k1_with_100, way):
    """Who comes second finds it there, however both of them write."""
    if way == "in full":
        in_full(monkeypatch)
    send(order("O0", "1", account=None))
    actor = make_service_user()
    started = Barrier(4)

    def call(place):
        started.wait(30)
        return [send(order(f"O{step}", "1"), actor=actor).created for step in range(1, 9)]

    told = at_once(*(partial(call, place) for place in range(4)))

    assert failed(told) == []
    assert [sum(created) for created in zip(*told, strict=True)] == [1] * 8
    assert CreditParty.objects.get().exposure == 8
    assert reconcile.differences() == []


def two_orders(monkeypatch, *account_numbers):
    """Two orders of 60 at once, of these accounts; neither is written before both are judged."""
    in_full(monkeypatch)
    send(order("O0", "1", account=None))  # the product is there: nobody waits for the other's
    actor = make_service_user()
    both_judged, judge = Meeting(), orders.judge

    def slow(*args):
        judged = judge(*args)
        both_judged.wait()
        return judged

    monkeypatch.setattr(orders, "judge", slow)

    def call(place, number):
        return send(order(f"O{place}", "60", number), actor=actor)

    calls = [partial(call, *each) for each in enumerate(account_numbers, start=1)]
    assert failed(at_once(*calls)) == []
    assert reconcile.differences() == []


@pytest.fixture
def k1_with_100(db):
    account = make_account(account_number="K1")
    grant(account, 100)
    CreditParty.objects.create(account=account)


def test_of_two_orders_that_fit_alone_one_is_held(monkeypatch, k1_with_100):

    two_orders(monkeypatch, "K1", "K1")

    assert CreditParty.objects.get().exposure == 60


def test_control_without_the_lock_of_the_party_both_orders_are_approved(monkeypatch, k1_with_100):
    monkeypatch.setattr(party, "_LOCK", UNLOCKED)

    two_orders(monkeypatch, "K1", "K1")

    assert CreditParty.objects.get().exposure == 120


def subsidiaries_of(limit):
    """K1 and K2, with 100 each, in the group of a head with this limit."""
    head = make_account(account_number="H")
    grant(head, limit, covers_group=True)
    CreditParty.objects.create(account=head)
    for number in ("K1", "K2"):
        account = make_account(account_number=number)
        grant(account, 100)
        put_in_group(account, head)
    return head


def test_of_two_orders_of_subsidiaries_that_fit_alone_one_is_held(monkeypatch):
    head = subsidiaries_of(100)

    two_orders(monkeypatch, "K1", "K2")

    assert CreditParty.objects.get(pk=head.pk).exposure == 60


def test_control_without_the_lock_of_the_head_both_subsidiaries_pass_its_limit(monkeypatch):
    head = subsidiaries_of(100)
    lock = CreditPartyQuerySet._lock

    def all_but_the_head(self, account_ids):
        return lock(self, account_ids - {head.pk}) | CreditParty.objects.in_bulk([head.pk])

    monkeypatch.setattr(party, "_LOCK", without(party._HEADS))
    monkeypatch.setattr(CreditPartyQuerySet, "_lock", all_but_the_head)

    two_orders(monkeypatch, "K1", "K2")

    assert CreditParty.objects.get(pk=head.pk).exposure == 120


def an_order_while_money_comes():
    """100 of 100 are owed and paid, which is not over yet when an order of 60 comes."""
    account = make_account(account_number="K1")
    grant(account, 100)
    make_invoice(account, 100, due_on=date(2099, 1, 1))
    actor = make_service_user()
    is_paid, is_decided = Event(), Event()

    def pay():
        with transaction.atomic():
            CreditParty.objects.locked({account.pk})
            account.invoices.update(settled=100)
            orders.redecide({account.pk}, cause="payment")
            is_paid.set()
            wait_unless_kept_apart(is_decided)

    def buy():
        is_paid.wait(10)
        send(order("O1", "60"), actor=actor)
        is_decided.set()

    assert failed(at_once(pay, buy)) == []
    return Order.objects.get().credit_status


def test_an_order_that_fits_once_money_has_come_is_not_held():
    assert an_order_while_money_comes() == "approved"


def test_control_without_the_lock_an_order_that_fits_is_held(monkeypatch):
    monkeypatch.setattr(party, "_LOCK", UNLOCKED)
    assert an_order_while_money_comes() == "held"


def a_cut_and_an_order(monkeypatch):
    """The limit is cut to 100, of which 90 are used, while an order of 90 comes; what counts then.

    The order is written once the cut is through, unless it had to wait for the cut to begin with.
    """
    in_full(monkeypatch)
    account = make_account(account_number="K1")
    grant(
        account, 100, extra=Decimal(100), extra_until=date(2099, 1, 1), valid_until=date(2099, 1, 1)
    )
    send(order("O1", "90"))
    actor = make_service_user()
    locked, decided, was_cut = Event(), Event(), Event()
    write = orders.write

    def late_write(work):
        if work.cause == Decision.Cause.ORDER:
            decided.set()
            was_cut.wait(20)
        write(work)

    monkeypatch.setattr(orders, "write", late_write)

    def cut():
        with transaction.atomic():
            CreditParty.objects.locked({account.pk})
            locked.set()
            wait_unless_kept_apart(decided)
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE credit_creditline DISABLE TRIGGER USER")
                cursor.execute("UPDATE credit_creditline SET extra = 0, extra_until = NULL")
                cursor.execute("ALTER TABLE credit_creditline ENABLE TRIGGER USER")
            orders.redecide({account.pk}, cause="line")
        was_cut.set()

    def late():
        locked.wait(10)
        send(order("O2", "90"), actor=actor)

    assert failed(at_once(cut, late)) == []
    return CreditParty.objects.get().exposure


def test_a_cut_of_the_limit_and_an_order_at_once_leave_nothing_above_it(monkeypatch):
    assert a_cut_and_an_order(monkeypatch) == 90
    assert dict(Order.objects.values_list("order_number", "credit_status")) == {
        "O1": "approved",
        "O2": "held",
    }


def test_control_without_the_lock_the_order_passes_the_cut_limit(monkeypatch):
    monkeypatch.setattr(party, "_LOCK", UNLOCKED)
    assert a_cut_and_an_order(monkeypatch) == 180


# --- what changes while somebody waits


def until_somebody_waits(cursor):
    """How many wait for a lock as soon as one does; 0 when none did for ten seconds."""
    until = monotonic() + 10
    waiting = 0
    while not waiting and monotonic() < until:
        cursor.execute(WAITING)
        (waiting,) = cursor.fetchone()
    return waiting


def test_who_waited_for_parties_that_changed_meanwhile_has_them_with_one_message():
    accounts = [make_account(account_number=f"K{n}") for n in range(1, 4)]
    pks = {account.pk for account in accounts}
    CreditParty.objects.bulk_create(CreditParty(account=account) for account in accounts)
    is_held = Event()

    def change():
        with transaction.atomic(), connection.cursor() as cursor:
            CreditParty.objects.locked(pks)
            is_held.set()
            waiting = until_somebody_waits(cursor)
            cursor.execute("UPDATE credit_creditparty SET reserved = 7")
        return waiting

    def wait():
        is_held.wait(10)
        with transaction.atomic(), CaptureQueriesContext(connection) as sent:
            parties = CreditParty.objects.locked(pks)
        return {pk: party.reserved for pk, party in parties.items()}, len(sent)

    assert at_once(change, wait) == [1, (dict.fromkeys(pks, 7), 1)]


# --- a group that is formed while somebody waits


def who_waits_while_a_group_is_formed(asked):
    """The head of K1 takes it into its group while somebody waits for K1; what he is told."""
    head = make_account(account_number="H")
    account = make_account(account_number="K1", parent=head)
    grant(account, 100)
    send(order("O1", "150"))
    grant(head, 120, covers_group=True)
    actor = make_service_user()
    releaser = make_user("releaser", "finance")
    held = Order.objects.get()
    asks = {
        "order": lambda: send(order("O2", "60"), actor=actor),
        "check": lambda: reservations.check(account.pk, amount=Decimal(130), actor=actor),
        "release": lambda: releases.release(
            held.pk,
            actor=releaser,
            comment="ok",
            seen_amount=Decimal(150),
            seen_reasons={"exposure_over_limit", "group_limit"},
        ),
    }
    is_held = Event()

    def form():
        with transaction.atomic(), connection.cursor() as cursor:
            CreditParty.objects.locked({account.pk})
            is_held.set()
            waiting = until_somebody_waits(cursor)
            form_group(head)
        return waiting

    def ask():
        is_held.wait(10)
        return asks[asked]()

    waited, told = at_once(form, ask)
    assert waited == 1
    return told


@pytest.mark.parametrize("asked", ["order", "check", "release"])
def test_who_waits_while_a_group_is_formed_is_decided_in_that_group(asked):
    assert failed([who_waits_while_a_group_is_formed(asked)]) == []

    decision = Decision.objects.latest("pk")
    codes = {reason["code"] for reason in decision.reasons}
    head, subsidiary = CreditParty.objects.order_by("account__account_number")
    assert subsidiary.group_id == head.pk
    assert ("group_limit" in codes) == (asked != "order")
    assert head.exposure == subsidiary.exposure
    assert reconcile.differences() == []


@pytest.mark.parametrize("asked", ["order", "check", "release"])
def test_control_without_the_second_look_the_head_is_missing(monkeypatch, asked):
    in_full(monkeypatch)
    monkeypatch.setattr(party, "_heads", lambda parties: set())
    assert isinstance(who_waits_while_a_group_is_formed(asked), KeyError)


# --- a line that is cut while the ERP writes


def a_cut_that_passes_over_an_order(whose):
    """The line is cut while the ERP has the order, and lowers it, to more than is left."""
    head = make_account(account_number="H")
    account = make_account(account_number="K1", parent=head)
    grant(head, 200, covers_group=True)
    grant(account, 100)
    form_group(head)
    send(order("O1", "90"))
    actor = make_service_user()
    is_written, was_cut = Event(), Event()

    def write():
        with transaction.atomic():
            Order.objects.select_for_update().get(order_number="O1")
            is_written.set()
            assert was_cut.wait(20)
            send(order("O1", "80"), actor=actor)

    def cut():
        is_written.wait(10)
        put_in_force({"own": account, "group": head}[whose], 50, covers_group=whose == "group")
        was_cut.set()

    assert failed(at_once(write, cut)) == []
    return Order.objects.get().credit_status


@pytest.mark.parametrize("whose", ["own", "group"])
def test_who_writes_an_order_while_a_line_is_cut_decides_it_by_the_new_line(whose):
    assert a_cut_that_passes_over_an_order(whose) == "held"


@pytest.mark.parametrize("whose", ["own", "group"])
def test_control_without_a_look_at_when_the_lines_came_the_approval_stays(monkeypatch, whose):
    monkeypatch.setattr(Standing, "granted_at", lambda self, account_id: [])
    assert a_cut_that_passes_over_an_order(whose) == "approved"


def a_group_that_passes_over_an_order():
    """The account comes into a group of less while the ERP has the order, and lowers it."""
    head = make_account(account_number="H")
    account = make_account(account_number="K1", parent=head)
    grant(head, 50, covers_group=True)
    grant(account, 100)
    send(order("O1", "90"))
    actor = make_service_user()
    is_written, has_moved = Event(), Event()

    def write():
        with transaction.atomic():
            Order.objects.select_for_update().get(order_number="O1")
            is_written.set()
            assert has_moved.wait(20)
            send(order("O1", "80"), actor=actor)

    def move():
        is_written.wait(10)
        form_group(head)
        has_moved.set()

    assert failed(at_once(write, move)) == []
    assert CreditParty.objects.get(pk=account.pk).group_id == head.pk
    return Order.objects.get().credit_status


def test_who_lowers_an_order_while_its_account_changes_groups_decides_it_by_the_new_group():
    assert a_group_that_passes_over_an_order() == "held"


def test_control_without_a_look_at_when_the_account_moved_the_approval_stays(monkeypatch):
    look = Standing.granted_at

    def at_lines_only(self, account_id):
        self._moved_at.clear()
        return look(self, account_id)

    monkeypatch.setattr(Standing, "granted_at", at_lines_only)
    assert a_group_that_passes_over_an_order() == "approved"


# --- releases


def two_releases(monkeypatch):
    """Two people release the same order; the outcomes."""
    account = make_account(account_number="K1")
    grant(account, 10)
    send(order("O1", "90"))
    held = Order.objects.get()
    people = [make_user(f"f{i}", "finance") for i in range(2)]
    both_have_looked, let_go = Meeting(), releases._let_go

    def slow(*args, **options):
        both_have_looked.wait()
        return let_go(*args, **options)

    monkeypatch.setattr(releases, "_let_go", slow)

    def release(person):
        return releases.release(
            held.pk,
            actor=person,
            comment="ok",
            seen_amount=Decimal(90),
            seen_reasons={"exposure_over_limit"},
        )

    return at_once(*(lambda p=p: release(p) for p in people))


def test_of_two_who_release_at_once_one_is_told(monkeypatch):
    (told,) = failed(two_releases(monkeypatch))

    assert isinstance(told, RuleViolation)
    assert told.code == "not_held"
    assert Decision.objects.filter(outcome="released").count() == 1
    assert CreditParty.objects.get().exposure == 90


def test_control_without_the_locks_both_release(monkeypatch):
    monkeypatch.setattr(OrderQuerySet, "select_for_update", lambda self, **options: self)
    monkeypatch.setattr(party, "_LOCK", UNLOCKED)

    assert failed(two_releases(monkeypatch)) == []
    assert Decision.objects.filter(outcome="released").count() == 2


# --- the sequence of locks


@pytest.mark.parametrize("seed", range(5))
def test_many_kinds_of_writers_on_two_accounts_do_not_deadlock_and_the_ledger_agrees(seed):
    rng = random.Random(seed)
    head = make_account(account_number="H")
    accounts = [make_account(account_number=number) for number in ("K1", "K2")]
    grant(head, 1200, covers_group=True)
    for account in accounts:
        grant(account, 1000)
        put_in_group(account, head)
        make_invoice(account, 400, due_on=date(2099, 1, 1))
    actor = make_service_user()
    started = Barrier(4)

    def both_orders(turn, step):
        sent = [
            order(f"{k}-{turn % 2}-{step}", str(rng.randrange(1, 400)), k) for k in ("K1", "K2")
        ]
        rng.shuffle(sent)
        send(*sent, actor=actor)

    def payment(turn, step):
        rows = [
            PaymentIn(
                payment_number=f"P{turn}-{step}-{k}",
                account_number=k,
                received_on=date(2026, 3, 1),
                amount=Decimal(rng.randrange(1, 100)),
            )
            for k in rng.sample(["K1", "K2"], 2)
        ]
        payments.upsert_payments(list(enumerate(rows)), actor=actor)

    def check(turn, step):
        for account in rng.sample(accounts, 2):
            amount = Decimal(rng.randrange(1, 200))
            reservations.check(account.pk, amount=amount, actor=actor, reserve=True)

    def again(turn, step):
        orders.redecide({rng.choice(accounts).pk}, cause="payment")

    def caller(turn):
        started.wait(30)
        for step in range(6):
            rng.choice([both_orders, payment, check, again])(turn, step)

    assert failed(at_once(*(lambda turn=turn: caller(turn) for turn in range(4)))) == []

    assert reconcile.differences() == []
    for each in CreditParty.objects.filter(group=head):
        assert each.exposure <= 1000
    assert CreditParty.objects.get(pk=head.pk).exposure <= 1200
    held = Decision.objects.filter(outcome="held").values_list("reasons", flat=True)
    assert "group_limit" in {reason["code"] for reasons in held for reason in reasons}


def opposite_orders(steps):
    """Two callers write different orders of the same two accounts, in opposite sequence."""
    for number in ("K1", "K2"):
        grant(make_account(account_number=number), 1000)
    send(order("O0", "1", account=None))
    actor = make_service_user()
    started = Barrier(2, timeout=10)

    def caller(turn):
        LOCKING.backwards = bool(turn)
        for step in range(steps):
            sent = [order(f"{k}-{turn}", str(10 + step), k) for k in ("K1", "K2")]
            with suppress(BrokenBarrierError):
                started.wait()
            send(*(sent[::-1] if turn else sent), actor=actor)

    return at_once(lambda: caller(0), lambda: caller(1))


def test_different_orders_of_two_accounts_in_either_sequence_do_not_deadlock():
    assert failed(opposite_orders(8)) == []
    assert reconcile.differences() == []


def test_control_parties_locked_in_the_sequence_of_the_caller_deadlock(monkeypatch):
    lock_one_by_one(monkeypatch)

    (error,) = failed(opposite_orders(1))
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)


def money_for_an_order_that_is_amended():
    """Money comes while somebody amends a held order; what he and the payer are told."""
    account = make_account(account_number="K1")
    grant(account, 100)
    make_invoice(account, 100, due_on=date(2099, 1, 1))
    send(order("O1", "60"))
    actor = make_service_user()
    held, paid = Event(), Event()

    def writer():
        with transaction.atomic():
            Order.objects.select_for_update().get(order_number="O1")
            held.set()
            wait_unless_kept_apart(paid)
            send(order("O1", "50"), actor=actor)

    def payer():
        held.wait(10)
        try:
            with transaction.atomic():
                CreditParty.objects.locked({account.pk})
                account.invoices.update(settled=100)
                return orders.redecide({account.pk}, cause="payment")
        finally:
            paid.set()

    return at_once(writer, payer)


def test_an_order_somebody_is_writing_is_decided_by_him_not_twice():
    assert money_for_an_order_that_is_amended() == [None, []]
    assert Order.objects.get().credit_status == "approved"
    assert CreditParty.objects.get().exposure == 50


def test_control_who_does_not_pass_over_what_is_written_deadlocks(monkeypatch):
    locking = OrderQuerySet.select_for_update
    monkeypatch.setattr(
        OrderQuerySet,
        "select_for_update",
        lambda self, **options: locking(self, **options | {"skip_locked": False}),
    )

    (error,) = failed(money_for_an_order_that_is_amended())
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)
