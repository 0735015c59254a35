"""Roles in a PostgreSQL of one's own: made once, repeated without harm, enough to migrate."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from django.conf import settings as project

from ekyam.embedded import start_postgres


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project.BASE_DIR,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_prepares_an_external_database(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server:
        host = f"127.0.0.1:{server.port}"
        with psycopg.connect(server.superuser_url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE shop_owner LOGIN PASSWORD 'test'")
            superuser.execute("CREATE DATABASE shop OWNER shop_owner")
        env = {
            "DATABASE_URL": f"postgresql://shop_app:test@{host}/shop",
            "OWNER_DATABASE_URL": f"postgresql://shop_owner:test@{host}/shop",
        }
        for _ in range(2):
            done = run(env, "create_roles", "--as", server.superuser_url)
            assert done.returncode == 0, done.stderr
        done = run(env, "migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        assert run(env, "check", "--database", "default").returncode == 0
        as_owner = {**env, "DATABASE_URL": env["OWNER_DATABASE_URL"]}
        assert "ekyam.E022" in run(as_owner, "check", "--database", "default").stderr
        as_superuser = {**env, "DATABASE_URL": server.superuser_url}
        assert "ekyam.E020" in run(as_superuser, "check", "--database", "default").stderr
