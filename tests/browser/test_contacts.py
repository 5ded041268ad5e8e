"""Opening masked details, and sending a notice, in the browser; every page fits a phone."""

import os

import pytest

from accounts import services
from mailings.models import Mailing
from tests.browser.conftest import PHONE, sideways
from tests.factories import make_account, make_contact

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wang(anna):
    account = make_account(account_number="K1", name="上海华锐科技有限公司", manager=anna)
    make_contact(account, name="李雷", buying_role="gatekeeper", attitude="opponent")
    return services.add_contact(
        account.pk,
        fields={
            "name": "王芳",
            "buying_role": "decision_maker",
            "attitude": "supporter",
            "influence": "high",
            "mobile": "13800138000",
            "email": "wang@k1.example",
        },
        actor=anna,
    )


def test_a_director_opens_the_details_of_one_contact(page, log_in, live_server, wang, diana):
    log_in(diana)
    page.goto(f"{live_server.url}/accounts/K1/")
    assert "13800138000" not in page.content()
    page.locator(f"a[href$='contacts/open/?contact={wang.pk}']").click()
    page.locator("[name=reason]").fill("高层互访")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector(".alert-success")

    assert "13800138000" in page.content()


def test_a_notice_is_written_and_sent(page, log_in, live_server, wang, anna):
    log_in(anna)
    page.goto(f"{live_server.url}/mailings/new/")
    page.locator("[name=subject]").fill("新品发布")
    page.locator("[name=body]").fill("{name}您好")
    page.locator("main form button.btn-primary").click()
    assert "wang@k1.example" in page.locator("main").inner_text()
    page.locator(".page-actions button.btn-primary").click()
    page.locator("#confirmation button[value=yes]").click()
    page.wait_for_selector(".alert-success")

    assert Mailing.objects.get().status == "sent"


def test_the_pages_fit_a_phone(page, log_in, live_server, wang, diana):
    log_in(diana)
    mailing = Mailing.objects.create(subject="新品发布", body="{name}您好", created_by=diana)
    page.set_viewport_size(PHONE)
    for address in (
        "accounts/K1/",
        "accounts/K1/buying-centre/",
        "accounts/K1/contacts/open/",
        "accounts/openings/",
        "accounts/exports/",
        "accounts/exports/more/",
        "mailings/",
        "mailings/new/",
        f"mailings/{mailing.pk}/",
    ):
        page.goto(f"{live_server.url}/{address}")
        assert sideways(page) <= 0, address
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{address.replace('/', '_')}.png", full_page=True)
