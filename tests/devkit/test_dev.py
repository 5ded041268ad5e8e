"""The supervisor of `make run`, with small stand-ins for the three processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit import dev
from devkit.embedded import ServiceError

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True);"
    "time.sleep(60)",
]


@pytest.fixture
def group():
    group = dev.Group()
    yield group
    group.stop(timeout=0.1)
    for child in group.children.values():
        child.stdout.close()


def wait_for(text, capsys):
    seen = ""
    deadline = time.monotonic() + 60
    while text not in seen and time.monotonic() < deadline:
        time.sleep(0.02)
        seen += capsys.readouterr().out
    return seen


def test_a_process_that_ends_is_noticed_by_name(group):
    group.start("web", SLEEP)
    group.start("beat", [sys.executable, "-c", "raise SystemExit(3)"])
    group.children["beat"].wait(timeout=60)

    assert group.ended() == "beat"


def test_stopping_ends_all_even_one_that_does_not_listen(group, capsys):
    group.start("web", SLEEP)
    group.start("worker", DEAF)
    wait_for("worker | up", capsys)

    group.stop(timeout=2)

    codes = {name: child.returncode for name, child in group.children.items()}
    assert codes == {"web": -signal.SIGTERM, "worker": -signal.SIGKILL}


def test_lines_carry_the_name_of_their_process(group, capsys):
    group.start("worker", SLEEP)

    assert "worker | up" in wait_for("up", capsys)


def test_a_taken_port_is_named_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ServiceError, match="KAM_BIND"):
            dev.refuse_taken_port(address)


def test_with_services_passes_the_exit_code_and_the_variables_on(tmp_path):
    code = "import os; raise SystemExit(7 if os.environ['DATABASE_URL'] else 1)"
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}

    done = subprocess.run(
        [sys.executable, "-m", "devkit.with_services", sys.executable, "-c", code],
        env={**env, "KAM_RUN_DIR": str(tmp_path)},
        cwd=ROOT,
        timeout=180,
    )

    assert done.returncode == 7
