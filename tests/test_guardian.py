"""Nothing that the launcher started outlives it, real processes all of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as project

from ekyam.children import wait_until

# The marker is an odd number of seconds, which no other process sleeps for.
SCRIPT = """
import subprocess, sys, time
from pathlib import Path
from ekyam.children import start_child
from ekyam.guardian import run_guarded

marker, folder = sys.argv[1], Path(sys.argv[2])
ESCAPE = f"setsid sh -c 'setsid sleep {marker} & sleep {marker}' & sleep {marker}"

def work():
    start_child(["sleep", marker], log=folder / "log")
    subprocess.Popen(["sh", "-c", ESCAPE])
    subprocess.Popen(["sh", "-c", ESCAPE], start_new_session=True)
    if "short" in sys.argv:
        wait = time.monotonic() + 20
        while len(list(folder.glob("go"))) == 0 and time.monotonic() < wait:
            time.sleep(0.02)
        return 7
    while True:
        time.sleep(1)

sys.exit(run_guarded(work))
"""


def sleepers(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
def marker() -> str:
    return f"{50000 + os.getpid()}.{time.time_ns() % 10**9}"


@pytest.fixture
def launcher(
    tmp_path: Path, marker: str, request: pytest.FixtureRequest
) -> Iterator[subprocess.Popen[bytes]]:
    extra = [request.param] if hasattr(request, "param") else []
    command = [sys.executable, "-c", SCRIPT, marker, str(tmp_path), *extra]
    with subprocess.Popen(command, cwd=project.BASE_DIR, start_new_session=True) as process:
        # The launcher, its guardian, and per escape two shells and three sleeps, and one child.
        wait_until(lambda: len(sleepers(marker)) >= 13, seconds=20, what="Starting the sleepers")
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_leaves_nothing_behind(
    launcher: subprocess.Popen[bytes], marker: str, number: int
) -> None:
    launcher.send_signal(number)
    launcher.wait(10)
    wait_until(lambda: not sleepers(marker), seconds=5, what="Ending all processes")


def test_it_leaves_nothing_behind_when_the_guardian_is_killed(
    launcher: subprocess.Popen[bytes], marker: str
) -> None:
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert launcher.wait(10) == 128 + signal.SIGKILL
    wait_until(lambda: not sleepers(marker), seconds=5, what="Ending all processes")


@pytest.mark.parametrize("launcher", ["short"], indirect=True)
def test_it_passes_the_exit_code_on(
    launcher: subprocess.Popen[bytes], marker: str, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    assert launcher.wait(20) == 7
    assert sleepers(marker) == []
