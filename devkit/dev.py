"""`make run`: services, migrations, demo data, then web + worker + beat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from . import embedded

COLOURS = {"web": 36, "worker": 32, "beat": 35}


class Group:
    """A few child processes; their lines prefixed; all stopped together."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen] = {}
        self.tty = sys.stdout.isatty()

    def start(self, name: str, *argv: str) -> None:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=embedded.ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.children[name] = child
        threading.Thread(target=self._copy, args=(name, child.stdout), daemon=True).start()

    def _copy(self, name: str, stream) -> None:
        label = f"{name:<7}| "
        if self.tty:
            label = f"\x1b[{COLOURS[name]}m{label}\x1b[0m"
        for line in stream:
            sys.stdout.write(label + line.decode(errors="replace"))
            sys.stdout.flush()

    def ended(self) -> str | None:
        return next((n for n, c in self.children.items() if c.poll() is not None), None)

    def stop(self, timeout: float = 10) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + timeout
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def say(text: str) -> None:
    print(f"kam    | {text}", flush=True)


def main() -> int:
    stop = threading.Event()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, lambda *_: stop.set())
    manage = [sys.executable, "manage.py"]
    host = os.environ.get("KAM_BIND", "127.0.0.1:8000")
    t0 = time.monotonic()
    try:
        with embedded.services("dev") as env:
            os.environ.update(env)
            say(f"services up after {time.monotonic() - t0:.1f} s")
            subprocess.run(
                [*manage, "prepare"], check=True, cwd=embedded.ROOT, start_new_session=True
            )
            if stop.is_set():
                return 0
            group = Group()
            try:
                celery = [sys.executable, "-m", "celery", "-A", "kam"]
                group.start(
                    "web",
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "kam.wsgi",
                    "-b",
                    host,
                    "--workers",
                    "1",
                    "--threads",
                    "8",
                    "--no-control-socket",
                )
                group.start("worker", *celery, "worker", "-l", "info", "-c", "2")
                group.start(
                    "beat",
                    *celery,
                    "beat",
                    "-l",
                    "info",
                    "-s",
                    str(embedded.RUN_DIR / "dev" / "beat"),
                    "--pidfile=",
                )
                say(f"open http://{host}/ (after {time.monotonic() - t0:.1f} s); Ctrl-C stops all")
                while not stop.wait(0.3):
                    if name := group.ended():
                        say(f"{name} ended by itself: stopping the rest")
                        return 1
                say("stopping")
                return 0
            finally:
                group.stop()
    except embedded.Busy as error:
        say(f"{error}: stop that one first")
        return 1
    except (embedded.ServiceError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
