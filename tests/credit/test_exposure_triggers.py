"""The exposure follows its causes in the database itself, whatever door they come through."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from credit.models import CreditParty, Invoice, Reservation
from tests.credit.erp import put_in_group
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def make_invoice(account, number, amount, **fields):
    values = {
        "issued_on": date(2026, 1, 1),
        "due_on": date(2026, 1, 31),
        "currency": "CNY",
        "document_amount": amount,
    }
    return Invoice.objects.create(
        account=account, invoice_number=number, amount=amount, **values | fields
    )


def party(account):
    return CreditParty.objects.get(pk=account.pk)


def test_invoices_and_reservations_add_up():
    account = make_account()
    make_invoice(account, "I1", Decimal("100.0001"))
    note = make_invoice(account, "C1", Decimal("-30"))
    Reservation.objects.create(
        account=account, amount=Decimal(50), expires_at=timezone.now() + timedelta(days=1)
    )

    assert party(account).exposure == Decimal("150.0001")  # a credit note is not below zero
    assert note.exposed == 0

    with connection.cursor() as cursor:
        cursor.execute("UPDATE credit_invoice SET settled = 40 WHERE invoice_number = 'I1'")
        cursor.execute("UPDATE credit_reservation SET status = 'expired'")

    assert party(account).exposure == Decimal("60.0001")
    Invoice.objects.filter(invoice_number="I1").delete()
    assert party(account).exposure == 0


def test_a_move_to_another_account_moves_the_exposure():
    first, second = make_account(), make_account()
    invoice = make_invoice(first, "I1", Decimal(100))

    Invoice.objects.filter(pk=invoice.pk).update(account=second)

    assert party(first).exposure == 0
    assert party(second).exposure == 100


def test_a_group_head_carries_its_subsidiaries():
    head, subsidiary = make_account(), make_account()
    make_invoice(subsidiary, "I1", Decimal(100))
    put_in_group(subsidiary, head)
    make_invoice(subsidiary, "I2", Decimal(20))
    make_invoice(head, "I3", Decimal(3))

    assert party(head).exposure == 123
    assert party(subsidiary).exposure == 120

    put_in_group(subsidiary, None)

    assert party(head).exposure == 3
