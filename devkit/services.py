"""The surroundings of a process: what the environment does not name is started or made here."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .embedded import Postgres, Server, ServiceError, Valkey

ROOT = Path(__file__).resolve().parent.parent
STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Busy(ServiceError):  # noqa: N818
    """Somebody else holds these services."""


def run_dir() -> Path:
    """Where data, locks and secrets of the embedded servers live: KAM_RUN_DIR, or .run."""
    return Path(os.environ.get("KAM_RUN_DIR") or ROOT / ".run").resolve()


@contextlib.contextmanager
def services(
    name: str = "dev", *, throwaway: bool = False, postgres: Mapping[str, str | int] | None = None
) -> Iterator[dict[str, str]]:
    """Start what the environment does not name already; yield the variables.

    postgres: settings of a PostgreSQL that is started.

    One holder at a time for each name (a lock, freed by the kernel whatever way the holder
    ends). A throwaway one that finds the lock taken works in a temporary folder instead.
    """
    base = run_dir() / name
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((base / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not throwaway:
                raise Busy(f"already running in {base}") from None
            base = Path(tempfile.mkdtemp(prefix="kam-"))
            stack.callback(shutil.rmtree, base, ignore_errors=True)
        started: list[Server] = []
        try:
            yield _start(base, started, throwaway=throwaway, options=postgres)
        finally:
            # A second Ctrl-C (or the second SIGTERM that `timeout` sends) must not cut
            # this short and leave servers behind.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
            try:
                (base / "env.json").unlink(missing_ok=True)
                for server in reversed(started):
                    server.stop()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(
    base: Path, started: list[Server], *, throwaway: bool, options: Mapping[str, str | int] | None
) -> dict[str, str]:
    env: dict[str, str] = {}
    if not os.environ.get("DATABASE_URL"):
        started.append(postgres := Postgres(base / "pg", throwaway=throwaway, options=options))
        env["DATABASE_URL"] = postgres.start()
    if not os.environ.get("REDIS_URL"):
        started.append(valkey := Valkey(base / "valkey", throwaway=throwaway))
        env["REDIS_URL"] = valkey.start()
    if not os.environ.get("SECRET_KEY"):
        env["SECRET_KEY"] = _kept_secret(base / "secret_key")
    if not os.environ.get("MEDIA_ROOT"):
        env["MEDIA_ROOT"] = str(base / "media")
    env_file = base / "env.json"
    env_file.touch(mode=0o600)
    env_file.write_text(json.dumps(env))
    return env


def _kept_secret(path: Path) -> str:
    """The secret in this file, made at the first call: sessions outlive a restart."""
    path.touch(mode=0o600)
    if not path.read_text():
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def load_running_env(name: str = "dev") -> None:
    """For manage.py: use what a `make run` in another terminal has started."""
    with contextlib.suppress(FileNotFoundError):
        for key, value in json.loads((run_dir() / name / "env.json").read_text()).items():
            os.environ.setdefault(key, value)
