import os
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.pytest_embedded import worker_redis_url

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("url", "worker", "expected"),
    [
        ("redis://:secret@127.0.0.1:6379/0", "gw0", "redis://:secret@127.0.0.1:6379/1"),
        ("redis://127.0.0.1:6379/0", "gw11", "redis://127.0.0.1:6379/12"),
        ("redis://127.0.0.1:6379", "gw1", "redis://127.0.0.1:6379/2"),
    ],
)
def test_each_worker_has_a_redis_database_of_its_own(url, worker, expected):
    assert worker_redis_url(url, worker) == expected


BROWSER_TEST = """
import pytest

@pytest.mark.browser
def test_in_a_browser():
    pass

def test_without_one():
    pass
"""


def run_tests(tmp_path, **environment):
    """pytest on a test with a browser and one without, on a machine that has none."""
    (tmp_path / "test_it.py").write_text(BROWSER_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "CI"},
        "PATH": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "KAM_CHROMIUM": "",
        **environment,
    }
    plugins = ["--disable-plugin-autoload", "-p", "devkit.pytest_embedded"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_without_a_chromium_the_browser_tests_are_left_out_loudly(tmp_path):
    done = run_tests(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 deselected" in done.stdout
    assert "NO CHROMIUM FOUND" in done.stdout


def test_without_a_chromium_a_ci_fails(tmp_path):
    done = run_tests(tmp_path, CI="true")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no Chromium" in done.stdout + done.stderr


def test_a_chromium_that_is_named_is_taken(tmp_path):
    done = run_tests(tmp_path, CI="true", KAM_CHROMIUM="/some/chromium")

    assert "2 passed" in done.stdout
    assert "NO CHROMIUM" not in done.stdout
