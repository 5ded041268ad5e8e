"""Credit checks and the credit of an account over REST, as the contract says."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone

from credit import tasks
from credit.models import CreditParty, Decision, Reservation
from credit.services import reservations
from sales.models import ExchangeRate, Order
from staff.models import User
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
from tests.factories import make_account, make_service_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(k1):
    return grant(k1, 100)


@pytest.fixture
def check(api):
    client = api("credit:check")

    def post(amount="10", *, headers=None, **fields):
        body = {"account_number": "K1", "amount": amount, **fields}
        return client.post(
            "/api/v1/credit-checks/", body, content_type="application/json", headers=headers
        )

    return post


def test_a_check_answers_what_the_contract_says(check, line):
    answer = check("100.01").json()

    assert answer == {
        "decision": "held",
        "reasons": answer["reasons"],
        "limit": "100.00",
        "exposure": "0.00",
        "available": "100.00",
        "decision_id": Decision.objects.get().pk,
    }
    (reason,) = answer["reasons"]
    assert reason["code"] == "exposure_over_limit"
    assert "0.01" in reason["detail"]


def test_a_check_alone_holds_nothing(check, line):
    assert check("100").json()["decision"] == "approved"
    assert check("100").json()["available"] == "100.00"
    assert not Reservation.objects.exists()


def test_a_reserved_amount_is_held_against_the_limit(check, line):
    first = check("60", reserve=True).json()
    second = check("40.01", reserve=True).json()

    assert (first["decision"], first["exposure"], first["available"]) == (
        "approved",
        "60.00",
        "40.00",
    )
    assert (second["decision"], second["exposure"]) == ("held", "60.00")
    assert CreditParty.objects.get().reserved == 60


def test_the_order_takes_the_place_of_its_reservation(check, line):
    check("100", order_number="O1", reserve=True)

    send(order("O1", "100"))

    assert Order.objects.get().credit_status == "approved"
    assert CreditParty.objects.get().exposure == 100
    assert CreditParty.objects.get().reserved == 0


def test_an_order_that_is_cancelled_gives_its_reservation_back(check, line):
    check("100", order_number="O1", reserve=True)

    send(order("O1", "100", status="cancelled"))

    assert CreditParty.objects.get().exposure == 0


def test_a_second_reservation_for_an_order_takes_the_place_of_the_first(check, line):
    check("60", order_number="O1", reserve=True)
    answer = check("90", order_number="O1", reserve=True).json()

    assert (answer["decision"], answer["exposure"]) == ("approved", "90.00")
    assert Reservation.objects.live().count() == 1


def test_a_check_leaves_the_former_reservation_of_its_order_out(check, line):
    check("60", order_number="O1", reserve=True)

    assert check("100", order_number="O1").json()["decision"] == "approved"
    assert CreditParty.objects.get().reserved == 60


def test_of_an_order_that_is_here_only_the_difference_is_asked_for(check, line):
    send(order("O1", "80"))

    answer = check("100", order_number="O1", reserve=True).json()
    assert (answer["decision"], answer["exposure"]) == ("approved", "100.00")
    assert Reservation.objects.get().amount == 20
    assert check("100.01", order_number="O1").json()["decision"] == "held"

    send(order("O1", "100"))
    assert Order.objects.get().credit_status == "approved"
    assert CreditParty.objects.get().exposure == 100


def test_an_order_number_of_another_account_is_refused(check, line):
    make_account(account_number="K2")
    send(order("O2", "1", account="K2"))

    answer = check("1", order_number="O2", reserve=True)

    assert (answer.status_code, answer.json()["code"]) == (409, "other_account")


@pytest.mark.django_db(transaction=True)
def test_what_else_the_database_refuses_is_not_taken_for_that(line):
    actor = make_service_user()
    User.objects.filter(pk=actor.pk).delete()

    with pytest.raises(IntegrityError):
        reservations.check(line.account_id, amount=Decimal(1), actor=actor, order_number="O2")


def test_what_is_reserved_for_too_long_gives_no_ground_any_more(check, line):
    check("100", reserve=True)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert check("100", reserve=True).json()["decision"] == "approved"
    assert CreditParty.objects.get().reserved == 100
    assert set(Reservation.objects.values_list("status", flat=True)) == {"expired", "live"}


def test_an_ended_reservation_lets_a_held_order_go(check, line):
    check("100", reserve=True)
    send(order("O1", "50"))
    assert Order.objects.get().credit_status == "held"
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    tasks.end_reservations()

    assert Order.objects.get().credit_status == "approved"
    assert CreditParty.objects.get().exposure == 50


def test_a_smaller_reservation_for_an_order_lets_a_held_order_go(check, line):
    check("100", order_number="O1", reserve=True)
    send(order("O2", "50"))
    assert Order.objects.get().credit_status == "held"

    answer = check("40", order_number="O1", reserve=True).json()

    assert Order.objects.get().credit_status == "approved"
    assert (answer["exposure"], answer["available"]) == ("90.00", "10.00")


def test_a_cancelled_order_lets_a_held_one_have_what_was_reserved_for_it(check, line):
    check("100", order_number="O1", reserve=True)
    send(order("O2", "50"))

    send(order("O1", "100", status="cancelled"))

    assert Order.objects.get(order_number="O2").credit_status == "approved"


def test_a_check_that_finds_a_reservation_run_out_lets_a_held_order_go(check, line):
    check("100", reserve=True)
    send(order("O1", "50"))
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = check("10").json()

    assert Order.objects.get().credit_status == "approved"
    assert answer["exposure"] == "50.00"


def test_the_same_key_reserves_once(check, line):
    first = check("60", reserve=True, headers={"Idempotency-Key": "k"})
    again = check("60", reserve=True, headers={"Idempotency-Key": "k"})

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert CreditParty.objects.get().reserved == 60


def test_a_foreign_amount_is_converted_at_the_rate_of_the_day(check, line):
    assert check("10", currency="USD").json()["errors"][0]["code"] == "no_exchange_rate"
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 1, 1), rate=Decimal(7))

    assert check("14.28", currency="USD").json()["decision"] == "approved"
    assert check("14.29", currency="USD").json()["decision"] == "held"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "１２"}, "amount"),
        ({"amount": "0.00001"}, "amount"),
        ({"amount": True}, "amount"),
        ({"currency": "yuan"}, "currency"),
        ({"account_number": "K9"}, "account_number"),
        ({"order": "O1"}, "order"),
    ],
)
def test_what_is_wrong_is_named(check, line, fields, where):
    answer = check(**fields)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == where
    assert not Decision.objects.exists()


def test_the_credit_of_an_account(api, k1, line):
    make_invoice(k1, 30, due_on=timezone.localdate() - timedelta(days=40))
    send(order("O1", "20"), order("O2", "900"))

    answer = api("credit:read").get("/api/v1/accounts/K1/credit/").json()

    assert answer == {
        "limit": "100.00",
        "currency": "CNY",
        "terms_days": 30,
        "valid_until": line.valid_until.isoformat(),
        "rating": None,
        "exposure": "30.00",
        "available": "70.00",
        "overdue_amount": "30.00",
        "oldest_overdue_days": 40,
        "on_hold": True,
        "hold_reasons": answer["hold_reasons"],
    }
    codes = [reason["code"] for reason in answer["hold_reasons"]]
    assert codes == ["overdue_days", "overdue_share"]


def test_an_account_without_a_line_has_a_limit_of_0_and_is_on_hold(api, k1):
    answer = api("credit:read").get("/api/v1/accounts/K1/credit/").json()

    assert (answer["limit"], answer["available"], answer["on_hold"]) == ("0.00", "0.00", True)
    assert [reason["code"] for reason in answer["hold_reasons"]] == ["no_credit_line"]
    assert (answer["terms_days"], answer["valid_until"], answer["rating"]) == (None, None, None)


@pytest.mark.parametrize("scope", ["credit:check", "orders:read"])
def test_the_credit_of_an_account_needs_its_scope(api, k1, scope):
    assert api(scope).get("/api/v1/accounts/K1/credit/").status_code == 403


def test_orders_are_found_by_their_credit_status(api, k1, line):
    send(order("O1", "60"), order("O2", "60"), order("O3", "1", status="delivered"))
    client = api("orders:read")

    held = client.get("/api/v1/orders/?credit_status=held").json()["results"]

    assert [row["order_number"] for row in held] == ["O2"]
    assert client.get("/api/v1/orders/O1/").json()["credit_status"] == "approved"
    assert client.get("/api/v1/orders/O3/").json()["credit_status"] == ""
    assert client.get("/api/v1/orders/?credit_status=no").status_code == 422


def test_money_paid_in_advance_gives_no_room_before_it_settles_an_invoice(check, api, k1):
    payment = {"payment_number": "P1", "account_number": "K1", "received_on": "2026-03-01"}
    prepaid = {"payments": [{**payment, "amount": "1000"}]}
    erp = api("receivables:write")
    erp.post("/api/v1/payments/bulk/", prepaid, content_type="application/json")
    grant(k1, 0)

    answer = check("0.01").json()

    assert (answer["decision"], answer["exposure"], answer["available"]) == ("held", "0.00", "0.00")


def test_the_credit_of_a_merged_number_is_that_of_the_account_that_took_its_place(api, k1, line):
    make_account(account_number="OLD", merged_into=k1)

    answer = api("credit:read").get("/api/v1/accounts/OLD/credit/").json()

    assert (answer["limit"], answer["on_hold"]) == ("100.00", False)


@pytest.mark.parametrize(
    ("currency", "says"),
    [
        ("us", "A currency is three capital letters, such as USD."),
        ("XAF", "No exchange rate is stored for XAF on {day}; give CNY."),
    ],
)
def test_a_refused_currency_is_explained(check, line, currency, says):
    answer = check("1", currency=currency, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (
        422,
        says.format(day=timezone.localdate()),
    )
