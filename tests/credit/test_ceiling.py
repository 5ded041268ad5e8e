"""The ceiling on receivables: proposed, signed by others, kept to by everybody at once."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request
from credit import tasks
from credit.models import Decision, ReceivablesCeiling
from credit.queries import ceiling
from credit.queries.ceiling import company_headroom
from credit.rules.documents import PaymentIn
from credit.services import holds, standing
from credit.services.payments import upsert_payments
from credit.services.supervision import propose_ceiling
from kam.core.errors import RuleViolation
from sales.models import Order
from tests.concurrency.meeting import Meeting
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, put_in_group, send
from tests.credit.lines import make_line
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


@pytest.fixture
def deputy_gm(db):
    return make_user("dora", "deputy_gm", full_name="Dora")


def sign(request, *people):
    for person in people:
        request.refresh_from_db()
        approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)


@pytest.fixture
def put_in_force(fiona, deputy_gm, gm):
    def make(amount, on=None):
        row = propose_ceiling(
            amount=amount, effective_from=on or today(), reason="Cash is short", actor=fiona
        )
        sign(Request.objects.of(row).get(), deputy_gm, gm)
        row.refresh_from_db()
        return row

    return make


def test_a_ceiling_counts_once_the_last_has_signed(fiona, deputy_gm, gm):
    make_invoice(make_account(), 300)
    row = propose_ceiling(
        amount=Decimal(1000), effective_from=today(), reason="Cash is short", actor=fiona
    )
    request = Request.objects.of(row).get()
    sign(request, deputy_gm)
    assert company_headroom(today()) is None

    sign(request, gm)

    assert company_headroom(today()) == 700
    assert company_headroom(today() - timedelta(days=1)) is None


def test_a_ceiling_ends_by_a_later_one_without_an_amount(put_in_force):
    put_in_force(Decimal(1000))
    put_in_force(None)

    assert company_headroom(today()) is None


def test_a_subsidiary_counts_once(put_in_force):
    head, subsidiary = make_account(), make_account()
    make_invoice(subsidiary, 100)
    put_in_group(subsidiary, head)

    put_in_force(Decimal(1000))

    assert company_headroom(today()) == 900


def test_nobody_signs_a_ceiling_of_their_own(deputy_gm, gm, fiona):
    second = make_user("dan", "deputy_gm")
    row = propose_ceiling(
        amount=Decimal(1), effective_from=today(), reason="I want it", actor=deputy_gm
    )
    request = Request.objects.of(row).get()

    with pytest.raises(RuleViolation) as refusal:
        sign(request, deputy_gm)

    assert refusal.value.code == "own_request"
    sign(request, second, gm)
    assert company_headroom(today()) == 1


@pytest.mark.parametrize("days", [-1, -30])
def test_a_ceiling_does_not_reach_back(fiona, gm, deputy_gm, days):
    with pytest.raises(RuleViolation) as refusal:
        propose_ceiling(
            amount=Decimal(1),
            effective_from=today() + timedelta(days=days),
            reason="Late",
            actor=fiona,
        )

    assert refusal.value.code == "retroactive"


def test_the_database_takes_no_ceiling_without_signatures(fiona):
    row = ReceivablesCeiling(
        amount=1, effective_from=today(), reason="x", proposed_by=fiona, status="approved"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()

    row.status = "proposed"
    row.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReceivablesCeiling.objects.filter(pk=row.pk).update(status="approved")


def test_limits_beyond_the_ceiling_are_warned_of(put_in_force, gm):
    put_in_force(Decimal(1500))
    make_line(make_account(), approved_by=gm, limit=Decimal(1500))
    assert not ceiling.state(today()).is_overgranted

    make_line(make_account(), approved_by=gm, limit=Decimal("0.01"))

    assert ceiling.state(today()).is_overgranted


@pytest.fixture
def two_waiting(k1, put_in_force, fiona):
    """Two orders of 60 that wait for room: another customer owes all that the ceiling allows."""
    owes = make_account(account_number="K9")
    make_invoice(owes, 100)
    put_in_force(Decimal(100))
    for account in (k1, make_account(account_number="K2")):
        grant(account, 500)
        send(order(f"O-{account.account_number}", "60", account=account.account_number))
    assert set(Order.objects.values_list("credit_status", flat=True)) == {"held"}


def pay(amount, actor):
    paid = PaymentIn(
        payment_number="P1", account_number="K9", received_on=today(), amount=Decimal(amount)
    )
    assert not upsert_payments([(0, paid)], actor=actor).errors


def test_room_that_another_customer_frees_goes_to_the_longest_held(two_waiting, fiona):
    pay("100", fiona)

    tasks.use_ceiling_room()

    statuses = dict(Order.objects.values_list("order_number", "credit_status"))
    assert statuses == {"O-K1": "approved", "O-K2": "held"}
    assert company_headroom(today()) == 40
    assert Decision.objects.filter(cause="ceiling", outcome="approved").count() == 1


def test_nothing_is_written_or_locked_while_there_is_too_little_room(two_waiting, fiona):
    pay("59.99", fiona)
    before = Decision.objects.count()

    with CaptureQueriesContext(connection) as queries:
        tasks.use_ceiling_room()

    assert Decision.objects.count() == before
    assert not [each for each in queries if "FOR " in each["sql"]]


def test_what_waits_for_something_else_too_stays_on_hold(two_waiting, k1, fiona):
    holds.set_hold(k1.pk, reason="Under review", actor=fiona)
    pay("100", fiona)

    tasks.use_ceiling_room()

    statuses = dict(Order.objects.values_list("order_number", "credit_status"))
    assert statuses == {"O-K1": "held", "O-K2": "approved"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("locked", "exposure"), [(True, 600), (False, 1200)])
def test_two_orders_never_take_the_same_room(put_in_force, monkeypatch, locked, exposure):
    """Each wants 600 of 1,000; without the lock of the ceiling (the control) both get it."""
    put_in_force(Decimal(1000))
    for number in ("K1", "K2"):
        grant(make_account(account_number=number), 1000)
    send(order("O0", "1", account=None))  # the product is there: nobody waits for the other's
    if not locked:
        rows = type(ReceivablesCeiling.objects.all())
        monkeypatch.setattr(rows, "select_for_update", lambda self, **kwargs: self, raising=False)
    both_have_looked = Meeting()
    actor = make_service_user()
    failed = []

    def slow(on, *, to_decide=True):
        left = company_headroom(on, to_decide=to_decide)
        both_have_looked.wait()
        return left

    monkeypatch.setattr(standing, "company_headroom", slow)

    def take(number):
        try:
            send(order(f"O-{number}", "600", account=number), actor=actor)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[number]) for number in ("K1", "K2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert ceiling.committed() == exposure
    held = Order.objects.filter(credit_status="held").count()
    assert held == (1 if locked else 0)
