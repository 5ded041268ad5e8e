"""Credit decided on by many at once: never above the limit, nobody refused who fitted."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import date
from decimal import Decimal
from threading import Barrier, BrokenBarrierError, Event
from time import monotonic

import pytest
from django.db import OperationalError, connection, transaction

from credit.models import CreditParty, Decision
from credit.models.party import CreditPartyQuerySet
from credit.rules.documents import PaymentIn
from credit.services import orders, payments, quick, reconcile, releases, reservations
from kam.core.errors import RuleViolation
from sales.models import Order, OrderQuerySet
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
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


# In this database: other tests wait in theirs on the same server.
WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
  SELECT pid FROM pg_locks
  WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


def two_that_fit_alone(*, in_a_transaction):
    """Two ask for 60 of 100 and both come to their write before either; what counts then.

    Somebody else has the party until both wait for it.
    """
    account = make_account(account_number="K1")
    grant(account, 100)
    CreditParty.objects.create(account=account)
    actor = make_service_user()
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

    def call():
        is_held.wait(10)
        with transaction.atomic() if in_a_transaction else nullcontext():
            return reservations.check(account.pk, amount=Decimal(60), actor=actor, reserve=True)

    waited, *checks = at_once(hold, call, call)
    assert failed(checks) == []
    assert waited == 2
    return CreditParty.objects.get().exposure


@pytest.mark.parametrize("in_a_transaction", [False, True])
def test_the_lock_lets_only_one_of_two_through(in_a_transaction):
    assert two_that_fit_alone(in_a_transaction=in_a_transaction) == 60


@pytest.mark.parametrize("in_a_transaction", [False, True])
def test_control_without_the_lock_both_go_through(monkeypatch, in_a_transaction):
    monkeypatch.setattr(quick, "_LOCK", "")
    assert two_that_fit_alone(in_a_transaction=in_a_transaction) == 120


def a_cut_and_an_order(monkeypatch):
    """The limit is cut to 100, of which 90 are used, while an order of 90 comes; what counts then.

    The order is written once the cut is through, unless it had to wait for the cut to begin with.
    """
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
            decided.wait(2)
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
    monkeypatch.setattr(CreditPartyQuerySet, "select_for_update", lambda self, **options: self)
    assert a_cut_and_an_order(monkeypatch) == 180


# --- releases


def two_releases(monkeypatch):
    """Two people release the same order; the outcomes."""
    account = make_account(account_number="K1")
    grant(account, 10)
    send(order("O1", "90"))
    held = Order.objects.get()
    people = [make_user(f"f{i}", "finance") for i in range(2)]
    both_have_looked, let_go = Barrier(2, timeout=2), releases._let_go

    def slow(*args, **options):
        with suppress(BrokenBarrierError):
            both_have_looked.wait()
        return let_go(*args, **options)

    monkeypatch.setattr(releases, "_let_go", slow)

    def release(person):
        return releases.release(held.pk, actor=person, comment="ok", seen_amount=Decimal(90))

    return at_once(*(lambda p=p: release(p) for p in people))


def test_of_two_who_release_at_once_one_is_told(monkeypatch):
    (told,) = failed(two_releases(monkeypatch))

    assert isinstance(told, RuleViolation)
    assert told.code == "not_held"
    assert Decision.objects.filter(outcome="released").count() == 1
    assert CreditParty.objects.get().exposure == 90


def test_control_without_the_locks_both_release(monkeypatch):
    for queryset in (OrderQuerySet, CreditPartyQuerySet):
        monkeypatch.setattr(queryset, "select_for_update", lambda self, **options: self)

    assert failed(two_releases(monkeypatch)) == []
    assert Decision.objects.filter(outcome="released").count() == 2


# --- the sequence of locks


@pytest.mark.parametrize("seed", range(5))
def test_many_kinds_of_writers_on_two_accounts_do_not_deadlock_and_the_ledger_agrees(seed):
    rng = random.Random(seed)
    head = make_account(account_number="H")
    accounts = [make_account(account_number=number) for number in ("K1", "K2")]
    grant(head, 5000, covers_group=True)
    for account in accounts:
        grant(account, 1000)
        CreditParty.objects.create(account=account, group=head)
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
    for party in CreditParty.objects.filter(group=head):
        assert party.exposure <= 1000


def opposed(monkeypatch, *, sort):
    """Two callers lock two parties, each slow after its first one."""
    accounts = [make_account(), make_account()]
    CreditParty.objects.bulk_create(CreditParty(account=account) for account in accounts)
    both_began = Barrier(2, timeout=1)

    def call(ids):
        with transaction.atomic():
            for place, pk in enumerate(sorted(ids) if sort else ids):
                CreditParty.objects.locked({pk})
                if place == 0:
                    with suppress(BrokenBarrierError):
                        both_began.wait()

    first, second = (account.pk for account in accounts)
    return at_once(lambda: call([first, second]), lambda: call([second, first]))


def test_parties_locked_by_id_wait_for_each_other(monkeypatch):
    assert failed(opposed(monkeypatch, sort=True)) == []


def test_control_parties_locked_in_any_sequence_deadlock(monkeypatch):
    (error,) = failed(opposed(monkeypatch, sort=False))
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)


def test_orders_of_two_accounts_sent_in_either_sequence_do_not_deadlock():
    for number in ("K1", "K2"):
        grant(make_account(account_number=number), 1000)
    actor = make_service_user()
    send(order("X"), order("Y", account="K2"), actor=actor)
    started = Barrier(2)

    def caller(turn):
        for step in range(8):
            sent = [order("X", str(10 + step)), order("Y", str(20 + step), "K2")]
            started.wait(20)
            send(*(sent[::-1] if turn else sent), actor=actor)

    assert failed(at_once(lambda: caller(0), lambda: caller(1))) == []
    assert reconcile.differences() == []


def money_for_an_order_that_is_amended(patience):
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
            paid.wait(patience)
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
    assert money_for_an_order_that_is_amended(10) == [None, []]
    assert Order.objects.get().credit_status == "approved"
    assert CreditParty.objects.get().exposure == 50


def test_control_who_does_not_pass_over_what_is_written_deadlocks(monkeypatch):
    locking = OrderQuerySet.select_for_update
    monkeypatch.setattr(
        OrderQuerySet,
        "select_for_update",
        lambda self, **options: locking(self, **options | {"skip_locked": False}),
    )

    (error,) = failed(money_for_an_order_that_is_amended(2))
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)
