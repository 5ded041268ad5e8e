"""Asking for the release of an order, releasing it, and putting a customer on hold, on pages."""

import pytest

from credit.models import CreditParty, OrderCredit
from sales.models import Order
from tests.credit.erp import grant, order, send
from tests.factories import make_account

pytestmark = pytest.mark.django_db
URL = "/credit/orders/O1/"


@pytest.fixture
def held(k1):
    grant(k1, 100)
    send(order("O1", "1000"))


def status():
    return Order.objects.get(order_number="O1").credit_status


def test_a_manager_asks_and_finance_releases(client, anna, fiona, held):
    client.force_login(anna)
    assert client.post(URL, {"action": "ask", "reason": "客户急用"}).status_code == 302
    assert OrderCredit.objects.get().release_requested_by == anna

    client.force_login(fiona)
    page = client.get(URL).text
    assert "客户急用" in page
    assert "900.00" in page  # what it is over
    sent = {"action": "release", "seen_amount": "1000", "tolerance": "50", "days": "7"}
    assert client.post(URL, {**sent, "comment": "同意"}).status_code == 302

    assert status() == "released"
    assert "同意" in client.get(URL).text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tolerance": "50.01"}, "50.00"),
        ({"days": "15"}, "14"),
        ({"seen_amount": "999"}, "1000.00"),
        ({"comment": ""}, "id_comment"),
    ],
)
def test_a_release_that_is_refused_says_why(client, fiona, held, changed, said):
    client.force_login(fiona)
    sent = {"seen_amount": "1000", "tolerance": "50", "days": "7", "comment": "同意"}

    answer = client.post(URL, {"action": "release", **sent, **changed})

    assert answer.status_code == 422
    assert said in answer.text
    assert status() == "held"


def test_who_asked_sees_no_button_to_release_and_is_refused(client, fiona, held):
    client.force_login(fiona)
    client.post(URL, {"action": "ask", "reason": "急"})

    assert 'value="release"' not in client.get(URL).text
    sent = {"seen_amount": "1000", "tolerance": "50", "days": "7", "comment": "同意"}
    assert client.post(URL, {"action": "release", **sent}).status_code == 422
    assert status() == "held"


def test_a_manager_may_not_release(client, anna, held):
    client.force_login(anna)
    assert client.post(URL, {"action": "release"}).status_code == 403


def test_an_order_of_somebody_else_is_not_there(client, boris, held):
    client.force_login(boris)
    assert client.get(URL).status_code == 404
    assert client.post(URL, {"action": "ask", "reason": "x"}).status_code == 404


def test_the_panel_of_an_order_is_a_part(client, fiona, held):
    client.force_login(fiona)
    assert "<html" not in client.get(URL, headers={"HX-Request": "true"}).text


def test_a_customer_is_put_on_hold_and_let_go(client, fiona, held):
    client.force_login(fiona)
    url = "/credit/accounts/K1/hold/"

    assert client.post(url, {"reason": "法律纠纷"}).status_code == 302
    assert CreditParty.objects.get().held_by == fiona
    assert client.post(url, {"reason": "再次"}).status_code == 422
    assert client.post(url, {"reason": "已解决", "lift": "True"}).status_code == 302
    assert CreditParty.objects.get().hold_reason == ""
    assert client.post(url, {"reason": ""}).status_code == 422


def test_the_panel_of_an_account_shows_limit_parts_and_reasons(client, anna, held):
    client.force_login(anna)
    send(order("O2", "60"))

    panel = client.get("/credit/panel/K1/", headers={"HX-Request": "true"}).text

    assert "100.00" in panel
    assert "60.00" in panel
    assert "40.00" in panel
    assert "O1" in panel
    assert "<html" not in panel


def test_the_panel_of_an_account_without_credit_says_so(client, fiona):
    make_account(account_number="K9")
    client.force_login(fiona)

    assert client.get("/credit/panel/K9/").status_code == 200
