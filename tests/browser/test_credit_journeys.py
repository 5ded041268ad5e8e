"""An account manager asks for a held order; somebody of finance releases it with an envelope."""

import pytest

from sales.models import Order
from tests.credit.erp import grant, order, send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held(k1):
    grant(k1, 100)
    send(order("O1", "1000"))
    return Order.objects.get()


def test_a_held_order_is_asked_for_and_released_by_finance(
    page, log_in, live_server, held, anna, fiona
):
    address = f"{live_server.url}/credit/orders/O1/"
    log_in(anna)
    page.goto(address)
    assert page.locator("button[value=release]").count() == 0
    page.locator("[name=reason]").fill("客户已安排付款")
    page.locator("button[value=ask]").click()
    page.wait_for_selector(".alert-success")

    page.context.clear_cookies()
    log_in(fiona)
    page.goto(f"{live_server.url}/credit/")
    page.locator("main table a", has_text="O1").click()
    page.locator("[name=tolerance]").fill("40")
    page.locator("[name=days]").fill("5")
    page.locator("[name=comment]").fill("已核实付款安排")
    page.locator("button[value=release]").click()
    page.wait_for_selector(".alert-success")

    held.refresh_from_db()
    assert held.credit_status == "released"
    page.goto(f"{live_server.url}/orders/O1/")
    page.locator("text=已核实付款安排").wait_for()
    assert "1,040.00" in page.locator("main").inner_text()
