"""pytest plugin (-p devkit.pytest_embedded in pyproject): services and browser for the tests.

A plain `python -m pytest` works. The services start in the controlling process only, before
pytest-django reads the settings (a wrapper runs before every other implementation of the hook);
xdist's workers inherit the variables, and each takes a Redis database of its own as
pytest-django gives it a PostgreSQL one.
"""

import atexit
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Generator
from typing import Any

import pytest

from .services import services

_stack = contextlib.ExitStack()
# Nothing works beside the tests: tables that hold no committed rows would be taken for empty from
# some moment on, and then the same query has another plan, which may take seconds.
STILL = {"autovacuum": "off"}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The Chromium of this machine, or of KAM_CHROMIUM."""
    return os.environ.get("KAM_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def worker_redis_url(url: str, worker: str) -> str:
    """The URL of the Redis database for one xdist worker: gw0 takes 1, gw1 takes 2."""
    return re.sub(r"/\d*$", "", url) + f"/{int(worker.removeprefix('gw')) + 1}"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    options = early_config.known_args_namespace
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["REDIS_URL"] = worker_redis_url(os.environ["REDIS_URL"], worker)
    elif not (options.help or options.version):
        started = services("test", throwaway=True, postgres=STILL)
        os.environ.update(_stack.enter_context(started))
        atexit.register(_stack.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a CI's time-out: clean up too
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stack.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a Chromium: leave the browser tests out, or fail where CI=true."""
    browser = [item for item in items if item.get_closest_marker("browser")]
    if not browser or chromium():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError("CI=true, and no Chromium: the browser tests cannot run")
    config.hook.pytest_deselected(items=browser)
    items[:] = [item for item in items if item not in browser]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """In the controlling process, which need not have collected anything itself."""
    if not chromium():
        terminalreporter.section("WARNING", sep="!", red=True, bold=True)
        terminalreporter.line(
            "NO CHROMIUM FOUND: the browser tests did NOT run. Install one, or set KAM_CHROMIUM.",
            red=True,
            bold=True,
        )
