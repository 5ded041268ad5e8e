"""Every page in a real browser: no complaint, no sideways scrolling on a phone, basic access."""

import pytest
from django.utils import timezone

from accounts.services.imports import start_import
from accounts.services.merge import merge_accounts
from tests.browser.conftest import PHONE, TOO_WIDE_BY, comes_true, settle, sideways
from tests.factories import make_account, make_order
from tiering import services
from tiering.models import TierPolicy, TierRun

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
SIDEWAYS = """() => [...document.querySelectorAll('.table-responsive')].filter(
    (e) => e.scrollWidth > e.clientWidth).length"""


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
        "finance": [
            "/orders/export/",
            "/exchange-rates/",
            "/credit/",
            "/credit/limits/",
            "/credit/limits/export/",
            "/credit/policies/",
            "/credit/policies/checks/new/",
            "/credit/accounts/K1/",
            "/credit/accounts/K1/apply/",
            "/credit/disputes/",
            "/credit/write-offs/",
            "/credit/legal-cases/",
            "/credit/receivables/",
            "/credit/receivables/open/",
            "/credit/receivables/payers/",
            "/credit/receivables/export/",
            "/credit/invoices/",
            "/credit/payments/",
            "/credit/statements/K1/",
            "/credit/reviews/",
            "/credit/supervision/",
            "/credit/supervision/overdue/",
            "/credit/supervision/budget/",
            "/credit/supervision/ceiling/",
        ],
    }


@pytest.fixture
def archived(filled, ledger, diana):
    """The pages that bring accounts in and out, put them together and try out a policy."""
    other = make_account(account_number="OLD", name="上海华锐科技股份有限公司", phone="021-1234567")
    taken = merge_accounts(ledger[1], make_account(account_number="GONE"), actor=diana)
    text = "客户编号,客户名称,客户经理\nN1,上海华锐科技,\nK1,上海华锐新材料有限公司,nobody\n"
    batch = start_import("客户.csv", text.encode(), actor=diana)
    TierPolicy.objects.create(version=2, effective_from=timezone.localdate())
    return [
        "/accounts/export/",
        "/accounts/exports/",
        "/accounts/exports/more/",
        "/accounts/openings/",
        f"/accounts/import/{batch.pk}/",
        f"/accounts/merge/?survivor=K1&absorbed={other.account_number}",
        "/accounts/merges/",
        f"/accounts/merges/{taken.pk}/",
        "/tiers/policies/new/",
        "/tiers/policies/2/",
        "/tiers/policies/2/preview/",
    ]


def fits(page):
    """Whether nothing is wider than the window, once charts have drawn themselves anew."""
    return comes_true(page, f"{TOO_WIDE_BY} <= 0")


def walk(page, live_server, paths):
    """What is wrong with each page, on a desk and on a phone."""
    problems = {}
    for path in paths:
        page.set_viewport_size(DESK)
        answer = page.goto(live_server.url + path)
        settle(page)
        found = [f"status {answer.status}"] if answer.status != 200 else []
        if not page.title() or page.locator("h1").count() != 1:
            found.append(f"title {page.title()!r}, {page.locator('h1').count()} h1")
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            if not fits(page):
                found.append(f"{sideways(page)} px too wide for {size['width']}")
        if not path.startswith("/admin/"):
            found += page.evaluate(UNNAMED)
        if found:
            problems[path] = found
    return problems


@pytest.mark.parametrize("role", ["director", "sysadmin", "finance"])
def test_every_page_is_whole(role, page, live_server, log_in, filled, request):
    log_in(request.getfixturevalue({"director": "diana", "finance": "fiona"}.get(role, role)))

    assert walk(page, live_server, filled[role]) == {}


def test_pages_that_bring_in_take_out_and_put_together_are_whole(
    page, live_server, log_in, archived, diana
):
    log_in(diana)

    assert walk(page, live_server, archived) == {}


@pytest.mark.parametrize(
    "path",
    ["/accounts/", "/orders/", "/orders/SO-1/", "/tiers/standards/", "/tiers/standards/new/"],
)
def test_a_list_is_read_on_a_phone_without_moving_it_sideways(
    path, page, live_server, log_in, filled, diana
):
    log_in(diana)
    page.set_viewport_size(PHONE)

    page.goto(live_server.url + path)

    assert page.locator("td[data-label]").count() > 0
    assert page.evaluate(SIDEWAYS) == 0


def test_what_is_not_there_and_what_one_may_not_see_are_whole_pages(
    page, live_server, log_in, ledger, anna
):
    log_in(anna)

    found = walk(page, live_server, ["/accounts/NOPE/", "/tokens/"])

    assert found == {"/accounts/NOPE/": ["status 404"], "/tokens/": ["status 403"]}


def test_the_description_of_the_api_works_under_the_policy_of_our_pages(
    page, live_server, log_in, diana
):
    log_in(diana)

    page.goto(f"{live_server.url}/api/v1/docs/")

    page.get_by_text("/api/v1/orders/bulk/").first.wait_for()


def test_pages_for_who_is_not_logged_in_are_whole(page, live_server, db):
    assert walk(page, live_server, ["/auth/login/", "/auth/password/reset/"]) == {}
