"""The command lines of our processes, in one place.

`python -m devkit.processes web` becomes that process. `make run` and docker-compose.yml
start it so, hence what runs on a desk and what runs on a server are the same commands.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BEAT_SILENCE = 600  # seconds; beat writes its schedule file at least every 180
PYTHON = sys.executable
CELERY = [PYTHON, "-m", "celery", "-A", "kam"]


def bind() -> str:
    """The address that the web process listens on."""
    return os.environ.get("KAM_BIND") or "127.0.0.1:8000"


def schedule_file() -> Path:
    """Where beat remembers what it has sent."""
    return Path(os.environ.get("KAM_RUN_DIR") or tempfile.gettempdir()) / "beat-schedule"


def command(name: str) -> list[str]:
    """The argv of one process: "prepare", "web", "worker" or "beat"."""
    web = ["-m", "gunicorn", "kam.wsgi", "--bind", bind(), "--worker-class", "gthread"]
    web += ["--threads", "8", "--timeout", "120", "--no-control-socket"]
    beat = ["beat", "--loglevel", "info", "--schedule", str(schedule_file()), "--pidfile="]
    commands = {
        "prepare": [PYTHON, "manage.py", "prepare"],
        "web": [PYTHON, *web],  # WEB_CONCURRENCY processes
        "worker": [*CELERY, "worker", "--loglevel", "info", "--concurrency", "2"],
        "beat": [*CELERY, *beat],
    }
    return commands[name]


def _web_answers() -> bool:
    host, _, port = bind().rpartition(":")
    address = "127.0.0.1" if host in ("", "0.0.0.0") else host
    known = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "localhost"
    request = urllib.request.Request(
        f"http://{address}:{port}/health/", headers={"Host": known, "X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.status == 200


def _worker_answers() -> bool:
    import socket
    import subprocess

    ping = [*CELERY, "inspect", "ping", "--timeout", "5", "-d", f"celery@{socket.gethostname()}"]
    return subprocess.run(ping, stdout=subprocess.DEVNULL).returncode == 0


def _beat_beats() -> bool:
    files = schedule_file().parent.glob(schedule_file().name + "*")
    return any(time.time() - file.stat().st_mtime < BEAT_SILENCE for file in files)


HEALTHY = {"web": _web_answers, "worker": _worker_answers, "beat": _beat_beats}


def main(argv: list[str]) -> int:
    """`<process> [arguments]` becomes that process; `healthy <process>` says 0 or 1."""
    if argv[0] == "healthy":
        return 0 if HEALTHY[argv[1]]() else 1
    os.environ.setdefault("WEB_CONCURRENCY", "2")
    # Bodies of megabytes go back to the system when a call ends, whichever thread had them.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "1048576")
    line = command(argv[0]) + argv[1:]
    return os.execv(line[0], line)  # does not come back


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
