"""`make run`, whole: from an empty folder to the log-in page, and away again."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from devkit.embedded import free_port
from tests.devkit.test_services import wait_until_gone

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.trust
def test_make_run_serves_the_login_page_and_leaves_nothing_behind(tmp_path):
    bind = f"127.0.0.1:{free_port()}"
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"KAM_RUN_DIR": str(tmp_path), "KAM_BIND": bind}
    subprocess.run(["make", "build/collected.stamp"], cwd=ROOT, check=True)
    with subprocess.Popen(
        [sys.executable, "-m", "devkit.dev"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        seen = []
        for line in supervisor.stdout:
            seen.append(line)
            if f"open http://{bind}/" in line:
                break

        with urllib.request.urlopen(f"http://{bind}/") as page:
            assert "csrfmiddlewaretoken" in page.read().decode()
        known = json.loads((tmp_path / "dev" / "env.json").read_text())
        for name in ("web", "worker", "beat"):
            check = [sys.executable, "-m", "devkit.processes", "healthy", name]
            assert subprocess.run(check, cwd=ROOT, env=env | known).returncode == 0, name
        assert any("wang.jun" in line for line in seen)
        supervisor.send_signal(signal.SIGTERM)
        supervisor.stdout.read()

    assert supervisor.returncode == 0
    assert wait_until_gone(tmp_path)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://{bind}/")


@pytest.mark.trust
def test_when_one_process_dies_everything_stops_with_1(tmp_path):
    bind = f"127.0.0.1:{free_port()}"
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"KAM_RUN_DIR": str(tmp_path), "KAM_BIND": bind}
    with subprocess.Popen(
        [sys.executable, "-m", "devkit.dev"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        for line in supervisor.stdout:
            if f"open http://{bind}/" in line:
                break
        out = subprocess.check_output(["ps", "-o", "pid=,args=", "--ppid", str(supervisor.pid)])
        beat = next(line for line in out.decode().splitlines() if " beat " in line)

        os.kill(int(beat.split()[0]), signal.SIGKILL)
        rest = supervisor.stdout.read()

    assert "beat ended by itself" in rest
    assert supervisor.returncode == 1
    assert wait_until_gone(tmp_path)
