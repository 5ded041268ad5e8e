"""What is overdue today, as decisions read it."""

from datetime import date
from decimal import Decimal

import pytest

from credit.models import Instalment
from credit.queries.overdue import overdue
from tests.credit.documents import make_invoice
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DUE = date(2026, 1, 31)


def test_an_invoice_is_overdue_from_the_day_after_its_due_day():
    account = make_account()
    make_invoice(account, "100.0001", due_on=DUE)

    assert overdue([account.pk], DUE) == {}
    assert overdue([account.pk], date(2026, 2, 1)) == {account.pk: (Decimal("100.0001"), 1)}


def test_only_what_is_open_counts_and_the_oldest_gives_the_days():
    account, other = make_account(), make_account()
    make_invoice(account, 100, settled=Decimal(40), due_on=DUE)
    make_invoice(account, 100, settled=Decimal(100), due_on=date(2026, 1, 2))
    make_invoice(account, -30, due_on=date(2026, 1, 2))
    make_invoice(account, 7, due_on=date(2026, 2, 8))
    make_invoice(other, 5, due_on=date(2026, 2, 10))

    found = overdue([account.pk, other.pk], date(2026, 2, 10))

    assert found == {account.pk: (Decimal(67), 10)}


def test_a_disputed_invoice_is_not_overdue():
    account = make_account()
    make_invoice(account, 100, disputed=True)

    assert overdue([account.pk], date(2026, 3, 1)) == {}


def test_instalments_are_due_part_by_part():
    account = make_account()
    invoice = make_invoice(account, 100, settled=Decimal(40), due_on=date(2026, 4, 30))
    for number, (due_on, amount) in enumerate(
        [(DUE, 30), (date(2026, 2, 28), 30), (date(2026, 4, 30), 40)], start=1
    ):
        Instalment.objects.create(invoice=invoice, number=number, due_on=due_on, amount=amount)

    assert overdue([account.pk], date(2026, 2, 28)) == {}
    assert overdue([account.pk], date(2026, 3, 2)) == {account.pk: (Decimal(20), 2)}
    assert overdue([account.pk], date(2026, 5, 1)) == {account.pk: (Decimal(60), 62)}


def test_one_query_for_any_number_of_accounts(django_assert_num_queries):
    accounts = [make_account() for _ in range(10)]
    for account in accounts:
        make_invoice(account, 100)

    with django_assert_num_queries(1):
        assert len(overdue([account.pk for account in accounts], date(2026, 3, 1))) == 10
