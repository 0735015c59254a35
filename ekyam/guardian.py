"""Nothing outlives the launcher: a guardian owns all that is started, and ends it.

The guardian is a fork in a session of its own. It holds the read end of a pipe whose write end
only the launcher has: when that ends, however it ends, the guardian kills everything below it.
Being a subreaper it also gets what daemonized itself away from its parent.
"""

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

PR_SET_CHILD_SUBREAPER = 36
STOPPED = 130
STUCK_SECONDS = 3.0


def run_guarded(work: Callable[[], int]) -> int:
    """Run `work` in a guardian and return its exit code; SIGINT and SIGTERM stop it gracefully.

    `work` gets KeyboardInterrupt; a second signal kills all at once.
    """
    _adopt_orphans()
    reader, writer = os.pipe()
    guardian = os.fork()
    if guardian == 0:
        os.close(writer)
        os._exit(_guard(work, reader))
    os.close(reader)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(guardian, signal.SIGTERM))
    _, status = os.waitpid(guardian, 0)
    # Only a guardian that was itself killed leaves something to do.
    kill_descendants()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def kill_descendants() -> None:
    """Kill and bury everything below this process, until there is nothing."""
    while children := _find_descendants(os.getpid()):
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _bury()
        time.sleep(0.005)


def _guard(work: Callable[[], int], reader: int) -> int:
    os.setsid()
    _adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGUSR1, _stop_now)
    threading.Thread(target=_outlive, args=[reader], daemon=True).start()
    try:
        code = work()
    except KeyboardInterrupt:
        code = STOPPED
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    kill_descendants()
    return code


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, _stop_now)
    raise KeyboardInterrupt


def _stop_now(number: int, frame: FrameType | None) -> None:
    kill_descendants()
    os._exit(STOPPED)


def _outlive(reader: int) -> None:
    """Wait for the launcher's end, then end all the rest."""
    os.read(reader, 1)
    # By the main thread, lest it start something while we kill; by this one if that one is stuck.
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(STUCK_SECONDS)
    kill_descendants()
    os._exit(STOPPED)


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _find_descendants(root: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state != "Z" or int(parent) == root:
                parents[int(entry.name)] = int(parent)
    found, layer = [], [root]
    while layer:
        layer = [pid for pid, parent in parents.items() if parent in layer]
        found += layer
    return found


def _bury() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return
