"""A browser whose complaints fail the test: errors on the console, violations of the CSP."""

import time
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Page, Request

from tests.factories import PASSWORD, make_account, make_order

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE_BY = "document.documentElement.scrollWidth - innerWidth"
ASKED_FOR = ("status of 422", "status of 404", "status of 403")  # answers that a test asks for

_under_way: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


def watch(page: Page) -> None:
    """Keep account of what the page asks for and has no answer to yet."""
    open_requests = _under_way[page] = set()

    def asked(request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            open_requests.clear()  # with the page before goes what it asked for
        open_requests.add(request)

    page.on("request", asked)
    page.on("requestfinished", lambda request: open_requests.discard(request))
    page.on("requestfailed", lambda request: open_requests.discard(request))


def settle(page: Page) -> None:
    """Wait until the page asks for nothing any more, for a moment.

    As "networkidle", which lasts half a second each time and knows only the first time.
    """
    end = time.monotonic() + 15
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 0.15:
        page.wait_for_timeout(25)
        if _under_way[page]:
            quiet_since = time.monotonic()
            assert quiet_since < end, [request.url for request in _under_way[page]]
    page.wait_for_load_state()


def comes_true(page: Page, expression: str) -> bool:
    """Whether it is true of the page within some seconds.

    Not `wait_for_function`, which after its first look asks the page to evaluate a text: that is
    against the CSP.
    """
    end = time.monotonic() + 5
    while not page.evaluate(expression):
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(50)
    return True


def sideways(page: Page) -> int:
    """How many px of the page stand beside the window, once all of it is there."""
    settle(page)
    return page.evaluate(TOO_WIDE_BY)


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": WIDE}


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    complaints: list[str] = []
    watch(page)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not any(status in message.text for status in ASKED_FOR)
            else None
        ),
    )
    page.set_default_timeout(15_000)
    yield page
    # What a page still asks for would stand in the way of emptying the database.
    if not page.is_closed():
        settle(page)
    assert not complaints


@pytest.fixture
def log_in(page: Page, live_server):
    """`log_in(user)` fills in the form in Chinese and arrives where people begin."""

    def log_in(user) -> None:
        page.goto(f"{live_server.url}/auth/login/")
        page.locator("[name=login]").fill(user.username)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("button.btn-primary").click()
        page.wait_for_url(lambda url: "/auth/login/" not in url)

    return log_in


@pytest.fixture
def ledger(anna):
    """Four accounts of Anna's with a year of orders, none of them recomputed."""
    names = [
        "上海华锐科技有限公司",
        "北京云帆物流有限公司",
        "宁波天工机械有限公司",
        "成都恒泰电子有限公司",
    ]
    accounts = [
        make_account(account_number=f"K{n}", name=name, manager=anna)
        for n, name in enumerate(names, start=1)
    ]
    for n, account in enumerate(accounts, start=1):
        for month in range(1, 1 + 2 * n):
            make_order(account, f"2026-{month:02}-10", 10_000 * n)
    return accounts
