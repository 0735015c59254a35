"""The processes of a Procfile, side by side: started, watched, started again, stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from ekyam.children import start_child

PATIENCE_SECONDS = 10.0
# A process that ends sooner than this has not really started.
STEADY_SECONDS = 2.0


class CannotRun(RuntimeError):
    """A process ends as soon as it is started; the text has its last words."""


def read_procfile(path: Path) -> dict[str, str]:
    """Return the command of each process by its name; no file, no processes."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in pairs}


class Processes:
    """Leaving the `with` block stops them all."""

    def __init__(self, logs: Path, env: Mapping[str, str]) -> None:
        self._logs, self._env = logs, env
        self._commands: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self, commands: Mapping[str, str]) -> None:
        for name, command in commands.items():
            self._commands[name] = command
            self._start(name)

    def _start(self, name: str) -> None:
        self._started_at[name] = time.monotonic()
        self._running[name] = start_child(
            ["/bin/sh", "-c", f"exec {self._commands[name]}"],
            log=self._logs / f"{name}.log",
            env=self._env,
        )

    def check(self) -> list[str]:
        """Start again what has ended, and return the names; raise CannotRun if that is no use."""
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        for name in ended:
            if time.monotonic() - self._started_at[name] < STEADY_SECONDS:
                log = self._logs / f"{name}.log"
                last_words = log.read_text(errors="replace")[-2000:]
                raise CannotRun(f"{name} ends as soon as it starts; {log} says:\n{last_words}")
            self._start(name)
        return ended

    def stop(self) -> None:
        """Ask all to end, wait for all together, then kill the groups of those that stay."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()
