"""Asking for the release of an order, releasing it, and putting a customer on hold, on pages."""

import re

import pytest
from django.test import Client

from credit.models import CreditParty, Decision, OrderCredit
from sales.models import Order
from tests.credit.erp import grant, order, send
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
URL = "/credit/orders/O1/"


@pytest.fixture
def held(k1):
    grant(k1, 100)
    send(order("O1", "1000"))


SEEN = {"seen_amount": "1000", "seen_reasons": ["exposure_over_limit"]}


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
    sent = {"action": "release", **SEEN, "tolerance": "50", "days": "7"}
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
    sent = {**SEEN, "tolerance": "50", "days": "7", "comment": "同意"}

    answer = client.post(URL, {"action": "release", **sent, **changed})

    assert answer.status_code == 422
    assert said in answer.text
    assert status() == "held"


def hidden(page):
    """What the form of a page would send of what was seen."""
    fields = re.findall(r'name="(seen_\w+)" value="([^"]*)"', page.text)
    return {name: [value for key, value in fields if key == name] for name, _value in fields}


def test_a_reason_that_came_while_the_page_was_open_is_shown_before_it_is_waived(
    client, fiona, held
):
    client.force_login(fiona)
    seen = hidden(client.get(URL))
    other = Client()
    other.force_login(make_user("felix", "finance"))
    other.post("/credit/accounts/K1/hold/", {"reason": "法律纠纷"})
    sent = {"action": "release", "tolerance": "50", "days": "7", "comment": "同意"}

    refused = client.post(URL, {**sent, **seen})

    assert refused.status_code == 422
    assert "法律纠纷" in refused.text
    assert status() == "held"
    assert not Decision.objects.filter(outcome="released").exists()
    assert client.post(URL, {**sent, **hidden(refused)}).status_code == 302
    assert status() == "released"


def test_who_asked_sees_no_button_to_release_and_is_refused(client, fiona, held):
    client.force_login(fiona)
    client.post(URL, {"action": "ask", "reason": "急"})

    assert 'value="release"' not in client.get(URL).text
    sent = {**SEEN, "tolerance": "50", "days": "7", "comment": "同意"}
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
