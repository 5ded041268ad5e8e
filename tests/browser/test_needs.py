"""Needs are moved on their board by drag and by keyboard, only to where they may go."""

import pytest

from accounts.models import Need
from accounts.services import needs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_need_is_moved_by_drag_and_by_keyboard(page, log_in, live_server, anna, k1):
    need = needs.collect(k1, text="轻一点的支架", source="visit", actor=anna)
    log_in(anna)
    board = f"{live_server.url}/needs/board/"
    card = f"#need-{need.pk}"
    page.goto(board)

    page.drag_and_drop(card, "[data-column=confirmed]")  # not without an answer
    assert page.url == board
    page.drag_and_drop(card, "[data-column=analysed]")
    page.wait_for_url("**/analyse/**")
    page.locator("[name=analysis]").fill("库存有货")
    page.locator("[name=feasibility]").select_option("3")
    page.locator("[name=priority]").select_option("3")
    page.locator("main button.btn-primary").click()
    page.wait_for_selector(f"[data-column=analysed] {card}")

    page.locator(f"{card} a.text-reset").focus()
    page.keyboard.press("Shift+ArrowLeft")  # what is analysed is not collected again
    assert page.url == board
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url("**/answer/**")
    page.locator("[name=words]").fill("用 B 型")
    page.locator("main button.btn-primary").click()
    page.wait_for_selector(f"[data-column=answered] {card}")
    assert Need.objects.get().status == "answered"
