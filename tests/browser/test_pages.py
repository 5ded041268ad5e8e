"""Every page in a real browser: no complaint, no sideways scrolling on a phone, basic access."""

import pytest

from tests.browser.conftest import PHONE
from tests.factories import make_order
from tiering import services
from tiering.models import TierRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What somebody who cannot see the page, or the mouse, would miss.
UNNAMED = """() => [
  ...[...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(
    (e) => e.type !== 'submit' && !e.labels?.length && !e.ariaLabel && !e.title
      && !e.getAttribute('aria-labelledby') && e.tabIndex >= 0),
  ...[...document.querySelectorAll('img:not([alt])')],
  ...[...document.querySelectorAll('button, a[href]')].filter(
    (e) => !e.textContent.trim() && !e.ariaLabel && !e.title && !e.querySelector('img[alt]')),
].map((e) => e.outerHTML.slice(0, 150))"""
DESK = {"width": 1440, "height": 900}
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def filled(ledger):
    """A recomputed ledger with an open order, so that no page is empty."""
    make_order(ledger[0], "2026-10-01", order_number="SO-1", status="open")
    run = services.recompute(
        ledger[0].orders.latest("ordered_on").ordered_on,
        actor=None,
        trigger=TierRun.Trigger.COMMAND,
    )
    return {
        "director": [
            "/",
            "/sales-trend/",
            "/me/",
            "/accounts/",
            "/accounts/new/",
            "/accounts/filters/",
            "/accounts/views/",
            "/accounts/import/",
            "/accounts/duplicates/",
            "/accounts/K1/",
            "/accounts/K1/edit/",
            "/orders/",
            "/orders/SO-1/",
            "/products/",
            "/tiers/",
            "/tiers/?r=5&f=5",
            "/tiers/movers/",
            "/tiers/runs/",
            f"/tiers/runs/{run.pk}/",
            "/tiers/policies/",
            "/tiers/policies/1/",
            "/tiers/designations/",
            "/tiers/standards/",
            "/today/",
            "/notifications/",
            "/visits/",
            "/visits/new/",
            "/visits/list/",
            "/visits/coverage/",
            "/complaints/",
            "/complaints/new/",
            "/complaints/summary/",
            "/needs/",
            "/needs/board/",
            "/prospects/",
            "/handover/",
            "/mailings/",
            "/mailings/new/",
            "/approvals/",
            "/auth/2fa/",
            "/auth/password/change/",
        ],
        "sysadmin": ["/", "/tokens/", "/audit/", "/admin/"],
    }


def walk(page, live_server, paths):
    """What is wrong with each page, on a desk and on a phone."""
    problems = {}
    for path in paths:
        page.set_viewport_size(DESK)
        answer = page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        found = [f"status {answer.status}"] if answer.status != 200 else []
        if not page.title() or page.locator("h1").count() != 1:
            found.append(f"title {page.title()!r}, {page.locator('h1').count()} h1")
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            if page.evaluate(OVERFLOW) > 0:
                found.append(f"{page.evaluate(OVERFLOW)} px too wide for {size['width']}")
        if not path.startswith("/admin/"):
            found += page.evaluate(UNNAMED)
        if found:
            problems[path] = found
    return problems


@pytest.mark.parametrize("role", ["director", "sysadmin"])
def test_every_page_is_whole(role, page, live_server, log_in, filled, request):
    log_in(request.getfixturevalue({"director": "diana"}.get(role, role)))

    assert walk(page, live_server, filled[role]) == {}


def test_pages_for_who_is_not_logged_in_are_whole(page, live_server, db):
    assert walk(page, live_server, ["/auth/login/", "/auth/password/reset/"]) == {}
