"""A whole Ekyam in processes of its own: servers, web, two workers, beat, and the sandboxes."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from ekyam.children import free_port, start_child, stop_child, wait_until
from ekyam.embedded import start_postgres, start_valkey
from ekyam.launcher import ROOT, answers, manage
from ekyam.processes import read_procfile
from flows.demo.remote import ERP, SHOP, WAREHOUSE, Remote, Remotes
from tests.journeys.desk import Desk

WORKERS = ("worker-1", "worker-2")
START_SECONDS = 90.0
DROP_SECONDS = 30.0
TOKENS_ARE_YOUNG_SECONDS = 32.0
# Hurried: what takes minutes in an installation takes seconds here.
HURRY = {
    "EKYAM_ENVIRONMENT": "demo",
    "EKYAM_LEASE_SECONDS": "3",
    "EKYAM_RETRY_SCHEDULE": "1,1,2,2,5,5,10,10",
    "WORKER_THREADS": "6",
    "DATABASE_POOL_SIZE": "16",
    "LOG_LEVEL": "WARNING",
    "PYTHONUNBUFFERED": "1",
}


class House:
    """Leaving the `with` block stops all of it; the kernel does when we die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}
        self.desk: Desk
        self.remotes: Remotes
        self._stack = ExitStack()
        self._commands: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "House":
        with ExitStack() as stack:
            stack.callback(self.stop)
            self._start_all()
            stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stack.close()

    def _start_all(self) -> None:
        self.env = self._environment()
        manage(self.env, "migrate", "--verbosity", "0")
        self._stack.callback(self._stop_processes)
        self._commands = _commands()
        self.start(*self._commands)
        wait_until(
            lambda: answers(self.env["PUBLIC_URL"] + "/readyz"),
            seconds=START_SECONDS,
            what="Starting the web process",
        )
        self.desk = self._stack.enter_context(Desk(self.env))
        self.desk.ask("set_up")
        self._opened_at = time.monotonic()
        self.remotes = Remotes(*(self._remote(slug) for slug in (SHOP, ERP, WAREHOUSE)))

    def _environment(self) -> dict[str, str]:
        web, sandbox = free_port(), free_port()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {
            **os.environ,
            **HURRY,
            **self._database(),
            "PATH": path,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VAULT_KEYS": "house:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "PORT": str(web),
            "PUBLIC_URL": f"http://127.0.0.1:{web}",
            "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
            "SANDBOX_TOKEN": secrets.token_urlsafe(24),
            "REDIS_URL": self._start_valkey(free_port()),
        }

    def _database(self) -> dict[str, str]:
        """A fresh one, on the server of the environment or, where there is none, on our own."""
        urls = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "OWNER_DATABASE_URL")}
        if not all(urls.values()):
            server = self._stack.enter_context(start_postgres(self.folder / "pg", durable=False))
            urls = {"DATABASE_URL": server.runtime_url, "OWNER_DATABASE_URL": server.owner_url}
        name = f"house_{secrets.token_hex(6)}"
        owner = urls["OWNER_DATABASE_URL"]
        _run_sql(owner, "CREATE DATABASE {}", name)
        self._stack.callback(_drop_database, owner, name)
        return {key: urlunsplit(urlsplit(url)._replace(path=name)) for key, url in urls.items()}

    def _start_valkey(self, port: int) -> str:
        self._valkey = start_valkey(self.folder / "valkey", durable=False, port=port)
        self._stack.callback(self._valkey.stop)
        return self._valkey.url

    def _remote(self, slug: str) -> Remote:
        account = self.desk.ask("account", slug=slug)
        return Remote(slug, account, self.env["SANDBOX_URL"], self.env["SANDBOX_TOKEN"])

    # What breaks.

    def start(self, *names: str) -> None:
        for name in names:
            self._running[name] = start_child(
                ["/bin/sh", "-c", f"exec {self._commands[name]}"],
                log=self.folder / f"{name}.log",
                env=self.env,
            )

    def kill(self, name: str) -> None:
        """kill -9, it and its children, at once."""
        process = self._running[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def empty_valkey(self) -> None:
        with redis.Redis.from_url(self.env["REDIS_URL"]) as client:
            client.flushall()

    def kill_valkey(self) -> None:
        """kill -9; it comes back on the same port, empty."""
        self._valkey.process.send_signal(signal.SIGKILL)
        self._valkey.process.wait()
        self._start_valkey(self._valkey.port)

    def wait_until_settled_in(self) -> None:
        """A token refused within half a minute of its issue counts as access withdrawn."""
        age = time.monotonic() - self._opened_at
        time.sleep(max(0.0, TOKENS_ARE_YOUNG_SECONDS - age))

    def ended(self) -> list[str]:
        """What ended by itself, with its last words: nothing should."""
        return [
            f"{name} ended by itself with {process.returncode}: {self._last_words(name)}"
            for name, process in self._running.items()
            if process.poll() is not None
        ]

    def _last_words(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-1500:]

    def _stop_processes(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        for process in self._running.values():
            stop_child(process, seconds=5)


@contextmanager
def open_house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="ekyam-house-") as name:
        folder = Path(name)
        # PostgreSQL may have to run as another user, who must be able to pass through.
        folder.chmod(0o711)
        with House(folder) as house:
            yield house


def _commands() -> dict[str, str]:
    """Those of an installation, with two workers, and the sandboxes first."""
    named = {**read_procfile(ROOT / "Procfile.demo"), **read_procfile(ROOT / "Procfile")}
    worker = named.pop("worker")
    return {**named, **{name: f"{worker} -n {name}@%h" for name in WORKERS}}


def _drop_database(url: str, name: str) -> None:
    """Wait for the last backends of what was killed, and for autovacuum: the owner, who is no
    superuser, may not end them, so WITH (FORCE) would be refused while there is one."""

    def is_dropped() -> bool:
        try:
            _run_sql(url, "DROP DATABASE {}", name)
        except psycopg.errors.ObjectInUse:
            return False
        return True

    wait_until(is_dropped, seconds=DROP_SECONDS, what=f"Dropping {name}")


def _run_sql(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
