"""The cast, the REST client and the browser.

Anna manages account K1. Boris manages others and must never see K1. Diana heads the key-account
department and sees all. The gm approves. Ada keeps the archives. Sys runs the system and sees no
business data. Fiona is finance.
"""

import gc
import os
import string
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.middleware import csrf
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings

from devkit.pytest_embedded import chromium
from tests import flush, template
from tests.factories import make_account, make_token, make_user

# Playwright's loop lives in the thread of the tests; the ORM is used beside it, not inside.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A token on a page must not happen to hold the "K1" that a test is glad not to find there.
csrf.CSRF_ALLOWED_CHARS = string.ascii_lowercase

TEMPLATE = pytest.StashKey[subprocess.Popen[bytes]]()

# How fast the machine is decides over no test. In CI the same examples are tried every time.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("house")


# --- the database


def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    config.stash[TEMPLATE] = template.start()


def pytest_xdist_node_collection_finished(node: Any) -> None:
    if node.config.stash[TEMPLATE].wait():
        pytest.exit("the migrations failed", returncode=3)


@pytest.hookimpl(trylast=True)  # the workers have gone by then
def pytest_sessionfinish(session: pytest.Session) -> None:
    if made := session.config.stash.get(TEMPLATE, None):
        made.wait()
        template.drop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix):
    """A worker copies its database; without workers the tests migrate their own."""
    if hasattr(request.config, "workerinput"):
        template.use()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A test that commits is cleaned up after by `tests.flush` instead of Django's flush."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        flush.keep()
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda self: flush.restore())
        yield


@pytest.fixture(scope="module", autouse=True)
def trim(django_db_blocker):
    yield
    if connection.connection:  # else these tests did nothing to the database, or cleaned it up
        with django_db_blocker.unblock():
            flush.trim()


def _person(username: str, role: str, full_name: str) -> Any:
    @pytest.fixture
    def person(db):
        return make_user(username, role, full_name=full_name)

    return person


anna = _person("anna", "account_manager", "Anna")
boris = _person("boris", "account_manager", "Boris")
diana = _person("diana", "ka_director", "Diana")
gm = _person("gm", "gm", "Gong")
admin_staff = _person("ada", "admin_staff", "Ada")
sysadmin = _person("sys", "sysadmin", "Sys")
fiona = _person("fiona", "finance", "Fiona")


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
        "executable_path": chromium(),
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


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
