"""`make run`: services, migrations, demo data, then web + worker + beat.

gunicorn and Celery replace a child of theirs that dies. When one of the three processes itself
ends, the others are stopped and `make run` ends with 1, so that nothing runs half.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import IO

from . import processes
from .embedded import ServiceError
from .services import ROOT, STOPPING, run_dir, services

COLOURS = {"web": 36, "worker": 32, "beat": 35}


class Group:
    """A few child processes; their lines prefixed; all stopped together."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.tty = sys.stdout.isatty()

    def start(self, name: str, argv: list[str]) -> None:
        """Start one in a session of its own: Ctrl-C reaches the supervisor only."""
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.children[name] = child
        threading.Thread(target=self._copy, args=(name, child.stdout), daemon=True).start()

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        label = f"{name:<7}| "
        if self.tty:
            label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
        for line in stream:
            sys.stdout.write(label + line.decode(errors="replace"))
            sys.stdout.flush()

    def ended(self) -> str | None:
        """The name of one that has ended."""
        return next((n for n, c in self.children.items() if c.poll() is not None), None)

    def stop(self, timeout: float = 10) -> None:
        """Ask all to end, then kill what is left, grandchildren included."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + timeout
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def say(text: str) -> None:
    """Print lines of our own."""
    for line in text.splitlines():
        print(f"kam    | {line}", flush=True)


def refuse_taken_port(address: str) -> None:
    """Raise when something listens there already."""
    host, _, port = address.rpartition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host or "0.0.0.0", int(port)))
        except OSError as error:
            raise ServiceError(f"{address}: {error.strerror}; choose another KAM_BIND") from None


def prepare(stop: threading.Event) -> str:
    """Migrations and demo data; returns the lines that say who can log in."""
    argv = [*processes.command("prepare"), "--demo"]
    child = subprocess.Popen(
        argv, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True, text=True
    )
    while child.poll() is None and not stop.wait(0.1):
        pass
    if child.poll() is None:
        child.terminate()
    out, _ = child.communicate()
    if child.returncode and not stop.is_set():
        raise ServiceError(f"preparing the database failed with {child.returncode}")
    return out


def wait_for_web(group: Group, stop: threading.Event) -> bool:
    """Whether the web process has begun to answer; False when one ended or we shall stop."""
    while not group.ended() and not stop.wait(0.5):
        try:
            processes.HEALTHY["web"]()
        except OSError as error:
            if hasattr(error, "code"):  # an HTTP answer, if not a good one
                return True
        else:
            return True
    return False


def supervise(stop: threading.Event, begun: float) -> int:
    """Run the processes until a signal comes or one of them ends."""
    refuse_taken_port(processes.bind())
    say(f"services up after {time.monotonic() - begun:.1f} s; preparing the database")
    log_ins = prepare(stop)
    if stop.is_set():
        return 0
    group = Group()
    try:
        for process in COLOURS:
            group.start(process, [sys.executable, "-m", "devkit.processes", process])
        if wait_for_web(group, stop):
            say(log_ins)
            took = time.monotonic() - begun
            say(f"open http://{processes.bind()}/ (after {took:.1f} s); Ctrl-C stops all")
        while not stop.wait(0.3):
            if name := group.ended():
                say(f"{name} ended by itself: stopping the rest")
                return 1
        say("stopping")
        return 0
    finally:
        group.stop()


def main() -> int:
    """Start everything; 0 when a signal ended it, 1 when something failed."""
    stop = threading.Event()
    for number in STOPPING:
        signal.signal(number, lambda *_: stop.set())
    begun = time.monotonic()
    try:
        with services("dev") as env:
            os.environ.update(env)
            os.environ["KAM_RUN_DIR"] = str(run_dir())
            return supervise(stop, begun)
    except ServiceError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
