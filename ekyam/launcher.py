"""What bin/demo does once Python is there: servers, tables, processes, and the demonstration."""

import argparse
import base64
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ekyam.children import free_port, start_child, stop_child, wait_until
from ekyam.embedded import CannotStart, start_postgres, start_valkey, write_secret
from ekyam.guardian import run_guarded
from ekyam.processes import CannotRun, Processes, read_procfile

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / os.environ.get("EKYAM_VAR", "var")
READY_SECONDS = 60.0
# What manage.py in another terminal needs to find the running servers.
SHARED = (
    "EKYAM_ENVIRONMENT",
    "SECRET_KEY",
    "VAULT_KEYS",
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "REDIS_URL",
    "PUBLIC_URL",
    "SANDBOX_URL",
    "SANDBOX_TOKEN",
    "PROMETHEUS_MULTIPROC_DIR",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="run the demonstration, then stop")
    parser.add_argument("--fresh", action="store_true", help="begin with empty databases")
    parser.add_argument("--beside", default="Procfile.demo", help="the remote systems' Procfile")
    parser.add_argument("--only", default="", help="the one process of ours to start")
    parser.add_argument("command", nargs="*", help="a manage.py command to run instead of demo")
    options = parser.parse_args()
    make_folder()
    # Outside var/, which --fresh wipes.
    with (ROOT / f".{VAR.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("bin/demo is already running in this folder.", file=sys.stderr)
            return 1
        if options.fresh:
            shutil.rmtree(VAR)
            make_folder()
        command = options.command or ["demo", *(["--once"] if options.once else [])]
        return run_guarded(lambda: launch(command, options.beside, options.only))


def make_folder() -> None:
    # Others may pass through, not look: PostgreSQL may have to run as another user.
    VAR.mkdir(mode=0o711, exist_ok=True)


def launch(command: list[str], beside: str, only: str) -> int:
    """Start everything, run a command in the foreground, and return its exit code."""
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            env = prepare_environment(stack)
            manage(env, "migrate", "--verbosity", "0")
            processes = stack.enter_context(Processes(VAR / "log", env))
            # The remote systems that a demonstration plays are no part of an installation.
            processes.start(read_procfile(ROOT / beside))
            ours = read_procfile(ROOT / "Procfile")
            processes.start({only: ours[only]} if only else ours)
            wait_until(
                lambda: not processes.check() and answers(env["PUBLIC_URL"] + "/readyz"),
                seconds=READY_SECONDS,
                what="Starting the web process",
            )
            say(f"Ekyam runs at {env['PUBLIC_URL']} after {time.monotonic() - started:.1f} s")
            return run_in_foreground(processes, env, command)
        except (CannotStart, CannotRun, TimeoutError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1


def prepare_environment(stack: ExitStack) -> dict[str, str]:
    """Start the servers that the environment does not name; return the processes' environment."""
    given = os.environ
    port = given.get("PORT") or str(free_port())
    env = {
        "EKYAM_ENVIRONMENT": "demo",
        "PORT": port,
        # A name, for passkeys want one.
        "PUBLIC_URL": f"http://localhost:{port}",
        "PROMETHEUS_MULTIPROC_DIR": str(VAR / "metrics"),
        **keep_secrets(VAR / "secrets"),
        **address_sandbox(),
        **given,
    }
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["PYTHONUNBUFFERED"] = "1"
    if not given.get("DATABASE_URL"):
        postgres = stack.enter_context(start_postgres(VAR / "postgres"))
        env |= {"DATABASE_URL": postgres.runtime_url, "OWNER_DATABASE_URL": postgres.owner_url}
    if not given.get("REDIS_URL"):
        env["REDIS_URL"] = stack.enter_context(start_valkey(VAR / "valkey")).url
    # Counters of processes that are gone mean nothing to the new ones.
    shutil.rmtree(env["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
    write_secret(VAR / "env", "".join(f"{name}={env[name]}\n" for name in SHARED if name in env))
    stack.callback((VAR / "env").unlink, missing_ok=True)
    return env


def keep_secrets(folder: Path) -> dict[str, str]:
    """Return the secrets of this installation, made once."""
    folder.mkdir(mode=0o700, exist_ok=True)
    make: dict[str, Callable[[], str]] = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(48),
        "VAULT_KEYS": lambda: "demo:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "SANDBOX_TOKEN": lambda: secrets.token_urlsafe(24),
    }
    for name, new in make.items():
        if not (folder / name).exists():
            write_secret(folder / name, new())
    return {name: (folder / name).read_text() for name in make}


def address_sandbox() -> dict[str, str]:
    """Where the remote systems are played, and where they keep what they hold between starts."""
    return {
        "SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
        "SANDBOX_FOLDER": str(VAR / "sandbox"),
    }


def manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run_in_foreground(processes: Processes, env: dict[str, str], command: list[str]) -> int:
    foreground = start_child([sys.executable, "manage.py", *command], env=env)
    try:
        while foreground.poll() is None:
            for name in processes.check():
                say(f"{name} ended, and was started again")
            time.sleep(0.1)
    finally:
        stop_child(foreground)
    return foreground.returncode


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
