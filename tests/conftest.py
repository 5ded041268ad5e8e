"""The cast, the REST client and the browser.

Anna manages account K1. Boris manages others and must never see K1. Diana heads the key-account
department and sees all. The gm approves. Ada keeps the archives. Sys runs the system and sees no
business data. Fiona is finance.
"""

import os
import shutil
from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import make_account, make_token, make_user

# Playwright's loop lives in the thread of the tests; the ORM is used beside it, not inside.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_LEFT_OUT = pytest.StashKey[int]()
NO_BROWSER = "browser tests NOT RUN: no Chromium found (install one, or set CHROMIUM)"


@pytest.fixture
def anna(db):
    return make_user("anna", "account_manager", full_name="Anna")


@pytest.fixture
def boris(db):
    return make_user("boris", "account_manager", full_name="Boris")


@pytest.fixture
def diana(db):
    return make_user("diana", "ka_director", full_name="Diana")


@pytest.fixture
def gm(db):
    return make_user("gm", "gm", full_name="Gong")


@pytest.fixture
def admin_staff(db):
    return make_user("ada", "admin_staff", full_name="Ada")


@pytest.fixture
def sysadmin(db):
    return make_user("sys", "sysadmin", full_name="Sys")


@pytest.fixture
def fiona(db):
    return make_user("fiona", "finance", full_name="Fiona")


@pytest.fixture
def k1(anna):
    return make_account(account_number="K1", name="华锐科技有限公司", manager=anna)


@pytest.fixture
def api(db) -> Callable[..., Client]:
    """`api("orders:read")` is a REST client whose token has these scopes."""

    def client(*scopes: str) -> Client:
        return Client(headers={"Authorization": f"Bearer {make_token(*scopes)}"})

    return client


# --- the browser


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


def _needs_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CHROMIUM or os.environ.get("CI") == "true":
        return
    left_out = [item for item in items if _needs_browser(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _needs_browser(item)]
        config.stash[_LEFT_OUT] = len(left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if _needs_browser(item) and not CHROMIUM:
        pytest.fail(NO_BROWSER, pytrace=False)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if number := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.section("WARNING", sep="!", red=True, bold=True)
        terminalreporter.line(f"{number} {NO_BROWSER}", red=True, bold=True)
