"""Children that die with their parent, and the ports that they listen on."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int, parent: int) -> None:
    """Ask the kernel, in a fresh child, for a signal when the thread that made us is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal_number)


def start_child(
    command: Sequence[str],
    *,
    log: Path | None = None,
    last_signal: int = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in its own group that dies with us; it writes to the log, or where we do."""
    parent = os.getpid()
    with ExitStack() as stack:
        output = None
        if log:
            log.touch(mode=0o600)
            output = stack.enter_context(log.open("ab"))
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            env=env,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            process_group=0,
            preexec_fn=lambda: die_with_parent(last_signal, parent),
        )


def stop_child(
    child: subprocess.Popen[bytes], *, signal_number: int = signal.SIGTERM, seconds: float = 10
) -> None:
    """Ask it to stop, wait, and kill its whole group if it does not."""
    if child.poll() is None:
        child.send_signal(signal_number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(5)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(is_ready: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Ask again and again until it is so; raise TimeoutError after the deadline."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {seconds:g} s")
        time.sleep(0.02)
