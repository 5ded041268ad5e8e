"""A request is signed in the browser; its pages fit a phone."""

from datetime import date

import pytest

from approvals import rules, services
from approvals.models import Request
from tests.browser.conftest import PHONE, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(diana, gm):
    services.propose_route(
        kind="approvals.route",
        bands=rules.route(rules.one("gm")),
        effective_from=date(2099, 1, 1),
        note="The general manager decides alone",
        actor=diana,
    )
    return Request.objects.get()


def test_a_general_manager_finds_what_waits_and_signs_it(page, log_in, live_server, asked, gm):
    log_in(gm)
    assert page.locator(".navbar-vertical .nav-link .badge").inner_text() == "1"
    page.goto(f"{live_server.url}/approvals/")
    page.locator("main table a").first.click()
    page.locator("[name=comment]").fill("同意")
    page.locator("button[value=approve]").click()
    page.wait_for_selector(".alert-success")

    asked.refresh_from_db()
    assert asked.status == "approved"
    assert "同意" in page.locator("main").inner_text()


def test_no_page_scrolls_sideways_on_a_phone(page, log_in, live_server, asked, gm):
    log_in(gm)
    page.set_viewport_size(PHONE)
    wide = []
    for address in (
        "/approvals/?show=all",
        asked.get_absolute_url(),
        "/approvals/routes/",
        "/approvals/routes/new/approvals.route/",
        "/approvals/deputies/",
    ):
        page.goto(f"{live_server.url}{address}")
        if sideways(page) > 0:
            wide.append(address)

    assert wide == []
