"""The embedded servers: they keep their data, keep their passwords, and die with us."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings as project

from ekyam.children import wait_until
from ekyam.embedded import start_postgres, start_valkey


def test_it_keeps_data_and_secrets_from_one_start_to_the_next(tmp_path: Path) -> None:
    with start_postgres(tmp_path / "pg") as server, psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with start_postgres(tmp_path / "pg") as server:
        with psycopg.connect(server.owner_url) as owner:
            assert owner.execute("SELECT one FROM kept").fetchone() == (1,)
        with psycopg.connect(server.runtime_url) as runtime:
            role = runtime.execute(
                "SELECT rolsuper, rolbypassrls, rolinherit FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
            assert role == (False, False, False)
    for file in (tmp_path / "pg").glob("*.password"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_asks_for_a_password(tmp_path: Path) -> None:
    with start_valkey(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("a", "b")
        with (
            redis.Redis(port=server.port) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.get("a")
        command = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
        assert (tmp_path / "valkey.password").read_bytes() not in command
    with start_valkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("a") == b"b"


SCRIPT = """
import sys, time
from pathlib import Path
from ekyam.embedded import start_postgres, start_valkey
folder = Path(sys.argv[1])
a, b = start_postgres(folder / "pg", durable=False), start_valkey(folder / "valkey")
print(a.process.pid, b.process.pid, flush=True)
time.sleep(600)
"""


def test_it_dies_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=project.BASE_DIR, stdout=subprocess.PIPE
    ) as launcher:
        assert launcher.stdout
        pids = launcher.stdout.readline().split()
        launcher.kill()

    def is_gone(pid: bytes) -> bool:
        try:
            return ") Z " in Path(f"/proc/{int(pid)}/stat").read_text()
        except OSError:
            return True

    assert len(pids) == 2
    wait_until(lambda: all(map(is_gone, pids)), seconds=10, what="The servers' end")
    with start_postgres(tmp_path / "pg", durable=False) as again:
        assert os.path.exists(f"/proc/{again.process.pid}")
