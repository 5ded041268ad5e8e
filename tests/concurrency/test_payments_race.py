"""Two payments of one account at the same moment, when one invoice is open."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from credit.models import Allocation, CreditParty, Invoice, Payment
from credit.models.party import CreditPartyQuerySet
from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services import collections, payments, promises
from credit.services.invoices import upsert_invoices
from credit.services.ledger import Ledger
from kam.core.errors import RuleViolation
from tests.concurrency.locking import LOCKING, lock_one_by_one
from tests.concurrency.meeting import Meeting
from tests.credit.documents import make_invoice
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def both_at_once(monkeypatch):
    """(settled, sum of allocations) of an invoice of 100, after two payments of 100 each."""
    make_account(account_number="K1")
    actor = make_service_user()
    invoice = InvoiceIn(
        invoice_number="I1",
        account_number="K1",
        issued_on=date(2026, 1, 1),
        due_on=date(2026, 1, 31),
        amount=Decimal(100),
    )
    upsert_invoices([(0, invoice)], actor=actor)
    meeting = Meeting()

    class MeetingLedger(Ledger):
        """Lets both read before either writes, if they can."""

        def __init__(self, account_ids):
            super().__init__(account_ids)
            meeting.wait()

    monkeypatch.setattr(payments, "Ledger", MeetingLedger)

    def work(number):
        payment = PaymentIn(
            payment_number=number,
            account_number="K1",
            received_on=date(2026, 2, 1),
            amount=Decimal(100),
        )
        try:
            payments.upsert_payments([(0, payment)], actor=actor)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in ("P1", "P2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    parts = sum(part.amount for part in Allocation.objects.all())
    return Invoice.objects.get().settled, parts


def test_the_invoice_is_settled_once_and_the_other_payment_is_credit(monkeypatch):
    assert both_at_once(monkeypatch) == (100, 100)
    assert sorted(payment.unallocated for payment in Payment.objects.all()) == [0, 100]


def test_control_without_the_lock_of_the_party_it_is_settled_twice(monkeypatch):
    def unlocked(self, account_ids):
        return {party.pk: party for party in CreditParty.objects.filter(pk__in=account_ids)}

    monkeypatch.setattr(CreditPartyQuerySet, "locked", unlocked)
    monkeypatch.setattr(CreditParty.objects.__class__, "locked", unlocked)

    assert both_at_once(monkeypatch) == (100, 200)


def opposite_payments(rounds):
    """Two callers send different payments of the same two accounts, in opposite sequence."""
    for number in ("K1", "K2"):
        make_account(account_number=number)
    actor = make_service_user()
    started = threading.Barrier(2)
    failed = []

    def work(turn):
        LOCKING.backwards = bool(turn)
        accounts = ["K2", "K1"] if turn else ["K1", "K2"]
        try:
            for round_number in range(rounds):
                rows = [
                    PaymentIn(
                        payment_number=f"{account}-{turn}-{round_number}",
                        account_number=account,
                        received_on=date(2026, 2, 1),
                        amount=Decimal(turn + 1),
                    )
                    for account in accounts
                ]
                with suppress(threading.BrokenBarrierError):
                    started.wait(timeout=10)
                payments.upsert_payments(list(enumerate(rows)), actor=actor)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[turn]) for turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_payments_of_two_accounts_in_opposite_sequence_do_not_deadlock():
    assert opposite_payments(10) == []
    assert Payment.objects.count() == 40


def test_control_parties_locked_in_the_sequence_of_the_caller_deadlock(monkeypatch):
    lock_one_by_one(monkeypatch)

    (error,) = opposite_payments(1)
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)


# --- a promise is withdrawn while a payment looks at it


def a_withdrawal_beside_a_look(monkeypatch):
    """One has the case, the other the promise, if nothing keeps them apart; what both are told."""
    account = make_account(account_number="K1")
    make_invoice(account, 20)
    actor = make_user("fiona", "finance")
    case = collections.open_case(account.pk, cause="hand", actor=actor)
    today = timezone.localdate()
    given = promises.promise(case.pk, amount=Decimal(5), pay_by=today, actor=actor)
    meeting, locked, judged = Meeting(), promises.locked_case, promises.judged

    def meet_with_the_case(case_id):
        found = locked(case_id)
        meeting.wait()
        return found

    def meet_with_the_promise(*args):
        meeting.wait()
        return judged(*args)

    monkeypatch.setattr(promises, "locked_case", meet_with_the_case)
    monkeypatch.setattr(promises, "judged", meet_with_the_promise)

    def work(call):
        try:
            call()
        except OperationalError:
            return "deadlock"
        except RuleViolation as violation:  # the look was first
            return violation.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(
            pool.map(
                work,
                [
                    lambda: promises.withdraw(given.pk, reason="记错了", actor=actor),
                    lambda: promises.evaluate([account.pk], on=today + timedelta(days=60)),
                ],
            )
        )


def test_a_withdrawal_and_a_look_at_its_promise_pass_each_other(monkeypatch):
    assert a_withdrawal_beside_a_look(monkeypatch) in (["done", "done"], ["done", "not_open"])


def test_control_without_the_case_first_each_waits_for_the_other(monkeypatch):
    monkeypatch.setattr(promises, "_lock_cases", list)
    assert a_withdrawal_beside_a_look(monkeypatch) == ["deadlock", "done"]
