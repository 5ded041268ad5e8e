"""The exposure after any sequence of what may happen, against a ledger added up in plain Python."""

from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from approvals import services as approvals
from approvals.models import Request
from credit.models import Allocation, CreditParty, Invoice, OrderCredit, Reservation, WriteOff
from credit.queries.held_orders import reasons_now
from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services import (
    holds,
    invoices,
    orders,
    payments,
    reconcile,
    releases,
    reservations,
    write_offs,
)
from credit.services.standing import Standing
from kam.core.errors import RuleViolation
from sales.models import Order
from tests.credit.erp import form_group, grant, order, send
from tests.credit.terms import propose
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db
LONG_AGO, LATER = date(2026, 1, 1), date(2099, 1, 1)

order_numbers = st.sampled_from(["O1", "O2", "O3", "O4"])
account_numbers = st.sampled_from(["K1", "K1", "K2", "H", "E"])
amounts = st.sampled_from([Decimal(50), Decimal(100), Decimal(150)]) | st.decimals(
    Decimal("0.0001"), 150, places=4
)
signed = st.decimals(-80, 150, places=4)


def ledger():
    """What each account owes, from orders, invoices, allocations and reservations alone."""
    owed = defaultdict(Decimal)
    settled, invoiced = defaultdict(Decimal), defaultdict(Decimal)
    for part in Allocation.objects.all():
        settled[part.invoice_id] += part.amount
        if part.credit_note_id:
            settled[part.credit_note_id] -= part.amount
    for invoice in Invoice.objects.all():
        owed[invoice.account_id] += max(invoice.amount - settled[invoice.pk], Decimal(0))
        invoiced[invoice.order_number] += max(invoice.amount, Decimal(0))
    for row in Order.objects.exclude(credit_status=""):
        if row.credit_status != "held" or row.status == "delivered":
            rest = row.net_amount - invoiced[row.order_number]
            owed[row.account_id] += max(rest, Decimal(0))
    for reservation in Reservation.objects.filter(status="live"):
        owed[reservation.account_id] += reservation.amount
    return owed


