import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from devkit import processes


@pytest.mark.parametrize("name", ["prepare", "web", "worker", "beat"])
def test_every_process_has_a_command_of_this_python(name):
    assert processes.command(name)[0] == sys.executable


def test_the_web_process_listens_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("KAM_BIND", "0.0.0.0:8123")

    assert "0.0.0.0:8123" in processes.command("web")


@pytest.mark.parametrize(("age", "healthy"), [(0, 0), (590, 0), (610, 1)])
def test_beat_is_healthy_while_it_writes_its_schedule(monkeypatch, tmp_path, age, healthy):
    monkeypatch.setenv("KAM_RUN_DIR", str(tmp_path))
    schedule = tmp_path / "beat-schedule.db"
    schedule.touch()
    os.utime(schedule, (time.time() - age, time.time() - age))

    assert processes.main(["healthy", "beat"]) == healthy


def test_beat_without_a_schedule_is_not_healthy(monkeypatch, tmp_path):
    monkeypatch.setenv("KAM_RUN_DIR", str(tmp_path))

    assert processes.main(["healthy", "beat"]) == 1


def test_the_web_check_asks_as_a_browser_of_an_allowed_host_would(monkeypatch):
    seen = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.update(host=self.headers["Host"], path=self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("KAM_BIND", f"0.0.0.0:{server.server_port}")
    monkeypatch.setenv("ALLOWED_HOSTS", ".crm.example,localhost")
    try:
        assert processes.main(["healthy", "web"]) == 0
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert seen == {"host": "crm.example", "path": "/health/"}
