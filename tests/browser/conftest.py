"""A browser whose complaints fail the test: errors on the console, violations of the CSP."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.factories import PASSWORD, make_account, make_order

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
QUIET = ("status of 422", "status of 404", "status of 403")  # answers that a test asks for


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": WIDE}


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not any(quiet in message.text for quiet in QUIET)
            else None
        ),
    )
    page.set_default_timeout(15_000)
    yield page
    # What a page still asks for would stand in the way of emptying the database.
    if not page.is_closed():
        page.wait_for_load_state("networkidle")
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
