"""pytest plugin (-p devkit.pytest_embedded in pyproject): services for the tests.

A plain `pytest` works.  The services start in the controlling process only,
before pytest-django reads the settings (a wrapper runs before every other
implementation of the hook); xdist's workers inherit the variables.
"""

import atexit
import contextlib
import os
import signal
import sys

import pytest

from . import embedded

_stack = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    options = early_config.known_args_namespace
    if "PYTEST_XDIST_WORKER" not in os.environ and not (options.help or options.version):
        os.environ.update(_stack.enter_context(embedded.services("test", throwaway=True)))
        atexit.register(_stack.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a CI's time-out: clean up too
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    _stack.close()