class Exposure(RuleBasedStateMachine):
    """K1 and K2 belong to the group of H; E stands alone. Two orders are on hold to begin with."""

    without_triggers = ""  # the table that loses them

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        if self.without_triggers:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {self.without_triggers} DISABLE TRIGGER USER")
        self.erp, self.anna = make_service_user(), make_user(role="account_manager")
        self.fiona = make_user(role="finance")
        self.signers = [make_user(role=each) for each in ("finance", "credit_committee", "gm")]
        self.accounts = {number: make_account(account_number=number) for number in ("H", "E")}
        head = self.accounts["H"]
        for number in ("K1", "K2"):
            self.accounts[number] = make_account(account_number=number, parent=head)
        grant(head, 300, covers_group=True)
        grant(self.accounts["K1"], 200)
        grant(self.accounts["E"], 200)
        form_group(head)
        send(order("O1", "150"), order("O2", "100"), actor=self.erp)
        send(order("O3", "150", "E"), order("O4", "100", "E"), actor=self.erp)

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @rule(
        number=order_numbers,
        account=account_numbers | st.none(),
        amount=signed,
        status=st.sampled_from(["open", "open", "open", "delivered", "cancelled"]),
    )
    def order_comes(self, number, account, amount, status):
        """New, amended, moved, delivered, cancelled or opened again."""
        send(order(number, str(amount), account, status=status), actor=self.erp)

    @rule(number=order_numbers, status=st.sampled_from(["open", "delivered", "cancelled"]))
    def order_goes_on(self, number, status):
        """The same order with another status."""
        for row in Order.objects.filter(order_number=number).select_related("account"):
            account = row.account.account_number if row.account else None
            send(order(number, str(row.net_amount), account, status=status), actor=self.erp)

    @rule(number=order_numbers, amount=amounts)
    def order_is_copied(self, number, amount):
        for row in Order.objects.filter(order_number=number).exclude(account=None):
            account = row.account.account_number
            copies = [order(f"{number}-{turn}", str(amount), account) for turn in range(2)]
            send(*copies, actor=self.erp)

    @rule(
        number=st.sampled_from(["I1", "I2", "I3"]),
        account=account_numbers,
        amount=signed,
        order_number=st.just("") | order_numbers,
    )
    def invoice_or_credit_note_comes(self, number, account, amount, order_number):
        invoice = InvoiceIn(
            invoice_number=number,
            account_number=account,
            issued_on=LONG_AGO,
            due_on=LATER,
            amount=amount,
            order_number=order_number,
        )
        invoices.upsert_invoices([(0, invoice)], actor=self.erp)

    @rule(number=st.sampled_from(["P1", "P2"]), account=account_numbers, amount=amounts)
    def payment_comes(self, number, account, amount):
        payment = PaymentIn(
            payment_number=number, account_number=account, received_on=LONG_AGO, amount=amount
        )
        payments.upsert_payments([(0, payment)], actor=self.erp)

    @rule(
        account=account_numbers,
        amount=amounts,
        number=st.just("") | order_numbers,
        reserve=st.booleans(),
    )
    def check_is_asked_for(self, account, amount, number, reserve):
        with suppress(RuleViolation), transaction.atomic():
            reservations.check(
                self.accounts[account].pk,
                amount=amount,
                actor=self.erp,
                order_number=number,
                reserve=reserve,
            )

    @rule()
    def reservations_run_out(self):
        now = timezone.now()
        Reservation.objects.live().update(expires_at=now - timedelta(seconds=1))
        reservations.end_reservations(now)

    @rule(account=account_numbers)
    def hold_is_set_or_lifted(self, account):
        pk = self.accounts[account].pk
        is_held = CreditParty.objects.filter(pk=pk).exclude(hold_reason="").exists()
        change = holds.lift_hold if is_held else holds.set_hold
        change(pk, actor=self.fiona, reason="测试")

    @rule(account=account_numbers, limit=st.sampled_from([0, 90, 200, 400]))
    def other_terms_are_signed(self, account, limit):
        head = account == "H"
        with suppress(RuleViolation), transaction.atomic():
            proposal = propose(self.accounts[account], self.anna, limit, covers_group=head)
            self.sign(proposal)

    @rule(number=order_numbers)
    def order_is_released(self, number):
        for row in OrderCredit.objects.filter(status="held", order__order_number=number):
            seen = row.order.net_amount
            reasons = {each.code for each in reasons_now([row])[row.order_id]}
            releases.release(
                row.order_id,
                actor=self.fiona,
                comment="急单",
                seen_amount=seen,
                seen_reasons=reasons,
            )

    @rule()
    def releases_run_out(self):
        with time_machine.travel(timezone.now() + timedelta(days=20)):
            orders.new_day(timezone.localdate())

    @rule(number=st.sampled_from(["I1", "I2", "I3"]), share=st.sampled_from([1, 3]))
    def invoice_is_written_off(self, number, share):
        for invoice in Invoice.objects.unpaid().filter(invoice_number=number):
            amount = max((invoice.open_amount / share).quantize(Decimal("0.0001")), Decimal("1e-4"))
            with suppress(RuleViolation), transaction.atomic():
                proposed = write_offs.propose(
                    invoice.pk, amount=amount, reason="破产", actor=self.fiona
                )
                self.sign(proposed)

    @rule()
    def write_off_is_taken_back(self):
        for write_off in WriteOff.objects.filter(status="approved")[:1]:
            self.sign(write_offs.propose_reversal(write_off.pk, reason="付款了", actor=self.fiona))

    def sign(self, subject):
        """Everybody whose turn it is signs the last request about it."""
        request = Request.objects.of(subject).latest("pk")
        for person in self.signers:
            with suppress(RuleViolation), transaction.atomic():
                approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)

    @rule()
    def night_comes(self):
        orders.new_day(timezone.localdate())

    @invariant()
    def exposure_is_what_the_ledger_says(self):
        owed = ledger()
        for number in ("K1", "K2"):
            owed[self.accounts["H"].pk] += owed[self.accounts[number].pk]
        stored = dict(CreditParty.objects.values_list("pk", "exposure"))
        assert {pk: amount for pk, amount in owed.items() if amount} == {
            pk: amount for pk, amount in stored.items() if amount
        }

    @invariant()
    def reconcile_finds_nothing(self):
        assert reconcile.differences() == []

    @invariant()
    def nothing_that_fits_is_left_on_hold(self):
        everybody = {account.pk for account in self.accounts.values()}
        assert orders.redecide(everybody, cause="day") == []


relaxed = settings(
    max_examples=8,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
)


def test_the_exposure_is_the_ledger_after_whatever_happens():
    run_state_machine_as_test(Exposure, settings=relaxed)


@pytest.mark.parametrize(
    "without",
    [
        patch.object(Standing, "freed", lambda self: set()),
        patch.object(orders, "recount", lambda numbers: None),
        patch.object(Exposure, "without_triggers", "credit_ordercredit"),
        patch.object(Exposure, "without_triggers", "credit_creditparty"),
    ],
    ids=[
        "giving freed room away",
        "recounting invoiced orders",
        "triggers of orders",
        "triggers of groups",
    ],
)
def test_control_the_model_sees_what_is_missing_without(without):
    quick = settings(relaxed, phases=[Phase.generate], derandomize=True)

    with pytest.raises((AssertionError, BaseExceptionGroup)), without:
        run_state_machine_as_test(Exposure, settings=quick)
