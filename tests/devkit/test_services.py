"""The embedded servers, as real processes: started, found stale, stopped by signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
import redis

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import json, signal, sys, threading
from devkit.services import services
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with services(sys.argv[1], throwaway=sys.argv[2] == "throwaway") as env:
    print(json.dumps(env), flush=True)
    stop.wait()
"""


@pytest.fixture
def holder(tmp_path):
    """Starts processes that hold services under tmp_path; kills what is left at the end."""
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"KAM_RUN_DIR": str(tmp_path)}
    env.pop("SECRET_KEY", None)
    started = []

    def start(name="dev", kind="kept"):
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD, name, kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.terminate()
        child.communicate(timeout=120)
    for pid in servers_under(tmp_path):
        os.kill(pid, signal.SIGKILL)


def servers_under(folder: Path) -> list[int]:
    """The pids of live processes that name this folder on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()[0]
            if stat != "Z" and str(folder) in (path / "cmdline").read_text():
                found.append(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def environment(child) -> dict[str, str]:
    line = child.stdout.readline()
    assert line, child.stderr.read()
    return json.loads(line)


def wait_until_gone(folder: Path) -> bool:
    deadline = time.monotonic() + 60
    while servers_under(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not servers_under(folder)


def test_both_servers_answer_and_chinese_text_has_trigrams(holder):
    env = environment(holder())

    connection = psycopg2.connect(env["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_trgm")
        cursor.execute("SELECT similarity('上海华锐科技', '华锐科技')")
        assert cursor.fetchone()[0] > 0.3
    connection.close()
    with redis.Redis.from_url(env["REDIS_URL"]) as client:
        assert client.ping()
    assert len(env["SECRET_KEY"]) > 50


def test_three_signals_in_a_row_leave_no_process_behind(holder, tmp_path):
    child = holder()
    environment(child)

    for _ in range(3):
        child.send_signal(signal.SIGTERM)

    assert child.wait(timeout=120) == 0
    assert wait_until_gone(tmp_path)
    assert not (tmp_path / "dev" / "env.json").exists()


def test_a_second_holder_is_refused(holder, tmp_path):
    environment(holder())

    second = holder()

    assert second.wait(timeout=120) != 0
    assert f"already running in {tmp_path}" in second.stderr.read()


def test_a_second_throwaway_holder_works_elsewhere(holder):
    first = environment(holder("test", "throwaway"))

    second = environment(holder("test", "throwaway"))

    assert first["DATABASE_URL"] != second["DATABASE_URL"]


def test_after_a_kill_the_next_start_stops_the_leftovers_and_keeps_the_data(holder, tmp_path):
    first = holder()
    env = environment(first)
    connection = psycopg2.connect(env["DATABASE_URL"])
    connection.autocommit = True
    connection.cursor().execute("CREATE TABLE kept AS SELECT 42 AS answer")
    connection.close()
    orphans = set(servers_under(tmp_path))
    first.kill()
    first.wait()
    assert orphans & set(servers_under(tmp_path))

    again = environment(holder())

    assert not orphans & set(servers_under(tmp_path))
    connection = psycopg2.connect(again["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchone() == (42,)
    connection.close()
    assert again["SECRET_KEY"] == env["SECRET_KEY"]


def test_a_stale_pid_file_that_names_another_program_is_dropped(holder, tmp_path):
    first = holder()
    environment(first)
    first.terminate()
    first.wait(timeout=120)
    (tmp_path / "dev" / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    assert "DATABASE_URL" in environment(holder())


def test_secrets_are_readable_by_their_owner_only(holder, tmp_path):
    environment(holder())

    for name in ("env.json", "secret_key", ".pg.secret", "valkey/valkey.conf"):
        assert (tmp_path / "dev" / name).stat().st_mode & 0o077 == 0
