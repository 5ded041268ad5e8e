"""The exposure after any sequence of what may happen, against a ledger added up in plain Python."""

from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from credit.models import Allocation, CreditParty, Invoice, Reservation
from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services import holds, invoices, orders, payments, reconcile, reservations
from kam.core.errors import RuleViolation
from sales.models import Order
from tests.credit.erp import grant, order, send
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db
LONG_AGO, LATER = date(2026, 1, 1), date(2099, 1, 1)

order_numbers = st.sampled_from(["O1", "O2", "O3", "O4"])
account_numbers = st.sampled_from(["K1", "K1", "K2", "H", "E"])
amounts = st.decimals(Decimal("0.0001"), 150, places=4)
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
    """K1 and K2 belong to the group of H; E stands alone."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.erp, self.fiona = make_service_user(), make_user(role="finance")
        self.accounts = {
            number: make_account(account_number=number) for number in ("H", "K1", "K2", "E")
        }
        head = self.accounts["H"]
        grant(head, 300, covers_group=True, approved_by=self.erp)
        grant(self.accounts["K1"], 200, approved_by=self.erp)
        grant(self.accounts["E"], 200, approved_by=self.erp)
        for number in ("K1", "K2"):
            CreditParty.objects.create(account=self.accounts[number], group=head)

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


def test_the_exposure_is_the_ledger_after_whatever_happens():
    run_state_machine_as_test(
        Exposure,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
