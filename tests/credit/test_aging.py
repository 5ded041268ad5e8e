"""GET /api/v1/receivables/aging/ and the queries behind it, as of any day."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Account
from credit.models import Allocation, Instalment, Payment
from credit.queries import receivables
from credit.queries.indicators import experiences, indicators_of, payment_indices
from credit.rules.indicators import PaymentIndexPolicy
from credit.rules.receivables import AgingPolicy, days_overdue
from tests.credit.documents import make_invoice, make_payment
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/receivables/aging/"
NAMES = ["not_due", "1-30", "31-60", "61-90", "91-180", "181-365", "over_365"]


def settle(invoice, amount, on):
    payment = make_payment(invoice.account, amount, received_on=on, allocated=Decimal(amount))
    Allocation.objects.create(
        invoice=invoice, payment=payment, amount=Decimal(amount), effective_on=on
    )
    invoice.settled += Decimal(amount)
    invoice.save(update_fields=["settled"])


def amounts(as_of, accounts=None):
    found = receivables.aging(as_of, accounts=accounts, policy=AgingPolicy())
    assert list(found) == NAMES
    return {name: (aged.count, aged.amount) for name, aged in found.items() if aged.count}


def test_every_bucket_is_there_even_when_nothing_is_open(api):
    response = api("credit:read").get(URL)

    assert response.status_code == 200
    answer = response.json()
    assert list(answer["buckets"]) == NAMES
    assert all(each == {"count": 0, "amount": "0.00"} for each in answer["buckets"].values())
    assert answer["total"] == {"count": 0, "amount": "0.00"}


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-1, "not_due"),
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-180"),
        (180, "91-180"),
        (181, "181-365"),
        (365, "181-365"),
        (366, "over_365"),
    ],
)
def test_both_sides_of_each_bound(days, name):
    make_invoice(make_account(), 100, due_on=date(2026, 1, 31))

    as_of = date.fromordinal(date(2026, 1, 31).toordinal() + days)

    assert amounts(as_of) == {name: (1, 100)}


def test_what_was_settled_later_was_open_on_the_day():
    account = make_account()
    paid, part = make_invoice(account, 100), make_invoice(account, "50.0001")
    make_invoice(account, 7, issued_on=date(2026, 3, 1), due_on=date(2026, 3, 31))
    make_invoice(account, -20)
    settle(paid, 60, date(2026, 2, 10))
    settle(paid, 40, date(2026, 2, 20))
    settle(part, 10, date(2026, 2, 20))

    assert amounts(date(2025, 12, 31)) == {}
    assert amounts(date(2026, 1, 1)) == {"not_due": (2, Decimal("150.0001"))}
    assert amounts(date(2026, 2, 10)) == {"1-30": (2, Decimal("90.0001"))}
    assert amounts(date(2026, 2, 19)) == {"1-30": (2, Decimal("90.0001"))}
    assert amounts(date(2026, 2, 20)) == {"1-30": (1, Decimal("40.0001"))}
    assert amounts(date(2026, 3, 2)) == {"not_due": (1, 7), "1-30": (1, Decimal("40.0001"))}


def test_instalments_age_part_by_part_and_an_invoice_counts_once_in_a_bucket():
    invoice = make_invoice(make_account(), 100, due_on=date(2026, 4, 30))
    for number, (due_on, amount) in enumerate(
        [(date(2026, 1, 31), 30), (date(2026, 2, 10), 30), (date(2026, 4, 30), 40)], start=1
    ):
        Instalment.objects.create(invoice=invoice, number=number, due_on=due_on, amount=amount)
    settle(invoice, 10, date(2026, 2, 1))

    assert amounts(date(2026, 1, 31)) == {"not_due": (1, 100)}
    assert amounts(date(2026, 2, 20)) == {"not_due": (1, 40), "1-30": (1, 50)}


def in_two_parts(invoice, rng):
    first = Decimal(rng.randrange(1, int(invoice.amount)))
    for number, amount in enumerate([first, invoice.amount - first], start=1):
        due_on = date(2026, 1, 1) + timedelta(days=rng.randrange(120))
        Instalment.objects.create(invoice=invoice, number=number, due_on=due_on, amount=amount)


@pytest.mark.parametrize("seed", range(6))
def test_an_aging_is_the_sum_of_the_open_invoices_behind_it(seed):
    rng = random.Random(seed)
    accounts = [make_account() for _ in range(2)]
    for place in range(12):
        due_on = date(2026, 1, 1) + timedelta(days=rng.randrange(120))
        invoice = make_invoice(rng.choice(accounts), rng.randrange(2, 900), due_on=due_on)
        if place % 2:
            in_two_parts(invoice, rng)
        paid = Decimal(rng.randrange(0, int(invoice.amount) + 1)) if place % 3 else 0
        if paid:
            settle(invoice, paid, date(2026, 1, 2) + timedelta(days=rng.randrange(60)))

    for as_of in (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 15), date(2026, 6, 1)):
        for pk in (*(account.pk for account in accounts), None):
            of = None if pk is None else Account.objects.filter(pk=pk)
            listed = receivables.open_invoices(as_of, accounts=of, policy=AgingPolicy())
            expected = {
                name: (len(found), sum(found))
                for name in NAMES
                if (found := [item.open for item in listed.rows if item.bucket == name])
            }
            assert amounts(as_of, of) == expected
            assert listed.total.amount == sum(amount for _count, amount in expected.values())
            first = receivables.open_invoices(as_of, accounts=of, policy=AgingPolicy(), most=1)
            assert (first.rows, first.total) == (listed.rows[:1], listed.total)
            for item in listed.rows:
                assert AgingPolicy().bucket(days_overdue(item.due_on, as_of)) == item.bucket
        by_account = receivables.aging_by("account", as_of, accounts=None, policy=AgingPolicy())
        assert sum(row.total.amount for row in by_account) == sum(
            amount for _, amount in amounts(as_of).values()
        )


def test_an_account_manager_sees_the_aging_of_his_own_accounts(client, anna, boris, k1):
    make_invoice(k1, 100)
    make_invoice(make_account(), 50)

    client.force_login(anna)
    assert client.get(URL).json()["total"] == {"count": 1, "amount": "100.00"}
    client.force_login(boris)
    assert client.get(URL).json()["total"]["count"] == 0
    assert client.get(f"{URL}?account=K1").status_code == 404
    client.force_login(make_user(role="researcher"))
    assert client.get(URL).status_code == 403


def test_a_client_asks_for_one_account_and_day(api, k1):
    make_invoice(k1, "100.005")
    make_invoice(make_account(), 50)

    answer = api("credit:read").get(f"{URL}?account=K1&as_of=2026-02-01").json()

    assert answer["as_of"] == "2026-02-01"
    assert answer["account_number"] == "K1"
    assert answer["buckets"]["1-30"] == {"count": 1, "amount": "100.00"}


@pytest.mark.parametrize(
    ("query", "status"),
    [("?as_of=2026-02-30", 422), ("?as_of=x", 422), ("?account=NOPE", 404), ("?account=%00", 400)],
)
def test_a_wrong_question_is_refused(api, query, status):
    response = api("credit:read").get(URL + query)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("application/problem+json")


def test_a_token_without_the_scope_is_refused(api):
    assert api("orders:read").get(URL).status_code == 403


def test_the_groups_sum_to_the_total(anna, boris):
    for manager, amount in ((anna, 10), (anna, 20), (boris, 30), (None, 40)):
        make_invoice(make_account(manager=manager), amount)

    rows = receivables.aging_by("manager", date(2026, 2, 1), accounts=None, policy=AgingPolicy())

    assert [(row.key, row.total.amount) for row in rows] == [
        (None, 40),
        (anna.pk, 30),
        (boris.pk, 30),
    ]
    assert [row.overdue for row in rows] == [40, 30, 30]


def test_two_queries_whatever_the_number_of_rows(django_assert_num_queries):
    for _ in range(10):
        make_invoice(make_account(), 10)
    with django_assert_num_queries(2):
        rows = receivables.aging_by(
            "account", date(2026, 2, 1), accounts=None, policy=AgingPolicy()
        )
    assert len(rows) == 10


# --- indicators


def test_the_indicators_of_a_quarter():
    account = make_account()
    first = make_invoice(account, 900, issued_on=date(2026, 1, 1), due_on=date(2026, 1, 31))
    settle(first, 900, date(2026, 2, 10))
    make_invoice(account, 600, issued_on=date(2026, 2, 1), due_on=date(2026, 3, 1))
    make_invoice(account, 300, issued_on=date(2026, 3, 15), due_on=date(2026, 4, 14))

    found = indicators_of(
        date(2026, 1, 1),
        date(2026, 3, 31),
        accounts=None,
        buckets=AgingPolicy(),
        points=PaymentIndexPolicy(),
    )

    assert (found.receivables, found.overdue, found.credit_sales) == (900, 600, 1800)
    assert found.dso == 45  # 900 x 90 / 1800
    assert (found.best_possible_dso, found.average_days_delinquent) == (15, 30)
    assert found.collection_effectiveness == 60  # (0 + 1800 - 900) / (0 + 1800 - 300)
    assert found.countback_dso == 31 + 28
    # 900 ten days late: 70 points; 600 unpaid for 30 days: 50
    assert found.payment_index == 62
    assert found.paid_on_time_share == 0
    assert found.average_days_late == 18


def test_part_payments_and_instalments_are_experiences_of_their_own():
    account = make_account()
    invoice = make_invoice(account, 100, due_on=date(2026, 4, 30))
    for number, due_on in enumerate([date(2026, 1, 31), date(2026, 4, 30)], start=1):
        Instalment.objects.create(invoice=invoice, number=number, due_on=due_on, amount=50)
    settle(invoice, 20, date(2026, 1, 21))
    settle(invoice, 60, date(2026, 2, 5))

    found = experiences(date(2026, 1, 1), date(2026, 5, 2), accounts=None)

    assert sorted((each.days_late, each.amount) for each in found[account.pk]) == [
        (-84, 30),
        (-10, 20),
        (2, 20),
        (5, 30),
    ]


def test_the_payment_index_of_accounts_is_one_query(django_assert_num_queries):
    accounts = [make_account() for _ in range(10)]
    for account in accounts:
        settle(make_invoice(account, 100), 100, date(2026, 1, 31))
    make_invoice(make_account(), 100)

    with django_assert_num_queries(1):
        found = payment_indices(
            [account.pk for account in accounts],
            date(2026, 1, 1),
            date(2026, 3, 1),
            points=PaymentIndexPolicy(),
        )

    assert found == {account.pk: 80 for account in accounts}


def test_nobody_sees_anything_of_no_accounts():
    make_invoice(make_account(), 10)
    stranger = Account.objects.visible_to(make_user())

    assert amounts(date(2026, 2, 1), stranger) == {}
    assert experiences(date(2026, 1, 1), date(2026, 3, 1), accounts=stranger) == {}
    assert Payment.objects.visible_to(make_service_user()).count() == 0
