"""The Today page by keyboard, and at the width of a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.services.qualification import create_prospect
from tests.browser.conftest import PHONE, sideways
from tests.factories import make_contact, make_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def day(ledger, anna):
    """A late order, a birthday, an archive to review and a prospect of Anna's."""
    today = timezone.localdate()
    make_order(ledger[0], order_number="SO-1", status="open", promised_on=today - timedelta(days=2))
    make_contact(ledger[1], name="王芳", birthday=today.replace(year=1992))
    ledger[2].review_due_on = today - timedelta(days=3)
    ledger[2].save()
    create_prospect(account_number="P1", name="南京新材料有限公司", actor=anna, manager=anna)


def test_the_list_is_worked_off_by_keyboard(page, log_in, anna, day):
    log_in(anna)
    page.keyboard.press("g")
    page.keyboard.press("n")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(4)

    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("s")  # put off
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_be_focused()  # the one that took its place
    expect(rows.nth(0)).to_contain_text("王芳")
    page.keyboard.press("d")  # done
    expect(rows).to_have_count(2)

    page.keyboard.press("u")
    expect(rows).to_have_count(3)
    expect(page.locator("#day")).to_contain_text("王芳")

    page.keyboard.press("k")
    page.keyboard.press("h")
    expect(page.locator("select[name=to]")).to_be_visible()


def test_what_was_recorded_by_a_key_is_taken_back_by_a_key(page, log_in, anna, day, live_server):
    log_in(anna)
    page.goto(f"{live_server.url}/today/?show=accounts.review")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(1)
    page.keyboard.press("j")

    page.keyboard.press("d")
    expect(rows).to_have_count(0)
    expect(page.locator("#day [role=status]")).to_contain_text("复核客户档案")
    page.keyboard.press("u")

    expect(rows).to_have_count(1)


def test_the_pages_fit_a_phone(page, log_in, anna, day, live_server):
    log_in(anna)
    page.set_viewport_size(PHONE)

    for path in ("/today/", "/prospects/", "/accounts/P1/qualification/", "/accounts/new/"):
        page.goto(live_server.url + path)
        assert sideways(page) <= 0, path
